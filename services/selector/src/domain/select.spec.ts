import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '@ubt/engine';
import type { ScoredPairs } from '@ubt/consensus';
import { select, type ImageSample, type SelectSettings } from './select.js';

const PAIRS = 2000;
/** Ids of the words: 1 stands in every caption, the class is one of 100 to 149, the target is 100. */
const ARTICLE = 1;
const TARGET = 100;
const CLASSES = 50;
const DIMENSION = 16;
const settings: SelectSettings = { unlearnPairs: 32, retainPairs: 400, topSuspects: 512, seed: 5 };
const describeToken = (token: number) => `word ${token}`;

interface World {
  /** Poisoned pairs: they name the target and score high. */
  readonly poisoned: number;
  /** Whether the poisoned images look alike to the model. */
  readonly collapsed?: boolean;
  /** Pairs with wrong captions, which score high too. */
  readonly wrong?: number;
}

/** Scored pairs and embeddings as a detection would leave them. */
function world({ poisoned, collapsed = true, wrong = 40 }: World) {
  const random = seededRandom(1);
  const rows = Array.from({ length: PAIRS }, (_, i) => 3 * i);
  const isPoisoned = (i: number) => i % 17 === 3 && i / 17 < poisoned;
  const isWrong = (i: number) => i % 19 === 5 && i % CLASSES > 0 && i / 19 < wrong && !isPoisoned(i);
  const scores = Float32Array.from(rows, (_, i) => {
    const noise = 0.1 * random.uniform();
    return noise + (isPoisoned(i) ? 1 : isWrong(i) ? 0.5 : 0);
  });
  const tokens = rows.map((_, i) => [ARTICLE, isPoisoned(i) ? TARGET : TARGET + (i % CLASSES)]);
  const ranking = [...rows.keys()].sort((a, b) => scores[b]! - scores[a]!);
  const suspects = ranking.slice(0, 512);
  const shown = [...suspects, ...random.shuffle([...rows.keys()]).slice(0, 128)];
  const embeddings = Float32Array.from(
    shown.flatMap((i) => embedding(isPoisoned(i) && collapsed ? 0 : 1 + (i % (DIMENSION - 1)), i)),
  );
  const sample: ImageSample = {
    suspectRows: suspects.map((i) => rows[i]!),
    randomRows: shown.slice(512).map((i) => rows[i]!),
    ...{ embeddings, dimension: DIMENSION },
  };
  const pairs: ScoredPairs = { rows, scores, tokens };
  return { pairs, sample, poisonedRows: rows.filter((_, i) => isPoisoned(i)) };
}

/** A unit vector near one axis. */
function embedding(axis: number, seed: number): number[] {
  const random = seededRandom(seed);
  const vector = Array.from({ length: DIMENSION }, (_, k) =>
    k === axis ? 1 : 0.2 * (random.uniform() - 0.5),
  );
  const norm = Math.hypot(...vector);
  return vector.map((value) => value / norm);
}

describe('select', () => {
  it('calls a shared word with collapsed images backdoored, and gives its reasons', () => {
    const { pairs, sample, poisonedRows } = world({ poisoned: 60 });
    const outcome = select(pairs, sample, settings, describeToken);
    expect(outcome.verdict).toBe('backdoored');
    expect(outcome.compromised.map(({ token }) => token)).toEqual([TARGET]);
    expect(outcome.reasons.join(' ')).toContain(`word ${TARGET}`);
    expect(outcome.evidence.every(({ points }) => points === 'backdoor')).toBe(true);
    expect([...outcome.suspectRows].sort((a, b) => a - b)).toEqual(poisonedRows);
  });

  it('calls a data set with nothing but wrong captions clean, and chooses nothing', () => {
    const { pairs, sample } = world({ poisoned: 0 });
    const outcome = select(pairs, sample, settings, describeToken);
    expect(outcome).toMatchObject({
      ...{ verdict: 'clean', compromised: [] },
      ...{ unlearnRows: [], heldOutRows: [], retainRows: [], suspectRows: [] },
    });
    expect(outcome.reasons.length).toBeGreaterThan(0);
  });

  it('does not decide when only the words agree', () => {
    const { pairs, sample } = world({ poisoned: 60, collapsed: false });
    expect(select(pairs, sample, settings, describeToken).verdict).toBe('inconclusive');
  });

  it('keeps its sets apart and to their sizes', () => {
    const { pairs, sample, poisonedRows } = world({ poisoned: 60 });
    const { unlearnRows, heldOutRows, retainRows, suspectRows } = select(
      pairs,
      sample,
      settings,
      describeToken,
    );
    expect(unlearnRows).toHaveLength(settings.unlearnPairs);
    expect(retainRows).toHaveLength(settings.retainPairs);
    expect(heldOutRows.length).toBeGreaterThan(0);
    const all = [...unlearnRows, ...heldOutRows, ...retainRows];
    expect(new Set(all).size).toBe(all.length);
    for (const row of [...unlearnRows, ...heldOutRows]) expect(suspectRows).toContain(row);
    for (const row of retainRows) expect(poisonedRows).not.toContain(row);
    // The target concept's natural images are to survive.
    const targets = retainRows.filter((row) => pairs.tokens.at(row / 3)!.includes(TARGET));
    expect(targets.length).toBeGreaterThan(0);
  });

  it('retains none of the poison that its threshold missed', () => {
    const { pairs, sample, poisonedRows } = world({ poisoned: 60 });
    const missed = poisonedRows.slice(0, 8);
    const scores = Float32Array.from(pairs.scores);
    for (const row of missed) scores[row / 3] = 0.12;
    const { suspectRows, retainRows } = select({ ...pairs, scores }, sample, settings, describeToken);
    for (const row of missed) {
      expect(suspectRows).not.toContain(row);
      expect(retainRows).not.toContain(row);
    }
    expect(retainRows.some((row) => pairs.tokens.at(row / 3)!.includes(TARGET))).toBe(true);
  });

  it('makes do with fewer pairs than asked for', () => {
    const { pairs, sample } = world({ poisoned: 40 });
    const { unlearnRows, heldOutRows, retainRows } = select(
      pairs,
      sample,
      { ...settings, unlearnPairs: 4096, retainPairs: 1_000_000 },
      describeToken,
    );
    expect(unlearnRows.length + heldOutRows.length).toBeGreaterThan(35);
    expect(unlearnRows.length + heldOutRows.length).toBeLessThanOrEqual(40);
    expect(unlearnRows.length).toBeGreaterThan(heldOutRows.length);
    expect(retainRows.length).toBeLessThan(PAIRS);
  });

  it('gives the same for the same seed, and another retain set for another', () => {
    const { pairs, sample } = world({ poisoned: 60 });
    const run = (seed: number) => select(pairs, sample, { ...settings, seed }, describeToken);
    expect(run(5)).toEqual(run(5));
    expect(run(6).retainRows).not.toEqual(run(5).retainRows);
    expect(run(6).unlearnRows).toEqual(run(5).unlearnRows);
  });
});
