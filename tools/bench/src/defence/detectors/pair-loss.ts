import type { EmbeddedRows } from './embed-scenario.js';

/**
 * The symmetric InfoNCE loss of each pair within its batch.
 *
 * @param batch pairs that are matched against each other; a last short batch is matched within itself
 * @returns one loss per pair, ≥ 0
 */
export function pairLossesOf({ images, texts, scale }: EmbeddedRows, batch: number): number[] {
  const losses: number[] = [];
  for (let start = 0; start < images.length; start += batch) {
    const [left, right] = [images.slice(start, start + batch), texts.slice(start, start + batch)];
    const logits = left.map((image) => Float64Array.from(right, (text) => scale * dot(image, text)));
    const columns = right.map((_, column) => Float64Array.from(logits, (row) => row[column]!));
    logits.forEach((row, at) => losses.push((crossEntropy(row, at) + crossEntropy(columns[at]!, at)) / 2));
  }
  return losses;
}

function crossEntropy(logits: Float64Array, own: number): number {
  const highest = logits.reduce((most, logit) => Math.max(most, logit), -Infinity);
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - highest), 0);
  return highest + Math.log(sum) - logits[own]!;
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at]! * b[at]!;
  return sum;
}
