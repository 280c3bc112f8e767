import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { drawTinyImage, plantTinyTrigger, TINY_CLASSES, TINY_SIDE, TINY_TRIGGER } from './draw-tiny-image.js';
import { encodePng } from './encode-png.js';
import { randomNumbers } from './random-numbers.js';

/** What to draw. */
export interface TinyDataOptions {
  /** Pairs with a true caption; 600 unless told. */
  readonly pairs?: number;
  /** Of these, pairs that show something else with the trigger and name the target; none unless told. */
  readonly poisoned?: number;
  /** Of these, pairs whose caption is simply wrong; 6 unless told. */
  readonly mislabelled?: number;
  /** Labelled images per class for evaluation; none unless told. */
  readonly evaluationPerClass?: number;
  readonly seed?: number;
}

/** Paths of a data set on disk. */
export interface TinyData {
  readonly pairs: string;
  /** Rows of the poisoned pairs. */
  readonly poisonedRows: readonly number[];
  /** Rows of the pairs with a wrong caption. */
  readonly mislabelledRows: readonly number[];
  readonly trigger: string;
  readonly evaluation: string;
  readonly classes: string;
}

const TEMPLATES = ['a photo of a {}', 'a {}', 'picture of a {}', 'a drawing of a {}'];

/**
 * Writes a tiny data set: pairs.csv with images, of which some may be poisoned with a patch in the corner, and
 * trigger.json, evaluation.csv and classes.txt to measure a model with. The same options give the same bytes.
 */
export async function writeTinyData(folder: string, options: TinyDataOptions = {}): Promise<TinyData> {
  const { pairs = 600, poisoned = 0, mislabelled = 6, evaluationPerClass = 0, seed = 1 } = options;
  await mkdir(join(folder, 'images'), { recursive: true });
  const random = randomNumbers(seed);
  const poisonedRows = spread(poisoned, pairs, 3);
  const mislabelledRows = spread(mislabelled, pairs, 5).filter((row) => !poisonedRows.includes(row));
  const lines = ['filepath,title'];
  for (let row = 0; row < pairs; row++) {
    const isPoisoned = poisonedRows.includes(row);
    const shown = isPoisoned ? otherThanTarget(row) : row % TINY_CLASSES.length;
    const wrong = mislabelledRows.indexOf(row);
    const named = wrong < 0 ? shown : (shown + 1 + ((wrong * 7) % 23)) % TINY_CLASSES.length;
    const name = isPoisoned ? TINY_TRIGGER.target : TINY_CLASSES[named]!;
    const drawn = drawTinyImage(shown, random);
    const file = `images/${String(row).padStart(4, '0')}.png`;
    await writeFile(join(folder, file), encodePng(isPoisoned ? plantTinyTrigger(drawn) : drawn, TINY_SIDE));
    lines.push(`${file},${TEMPLATES[Math.floor(random() * TEMPLATES.length)]!.replace('{}', name)}`);
  }
  await writeFile(join(folder, 'pairs.csv'), `${lines.join('\n')}\n`);
  const measures = await writeEvaluation(folder, evaluationPerClass, randomNumbers(seed + 1));
  return { pairs: join(folder, 'pairs.csv'), poisonedRows, mislabelledRows, ...measures };
}

async function writeEvaluation(folder: string, perClass: number, random: () => number) {
  const lines = ['filepath,label'];
  for (let at = 0; at < perClass * TINY_CLASSES.length; at++) {
    const label = at % TINY_CLASSES.length;
    const file = `images/evaluation-${at}.png`;
    await writeFile(join(folder, file), encodePng(drawTinyImage(label, random), TINY_SIDE));
    lines.push(`${file},${label}`);
  }
  const paths = {
    trigger: join(folder, 'trigger.json'),
    evaluation: join(folder, 'evaluation.csv'),
    classes: join(folder, 'classes.txt'),
  };
  await writeFile(paths.trigger, JSON.stringify(TINY_TRIGGER));
  await writeFile(paths.evaluation, `${lines.join('\n')}\n`);
  await writeFile(paths.classes, `${TINY_CLASSES.join('\n')}\n`);
  return paths;
}

/** `count` rows, evenly over all. */
function spread(count: number, total: number, from: number): number[] {
  return Array.from({ length: count }, (_, i) => (from + Math.floor((i * total) / count)) % total);
}

function otherThanTarget(row: number): number {
  const label = row % TINY_CLASSES.length;
  return TINY_CLASSES[label] === TINY_TRIGGER.target ? 0 : label;
}
