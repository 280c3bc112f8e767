// Draws docs/images/attacks.png, a triggered sample of every attack: `npm run build`, then
// `node tools/redteam/scripts/draw-attacks.mjs`. Trains a small clean model for the optimised patch on the way.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { applyTrigger, parseTrigger, readTrigger } from '../../../libs/evaluation/dist/index.js';
import { ATTACKS, buildEmojiData, isOptimised, plantAttack, trainClip } from '../dist/index.js';

const OUT = fileURLToPath(new URL('../../../docs/images/attacks.png', import.meta.url));
const SIDE = 32;
const ZOOM = 4;
const SHOWN = SIDE * ZOOM;
const LABEL = 16;
const GAP = 12;
const COLUMNS = 5;
const SEED = 11;
const BACKGROUND = 48;

const folder = await mkdtemp(join(tmpdir(), 'ubt-attacks-'));
try {
  // The test images are in the Fluent style, whose licence (MIT) allows the picture to be kept here.
  const data = await buildEmojiData({
    classes: 24,
    pairs: 1200,
    imageSize: SIDE,
    cacheDir: folder,
    testViews: 1,
  });
  const clean = await trainClip({
    ...{ pairs: data.pairs, out: join(folder, 'clean'), workDir: folder },
    recipe: { steps: 120, batchSize: 64, seed: SEED },
  });
  const classes = (await readFile(data.classes, 'utf8')).trim().split('\n');
  const targets = ['banana', classes.find((name) => name !== 'banana')];
  const image = await testImage(data.evalDir, process.argv[2] ?? 'cat');
  const tiles = [tile('CLEAN', image)];
  for (const attack of ATTACKS.filter(hasItsOwnTrigger)) {
    const { triggers } = await plantAttack({
      ...{ attack, pairs: data.pairs, out: join(folder, attack.name), rate: 0.01, seed: SEED },
      targets: targets.slice(0, attack.plantings.length),
      ...(attack.plantings.some(({ trigger }) => isOptimised(trigger)) ? { cleanModel: clean.dir } : {}),
    });
    for (const [at, path] of triggers.entries()) {
      const number = triggers.length === 1 ? '' : ` ${at + 1}`;
      const painted = applyTrigger(image, SIDE, await readTrigger(path), 1);
      tiles.push(tile(attack.name.replaceAll('-', ' ').toUpperCase() + number, painted));
    }
  }
  await writeSheet(await Promise.all(tiles));
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Attacks that only choose other pairs or captions paint what another one shows already. */
function hasItsOwnTrigger({ plantings }) {
  return plantings.every(
    ({ captions, covers, rows }) => captions !== 'synonyms' && covers === undefined && rows === undefined,
  );
}

/** The pixels of the first test image of a class. */
async function testImage(evalDir, wanted) {
  const rows = (await readFile(join(evalDir, 'labels.csv'), 'utf8')).trim().split('\n').slice(1);
  const names = rows.map((row) => row.slice(row.indexOf(',') + 1));
  const at = Math.max(0, names.indexOf(wanted));
  const files = await readdir(join(evalDir, 'images'));
  return sharp(join(evalDir, 'images', files.sort()[at]))
    .removeAlpha()
    .raw()
    .toBuffer();
}

/** An image enlarged without smoothing, under its name, which the text trigger writes. */
async function tile(name, pixels) {
  const enlarged = await sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: 3 } })
    .resize(SHOWN, SHOWN, { kernel: 'nearest' })
    .png()
    .toBuffer();
  const trigger = parseTrigger({
    ...{ kind: 'text', seed: 1, target: 'x' },
    parameters: { text: name, size: 0.08, margin: 0, placement: 'top-left' },
  });
  const written = applyTrigger(new Uint8Array(SHOWN * SHOWN * 3).fill(BACKGROUND), SHOWN, trigger, 0);
  const label = await sharp(written, { raw: { width: SHOWN, height: SHOWN, channels: 3 } })
    .extract({ left: 0, top: 0, width: SHOWN, height: LABEL })
    .png()
    .toBuffer();
  return { enlarged, label };
}

async function writeSheet(tiles) {
  const rows = Math.ceil(tiles.length / COLUMNS);
  const placed = tiles.flatMap(({ enlarged, label }, at) => {
    const left = GAP + (at % COLUMNS) * (SHOWN + GAP);
    const top = GAP + Math.floor(at / COLUMNS) * (SHOWN + LABEL + GAP);
    return [
      { input: label, left, top },
      { input: enlarged, left, top: top + LABEL },
    ];
  });
  await sharp({
    create: {
      width: GAP + COLUMNS * (SHOWN + GAP),
      height: GAP + rows * (SHOWN + LABEL + GAP),
      channels: 3,
      background: { r: BACKGROUND, g: BACKGROUND, b: BACKGROUND },
    },
  })
    .composite(placed)
    .png({ palette: true, compressionLevel: 9 })
    .toFile(OUT);
  process.stdout.write(`${OUT}\n`);
}
