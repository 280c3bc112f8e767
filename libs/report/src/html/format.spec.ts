import { describe, expect, it } from '@jest/globals';
import { bytes, count, counted, duration, fixed, instant, number, percent, points } from './format.js';

/** The same text with narrow no-break spaces as plain ones. */
const plain = (text: string) => text.replaceAll('\u202f', ' ');

describe('format', () => {
  it.each([
    [percent(0.8662), '86.6 %'],
    [percent(0.8662, 0.0197), '86.6 ± 2.0 %'],
    [points(-0.866), '−86.6 pt'],
    [points(0.204), '+20.4 pt'],
    [points(-0.0001), '±0.0 pt'],
    [number(34.1234), '34.1'],
    [number(0.000012), '1.20e-5'],
    [number(-11959), '−11,959'],
    [fixed(-0.0001), '0.000'],
    [fixed(-0.7141), '−0.714'],
    [count(1234567), '1,234,567'],
    [counted(1, 'pair'), '1 pair'],
    [counted(0, 'pair'), '0 pairs'],
    [duration(0), '0 s'],
    [duration(0.0521), '52 ms'],
    [duration(11.42), '11.4 s'],
    [duration(119.7), '2 min 0 s'],
    [duration(7260), '2 h 1 min'],
    [bytes(412), '412 B'],
    [bytes(1_048_575), '1.0 MiB'],
    [bytes(5_532_180), '5.3 MiB'],
    [instant('2026-11-22T15:03:07.000+01:00'), '2026-11-22 14:03:07 UTC'],
  ])('%s', (shown, expected) => {
    expect(plain(shown)).toBe(expected);
  });
});
