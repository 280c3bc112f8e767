import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { plainProgress } from './plain-progress.js';

describe('plainProgress', () => {
  it('writes plain lines, and not too many', () => {
    const stream = new PassThrough();
    let now = 0;
    const progress = plainProgress([{ key: 'a', title: 'detector' }], stream, () => now);
    for (const [at, text] of [
      [0, 'scoring 1/9'],
      [500, 'scoring 2/9'],
      [2_500, 'scoring 7/9'],
      [9_000, 'scoring 7/9'],
    ] as const) {
      now = at;
      progress.update('a', text);
    }
    progress.done('a', '2 s');
    progress.fail('b', 'no\u001b[31m');
    expect(String(stream.read()).split('\n')).toEqual([
      ...['detector: scoring 1/9', 'detector: scoring 7/9', 'detector: done. 2 s', 'b: FAILED. no?[31m', ''],
    ]);
  });
});
