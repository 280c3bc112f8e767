import { describe, expect, it } from '@jest/globals';
import { bytes, count, duration, percent, printable } from './format.js';

describe('format', () => {
  it('writes rates, durations, counts and sizes for people', () => {
    expect(percent(0.8654)).toBe('86.5 %');
    expect(percent(undefined)).toBe('–');
    expect([0.04, 9.96, 12.4, 59.6, 185].map(duration)).toEqual([
      ...['0.0 s', '10.0 s', '12 s', '1 min 00 s', '3 min 05 s'],
    ]);
    expect(count(12_000n)).toBe('12,000');
    expect([0, 1023, 1536, 3 * 1024 ** 3].map(bytes)).toEqual(['0 B', '1023 B', '1.5 KiB', '3.0 GiB']);
  });

  it('lets no text from outside steer the terminal', () => {
    expect(printable('a\u001b[2Jb\u202ec\rd')).toBe('a?[2Jb?c?d');
    expect(printable('naïve café — 日本\tx\ny')).toBe('naïve café — 日本\tx\ny');
  });
});
