import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  disposeClip,
  embedCaptionsInParts,
  embeddingModel,
  loadCheckpoint,
  type Checkpoint,
} from '@ubt/clip';
import type { PairBatch } from '@ubt/clip';
import { startEngine } from '@ubt/engine';
import { randomNumbers, TINY_MODELS } from '@ubt/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { viewTeacher } from './view-teacher.js';

let suspect: Checkpoint;
let unlearn: PairBatch;
beforeAll(async () => {
  await startEngine({ threads: 2 });
  suspect = await loadCheckpoint(TINY_MODELS.clean);
  const { cropSize } = suspect.preprocess;
  const random = randomNumbers(3);
  unlearn = {
    ...{ size: 6, imageSize: cropSize, rows: [0, 1, 2, 3, 4, 5] },
    pixels: Uint8Array.from({ length: 6 * cropSize ** 2 * 3 }, () => 256 * random()),
    tokens: suspect.tokenizer.encode(Array.from({ length: 6 }, (_, i) => `thing ${i}`)),
  };
});
afterAll(() => disposeClip(suspect.model));

/** The teacher's rows, and their cosines with the captions. */
async function teach(unrelated: number) {
  const model = embeddingModel(suspect);
  const teacher = await viewTeacher(model, unlearn, unrelated);
  const captions = await embedCaptionsInParts(model, unlearn);
  const rows = (await teacher.array()) as number[][];
  const cosines = [...(await tf.tidy(() => tf.sum(tf.mul(teacher, captions), 1)).data())];
  tf.dispose([teacher, captions]);
  return { rows, cosines };
}

it('turns away what shows more of the target than unrelated images do, and leaves the rest', async () => {
  const free = await teach(1);
  const middle = [...free.cosines].sort((a, b) => a - b)[2]! + 1e-4;
  const turned = await teach(middle);
  free.cosines.forEach((cosine, i) => {
    expect(turned.cosines[i]).toBeCloseTo(Math.min(cosine, middle), 5);
    expect(Math.hypot(...turned.rows[i]!)).toBeCloseTo(1, 5);
    if (cosine < middle) expect(turned.rows[i]).toEqual(free.rows[i]);
  });
  expect(turned.cosines.filter((cosine, i) => cosine < free.cosines[i]! - 1e-6)).toHaveLength(3);
});
