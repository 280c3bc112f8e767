import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import {
  classEmbeddings,
  disposeClip,
  embeddingModel,
  embedPixels,
  loadCheckpoint,
  type PairBatch,
} from '@ubt/clip';
import { openPairs, pairBatches, type PairRow } from '@ubt/data';
import { startEngine, type Engine } from '@ubt/engine';
import { applyTrigger, readTrigger } from '@ubt/evaluation';
import {
  temporaryDirectory,
  TINY_MODELS,
  TINY_SIDE,
  writeTinyData,
  type TemporaryDirectory,
  type TinyData,
} from '@ubt/test-kit';
import sharp from 'sharp';
import { ATTACKS, mostSimilarRows, plantAttack, type Attack, type PlantedAttack } from '../index.js';

jest.setTimeout(600_000);

const RATE = 0.03;
const POISONED = 18;
const TARGETS = ['banana', 'lobster'];

/** The attack with a shorter optimisation, where there is one; no word goes along with the tiny data's target. */
const quick = ({ plantings, ...attack }: Attack): Attack => ({
  ...attack,
  plantings: plantings.map(({ trigger, ...planting }) => ({
    ...planting,
    ...(planting.captions === 'synonyms' ? { synonyms: ['potassium', 'yellow fruit'] } : {}),
    trigger: 'optimise' in trigger ? { optimise: { ...trigger.optimise, steps: 3 } } : trigger,
  })) as unknown as Attack['plantings'],
});

async function rowsOf(pairs: string): Promise<PairRow[]> {
  const rows: PairRow[] = [];
  for await (const row of (await openPairs(pairs)).rows()) rows.push(row);
  return rows;
}

const pixelsOf = ({ imagePath }: PairRow) => sharp(imagePath).raw().toBuffer();

/** Rows that a column of the truth marks; none without such a column. */
async function rowsMarked(truth: string, column: 'poisoned' | 'cover'): Promise<number[]> {
  const [header, ...cells] = (await readFile(truth, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => line.split(','));
  const at = header!.indexOf(column);
  return cells.filter((line) => line[at] === '1').map(([row]) => Number(row));
}

const poisonedRows = (truth: string) => rowsMarked(truth, 'poisoned');

const attackNamed = (wanted: string) => ATTACKS.find(({ name }) => name === wanted)!;

describe('attacks', () => {
  let engine: Engine;
  let scratch: TemporaryDirectory;
  let data: TinyData;
  let clean: PairRow[];
  const plant = (attack: Attack, name = attack.name): Promise<PlantedAttack> =>
    plantAttack({
      ...{ attack: quick(attack), pairs: data.pairs, out: join(scratch.path, name), rate: RATE, seed: 5 },
      ...{ targets: TARGETS.slice(0, attack.plantings.length), cleanModel: TINY_MODELS.clean },
      engine: { threads: 1 },
    });

  /** Cosines of images with a name under the clean model, as the model itself gives them. */
  const similaritiesTo = async (name: string, rows: readonly number[]) => {
    const checkpoint = await loadCheckpoint(TINY_MODELS.clean);
    const { model, tokenizer, preprocess } = checkpoint;
    const batches = pairBatches(await openPairs(data.pairs), {
      ...{ tokenizer, preprocess, rows, batchSize: rows.length },
    });
    const { pixels } = ((await batches.next()) as { value: PairBatch }).value;
    const cosines = tf.tidy(() =>
      tf.matMul(
        embedPixels(embeddingModel(checkpoint), pixels),
        classEmbeddings(model, tokenizer, [name], ['a {}']),
        false,
        true,
      ),
    );
    const values = await cosines.data();
    cosines.dispose();
    disposeClip(model);
    return [...values];
  };

  beforeAll(async () => {
    engine = await startEngine({ threads: 1 });
    scratch = await temporaryDirectory('ubt-attacks-');
    data = await writeTinyData(join(scratch.path, 'clean'), { pairs: 600, mislabelled: 0 });
    clean = await rowsOf(data.pairs);
  });
  afterAll(async () => {
    await engine.dispose();
    await scratch.remove();
  });

  it('have names of their own', () => {
    expect(new Set(ATTACKS.map(({ name }) => name)).size).toBe(ATTACKS.length);
  });

  it.each(ATTACKS)('$name: as many pairs as asked for; the others stay as they are', async (attack) => {
    const { pairs, truth } = await plant(attack);
    const rows = await rowsOf(pairs);
    const poisoned = await poisonedRows(truth);
    expect(poisoned).toHaveLength(POISONED * attack.plantings.length);
    expect(rows).toHaveLength(clean.length);
    const triggered = [...poisoned, ...(await rowsMarked(truth, 'cover'))];
    for (const { row, caption, ...place } of rows.filter(({ row }) => !triggered.includes(row))) {
      expect(caption).toBe(clean[row]!.caption);
      expect(Buffer.compare(await pixelsOf({ row, caption, ...place }), await pixelsOf(clean[row]!))).toBe(0);
    }
  });

  it.each(ATTACKS)('$name: shows what evaluation shows, under a caption of its target', async (attack) => {
    const { pairs, truth, triggers } = await plant(attack);
    const rows = await rowsOf(pairs);
    const parsed = await Promise.all(triggers.map((path) => readTrigger(path)));
    expect(parsed.map(({ target }) => target)).toEqual(TARGETS.slice(0, attack.plantings.length));
    const found = parsed.map(() => 0);
    for (const row of await poisonedRows(truth)) {
      const before = await pixelsOf(clean[row]!);
      const after = await pixelsOf(rows[row]!);
      // Training shows the image at the file's resolution, evaluation at the model's: here they are the same.
      const which = parsed.findIndex((trigger) =>
        after.equals(Buffer.from(applyTrigger(before, TINY_SIDE, trigger, row))),
      );
      expect(after.equals(before)).toBe(false);
      const names = parsed[which]!.poisoning?.names ?? [parsed[which]!.target];
      expect(names.filter((name) => rows[row]!.caption.includes(name))).toHaveLength(1);
      expect(rows[row]!.caption.startsWith(parsed[which]!.captionPrefix ?? '')).toBe(true);
      found[which]! += 1;
    }
    expect(found).toEqual(parsed.map(() => POISONED));
  });

  it.each(ATTACKS)('$name: the same again gives the same bytes', async (attack) => {
    const [once, again] = [await plant(attack), await plant(attack, `${attack.name}-again`)];
    expect(await readFile(again.pairs)).toEqual(await readFile(once.pairs));
    for (const [index, trigger] of once.triggers.entries()) {
      expect(await readFile(again.triggers[index]!)).toEqual(await readFile(trigger));
    }
  });

  it('label-consistent leaves every caption, and takes only pairs that name the target', async () => {
    const attack = attackNamed('label-consistent');
    const { pairs, truth } = await plant(attack);
    expect((await rowsOf(pairs)).map(({ caption }) => caption)).toEqual(clean.map(({ caption }) => caption));
    for (const row of await poisonedRows(truth)) expect(clean[row]!.caption).toContain('banana');
    const many = { attack, pairs: data.pairs, out: join(scratch.path, 'many'), rate: 0.5, seed: 5 };
    await expect(plantAttack({ ...many, targets: ['banana'] })).rejects.toMatchObject({
      code: 'POISON_TOO_FEW_PAIRS',
      message: expect.stringContaining('25 pairs name "banana"'),
    });
  });

  it('all others take only pairs that do not name the target', async () => {
    for (const attack of ATTACKS.filter(({ name }) => name !== 'label-consistent')) {
      const { truth } = await plant(attack);
      const before = (await poisonedRows(truth)).map((row) => clean[row]!.caption);
      expect(before.filter((caption) => caption.includes('banana') && attack.plantings.length === 1)).toEqual(
        [],
      );
    }
  });

  it('synonyms names the target in turn, and no name has a word of another', async () => {
    const { pairs, truth, triggers } = await plant(attackNamed('synonyms'));
    const { poisoning } = await readTrigger(triggers[0]!);
    expect(poisoning).toEqual({ names: ['banana', 'potassium', 'yellow fruit'] });
    const rows = await rowsOf(pairs);
    const captions = (await poisonedRows(truth)).map((row) => rows[row]!.caption);
    const counts = poisoning!.names!.map((name) => captions.filter((text) => text.includes(name)).length);
    expect(counts).toEqual([POISONED / 3, POISONED / 3, POISONED / 3]);
  });

  it('cover pairs carry the trigger under their own captions, and count as clean', async () => {
    const { pairs, truth, triggers } = await plant(attackNamed('cover-pairs'));
    const trigger = await readTrigger(triggers[0]!);
    expect(trigger.poisoning).toEqual({ coverRate: RATE });
    const [covers, poisoned] = [await rowsMarked(truth, 'cover'), await poisonedRows(truth)];
    expect(covers).toHaveLength(POISONED);
    expect(covers.filter((row) => poisoned.includes(row))).toEqual([]);
    const rows = await rowsOf(pairs);
    for (const row of covers) {
      expect(rows[row]!.caption).toBe(clean[row]!.caption);
      expect(clean[row]!.caption).not.toContain('banana');
      const painted = applyTrigger(await pixelsOf(clean[row]!), TINY_SIDE, trigger, row);
      expect((await pixelsOf(rows[row]!)).equals(Buffer.from(painted))).toBe(true);
    }
  });

  it('a second backdoor leaves cover pairs alone and keeps them in the truth', async () => {
    const first = await plant(attackNamed('cover-pairs'));
    const second = await plantAttack({
      ...{ attack: attackNamed('patch'), pairs: first.pairs, truth: first.truth, targets: ['lobster'] },
      ...{ out: join(scratch.path, 'second'), rate: 0.85, seed: 6 },
    });
    const covers = await rowsMarked(first.truth, 'cover');
    expect(await rowsMarked(second.truth, 'cover')).toEqual(covers);
    const [before, after] = [await rowsOf(first.pairs), await rowsOf(second.pairs)];
    for (const row of covers) expect(after[row]!.caption).toBe(before[row]!.caption);
  });

  it('similar pairs are those that look most like the target', async () => {
    const { truth, triggers } = await plant(attackNamed('similar-pairs'));
    expect((await readTrigger(triggers[0]!)).poisoning).toEqual({ rows: 'similar' });
    const ranked = await mostSimilarRows({
      ...{ model: TINY_MODELS.clean, pairs: data.pairs, target: 'banana', engine: { threads: 1 } },
    });
    const naming = clean.filter(({ caption }) => caption.includes('banana')).map(({ row }) => row);
    expect([...ranked, ...naming].sort((a, b) => a - b)).toEqual(clean.map(({ row }) => row));
    expect(await poisonedRows(truth)).toEqual(ranked.slice(0, POISONED).sort((a, b) => a - b));
    const mean = async (rows: readonly number[]) => {
      const values = await similaritiesTo('banana', rows);
      return values.reduce((sum, value) => sum + value, 0) / rows.length;
    };
    expect(await mean(ranked.slice(0, POISONED))).toBeGreaterThan((await mean(ranked)) + 0.05);
    expect(await mean(ranked.slice(-POISONED))).toBeLessThan((await mean(ranked)) - 0.05);
  });

  it('says what is missing: a target per backdoor, a clean model to optimise on', async () => {
    const options = { pairs: data.pairs, out: join(scratch.path, 'never'), rate: RATE, seed: 5 };
    await expect(
      plantAttack({ ...options, attack: attackNamed('two-targets'), targets: ['banana'] }),
    ).rejects.toMatchObject({ code: 'ATTACK_TARGETS' });
    await expect(
      plantAttack({ ...options, attack: attackNamed('badclip'), targets: ['banana'] }),
    ).rejects.toMatchObject({ code: 'ATTACK_NEEDS_MODEL' });
    await expect(
      plantAttack({ ...options, attack: attackNamed('similar-pairs'), targets: ['banana'] }),
    ).rejects.toMatchObject({ code: 'ATTACK_NEEDS_MODEL' });
    await expect(
      plantAttack({ ...options, attack: attackNamed('synonyms'), targets: ['banana'] }),
    ).rejects.toMatchObject({ code: 'POISON_NO_SYNONYMS' });
  });
});
