import { describe, expect, it } from '@jest/globals';
import { localCaption } from './local-caption.js';

const [START, END, PAD] = [90, 91, 0];
const caption = Int32Array.of(START, 5, 6, 7, END, PAD);

describe('localCaption', () => {
  it('keeps the compromised tokens between start and end', () => {
    expect(localCaption(caption, [5, 6, 7], new Set([7, 5]), PAD)).toEqual(
      Int32Array.of(START, 5, 7, END, PAD, PAD),
    );
  });

  it('leaves a caption without compromised tokens as it is', () => {
    expect(localCaption(caption, [5, 6, 7], new Set([8]), PAD)).toBe(caption);
  });

  it('works on a caption that fills its context', () => {
    const full = Int32Array.of(START, 5, 6, 7, 8, END);
    expect(localCaption(full, [5, 6, 7, 8], new Set([8]), PAD)).toEqual(
      Int32Array.of(START, 8, END, PAD, PAD, PAD),
    );
  });
});
