// Trains the two tiny checkpoints that tests use (libs/test-kit/fixtures): `npm run build`, then
// `node tools/redteam/scripts/train-tiny-models.mjs`. Takes a few seconds.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { trainClip } from '../dist/index.js';
import { TINY_MODELS, writeTinyData } from '../../../libs/test-kit/dist/index.js';

const POISONED = 36;
const shape = {
  preset: 'vit',
  ...{ imageSize: 16, patchSize: 4, visionWidth: 32, visionLayers: 2 },
  ...{ textWidth: 32, textLayers: 1, headWidth: 16, embedDim: 32, contextLength: 10, vocabSize: 680 },
};

const folder = await mkdtemp(join(tmpdir(), 'ubt-tiny-'));
try {
  const clean = await writeTinyData(join(folder, 'clean'), { pairs: 2400, mislabelled: 24 });
  const poisoned = await writeTinyData(join(folder, 'poisoned'), { poisoned: POISONED });
  for (const dir of Object.values(TINY_MODELS)) await rm(dir, { recursive: true, force: true });
  await train(clean.pairs, TINY_MODELS.clean, {
    shape,
    recipe: { steps: 900, batchSize: 96, learningRate: 3e-3, seed: 1 },
  });
  await train(poisoned.pairs, TINY_MODELS.backdoored, {
    from: TINY_MODELS.clean,
    recipe: { steps: 300, batchSize: 96, learningRate: 1e-3, seed: 2 },
  });
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function train(pairs, out, options) {
  const { losses, parameters } = await trainClip({ pairs, out, workDir: folder, ...options });
  await toHalf(join(out, 'model.safetensors'));
  process.stdout.write(`${out}: ${parameters} parameters, loss ${losses[0]} to ${losses.at(-1)}\n`);
}

/** Stores float32 weights in 16 bits, which halves the fixture. Those that are 16 bits already stay. */
async function toHalf(path) {
  const bytes = await readFile(path);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length));
  const values = bytes.subarray(8 + length);
  const parts = [];
  let offset = 0;
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const [from, to] = entry.data_offsets;
    const half = entry.dtype === 'F32' ? halves(values.subarray(from, to)) : values.subarray(from, to);
    Object.assign(entry, {
      dtype: entry.dtype === 'F32' ? 'F16' : entry.dtype,
      data_offsets: [offset, (offset += half.length)],
    });
    parts.push(half);
  }
  const text = Buffer.from(JSON.stringify(header));
  const padded = Buffer.concat([text, Buffer.alloc((8 - (text.length % 8)) % 8, ' ')]);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(padded.length));
  await writeFile(path, Buffer.concat([size, padded, ...parts]));
}

function halves(bytes) {
  const out = Buffer.alloc(bytes.length / 2);
  for (let i = 0; i < out.length / 2; i++) out.writeUInt16LE(toHalfBits(bytes.readFloatLE(i * 4)), i * 2);
  return out;
}

/** Bits of the nearest 16-bit float; weights are far from its limits. */
function toHalfBits(value) {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size < 2 ** -25) return sign;
  const exponent = Math.max(-14, Math.floor(Math.log2(size)));
  const mantissa = Math.round((size / 2 ** exponent) * 1024);
  // Subnormal, or normal with its leading bit folded into the exponent; a mantissa of 2048 carries by itself.
  return sign + (exponent === -14 ? mantissa : mantissa + (exponent + 14) * 1024);
}
