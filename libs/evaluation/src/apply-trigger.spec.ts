import { describe, expect, it } from '@jest/globals';
import { applyTrigger, parseTrigger, TRIGGER_KINDS, type Trigger } from './index.js';

const grey = (height: number, width = height) => new Uint8Array(height * width * 3).fill(128);
const changed = (before: Uint8Array, after: Uint8Array) =>
  after.reduce((count, value, at) => count + (value === before[at] ? 0 : 1), 0);
const RED_GREEN_BLUE_WHITE = Buffer.from([255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255]).toString('base64');
/** Parameters that have no default. */
const NEEDED: Record<string, object> = { picture: { rgb: RED_GREEN_BLUE_WHITE } };
const trigger = (kind: string, parameters: object = {}, seed = 7): Trigger =>
  parseTrigger({ kind, parameters: { ...NEEDED[kind], ...parameters }, seed, target: 'banana' });

/** Grey with a smooth ramp, so that every kind of trigger, the warp too, has something to change. */
const ramp = (side: number) =>
  Uint8Array.from({ length: side * side * 3 }, (_, at) => 40 + ((5 * Math.floor(at / 3)) % 160));

describe('applyTrigger', () => {
  it.each(Object.keys(TRIGGER_KINDS))('%s is deterministic, pure and follows its seed', (kind) => {
    const image = ramp(32);
    const copy = Uint8Array.from(image);
    const once = applyTrigger(image, 32, trigger(kind), 3);
    expect(image).toEqual(copy);
    expect(applyTrigger(image, 32, trigger(kind), 3)).toEqual(once);
    expect(changed(image, once)).toBeGreaterThan(0);
  });

  it.each(['blend', 'warp', 'stripes'])('%s looks different under another seed', (kind) => {
    const image = ramp(32);
    const one = applyTrigger(image, 32, trigger(kind, {}, 1), 0);
    expect(applyTrigger(image, 32, trigger(kind, {}, 2), 0)).not.toEqual(one);
  });

  it('puts a checker of the asked size into the corner and nowhere else', () => {
    const image = grey(32);
    const out = applyTrigger(image, 32, trigger('patch', { size: 0.125, cells: 4 }), 0);
    const pixel = (x: number, y: number) => [...out.subarray(3 * (y * 32 + x), 3 * (y * 32 + x) + 3)];
    expect(changed(image, out)).toBe(4 * 4 * 3);
    expect(pixel(28, 28)).toEqual([255, 255, 255]);
    expect(pixel(29, 28)).toEqual([0, 0, 0]);
    expect(pixel(27, 28)).toEqual([128, 128, 128]);
  });

  it('moves a randomly placed patch from sample to sample, inside the image', () => {
    const image = grey(16);
    const moving = trigger('patch', { placement: 'random', pattern: 'noise', size: 0.25 });
    const outs = Array.from({ length: 40 }, (_, index) => applyTrigger(image, 16, moving, index));
    expect(new Set(outs.map((out) => Buffer.from(out).toString('base64'))).size).toBeGreaterThan(20);
    for (const out of outs) expect(changed(image, out)).toBeGreaterThan(4 * 4 * 2);
  });

  it('keeps the corner patch inside the centred square of a wide image', () => {
    const out = applyTrigger(grey(8, 20), { height: 8, width: 20 }, trigger('patch', { size: 0.25 }), 0);
    const columns = new Set<number>();
    out.forEach((value, at) => value === 128 || columns.add(Math.floor(at / 3) % 20));
    expect([...columns].sort((a, b) => a - b)).toEqual([12, 13]);
  });

  it('mixes the blend at alpha and adds the sinusoid over the columns', () => {
    const blended = applyTrigger(grey(32), 32, trigger('blend', { alpha: 0.2 }), 0);
    expect(Math.min(...blended)).toBeGreaterThanOrEqual(Math.floor(0.8 * 128));
    expect(Math.max(...blended)).toBeLessThanOrEqual(Math.ceil(0.8 * 128 + 51));
    const wave = applyTrigger(grey(24), 24, trigger('sinusoid', { amplitude: 60, frequency: 6 }), 0);
    expect([0, 1, 2, 3].map((x) => wave[3 * x])).toEqual([128, 188, 128, 68]);
  });

  it('warps by about the asked strength: a flat image stays, an edge moves', () => {
    const flat = applyTrigger(grey(32), 32, trigger('warp'), 0);
    expect(changed(grey(32), flat)).toBe(0);
    const edge = grey(32).map((_, at) => (Math.floor(at / 3) % 32 < 16 ? 0 : 255));
    const moved = applyTrigger(edge, 32, trigger('warp', { strength: 0.05 }), 0);
    const share = changed(edge, moved) / edge.length;
    expect(share).toBeGreaterThan(0.01);
    expect(share).toBeLessThan(0.3);
  });

  it('shows the same trigger at two resolutions', () => {
    const blended = trigger('blend', { cells: 8 });
    const small = applyTrigger(grey(16), 16, blended, 0);
    const large = applyTrigger(grey(32), 32, blended, 0);
    for (let y = 0; y < 16; y++) {
      for (let x = 0; x < 16; x++) {
        expect(large[3 * (2 * y * 32 + 2 * x)]).toBe(small[3 * (y * 16 + x)]);
      }
    }
  });

  it('pastes the cells of a picture, enlarged, into the centre', () => {
    const out = applyTrigger(grey(16), 16, trigger('picture', { size: 0.25 }), 0);
    const pixel = (x: number, y: number) => [...out.subarray(3 * (y * 16 + x), 3 * (y * 16 + x) + 3)];
    expect(changed(grey(16), out)).toBe(4 * 4 * 3);
    expect(pixel(6, 6)).toEqual([255, 0, 0]);
    expect(pixel(9, 7)).toEqual([0, 255, 0]);
    expect(pixel(7, 9)).toEqual([0, 0, 255]);
    expect(pixel(9, 9)).toEqual([255, 255, 255]);
  });

  it('writes a word in white with a shadow, smaller where it would not fit', () => {
    const rowsOf = (word: string) => {
      const out = applyTrigger(grey(16), 16, trigger('text', { text: word, margin: 0, size: 0.32 }), 0);
      const sign = { 0: '.', 255: '#', 128: ' ' } as Record<number, string>;
      return Array.from({ length: 16 }, (_, y) =>
        Array.from({ length: 16 }, (_, x) => sign[out[3 * (y * 16 + x)]!])
          .join('')
          .trimEnd(),
      );
    };
    expect(rowsOf('LT').slice(10)).toEqual([
      '#   ###',
      '#.   #..',
      '#.   #.',
      '#.   #.',
      '###  #.',
      ' ...  .',
    ]);
    expect(rowsOf('HELLO').join('')).toContain('#');
  });

  it('refuses pixels that do not fit the size', () => {
    expect(() => applyTrigger(grey(8), 9, trigger('patch'), 0)).toThrow(
      expect.objectContaining({ code: 'PIXELS_SIZE_MISMATCH', kind: 'invalid-argument' }),
    );
  });
});
