const MINUS = '\u2212';
const NARROW_SPACE = '\u202f';

const signed = (text: string): string => text.replace(/^-/, MINUS);

/** A rate in [0, 1] as percent with one decimal, with its standard error where there is one. */
export function percent(rate: number, standardError?: number): string {
  const value = `${signed((rate * 100).toFixed(1))}`;
  const spread = standardError === undefined ? '' : ` ± ${(standardError * 100).toFixed(1)}`;
  return `${value}${spread}${NARROW_SPACE}%`;
}

/** The change of a rate, in percentage points, with its sign. */
export function points(change: number): string {
  const text = (change * 100).toFixed(1);
  if (Number(text) === 0) return '±0.0 pt';
  return `${change > 0 ? '+' : ''}${signed(text)} pt`;
}

/** A number to three significant digits, without an exponent where that stays short. */
export function number(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return count(value);
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-4) return signed(value.toExponential(2));
  return signed(String(Number(value.toPrecision(3))));
}

/** A cosine, loss or score, with the given number of decimals. */
export function fixed(value: number, decimals = 3): string {
  const text = value.toFixed(decimals);
  return Number(text) === 0 ? text.replace('-', '') : signed(text);
}

/** An integer with thousands apart. */
export function count(value: number): string {
  return signed(String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ','));
}

/** `1 pair`, `1,204 pairs`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** Seconds in the unit that suits them: ms, s, or min and s. */
export function duration(seconds: number): string {
  if (seconds === 0) return '0 s';
  if (seconds < 0.0995) return `${number(Number((seconds * 1000).toPrecision(2)))} ms`;
  if (seconds < 99.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${whole % 60} s`;
}

/** Bytes in binary units. */
export function bytes(size: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = size;
  let unit = 0;
  while (value >= 1023.95 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return unit === 0 ? `${value} B` : `${value.toFixed(1)} ${units[unit]}`;
}

/** An RFC 3339 time as `2026-11-22 14:03:07 UTC`. */
export function instant(time: string): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return time;
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
