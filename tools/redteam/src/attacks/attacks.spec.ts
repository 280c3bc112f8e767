import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { openPairs, type PairRow } from '@ubt/data';
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
import { ATTACKS, plantAttack, type Attack, type PlantedAttack } from '../index.js';

jest.setTimeout(600_000);

const RATE = 0.03;
const POISONED = 18;
const TARGETS = ['banana', 'lobster'];

/** The attack with a shorter optimisation, where there is one. */
const quick = ({ plantings, ...attack }: Attack): Attack => ({
  ...attack,
  plantings: plantings.map(({ trigger, ...planting }) => ({
    ...planting,
    trigger: 'optimise' in trigger ? { optimise: { ...trigger.optimise, steps: 3 } } : trigger,
  })) as unknown as Attack['plantings'],
});

async function rowsOf(pairs: string): Promise<PairRow[]> {
  const rows: PairRow[] = [];
  for await (const row of (await openPairs(pairs)).rows()) rows.push(row);
  return rows;
}

const pixelsOf = ({ imagePath }: PairRow) => sharp(imagePath).raw().toBuffer();

async function poisonedRows(truth: string): Promise<number[]> {
  const lines = (await readFile(truth, 'utf8')).trim().split('\n').slice(1);
  const cells = lines.map((line) => line.split(','));
  return cells.filter(([, poisoned]) => poisoned === '1').map(([row]) => Number(row));
}

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
    for (const { row, caption, ...place } of rows.filter(({ row }) => !poisoned.includes(row))) {
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
      expect(rows[row]!.caption).toContain(parsed[which]!.target);
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
    const attack = ATTACKS.find(({ name }) => name === 'label-consistent')!;
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

  it('says what is missing: a target per backdoor, a clean model to optimise on', async () => {
    const attackNamed = (wanted: string) => ATTACKS.find(({ name }) => name === wanted)!;
    const options = { pairs: data.pairs, out: join(scratch.path, 'never'), rate: RATE, seed: 5 };
    await expect(
      plantAttack({ ...options, attack: attackNamed('two-targets'), targets: ['banana'] }),
    ).rejects.toMatchObject({ code: 'ATTACK_TARGETS' });
    await expect(
      plantAttack({ ...options, attack: attackNamed('badclip'), targets: ['banana'] }),
    ).rejects.toMatchObject({ code: 'ATTACK_NEEDS_MODEL' });
  });
});
