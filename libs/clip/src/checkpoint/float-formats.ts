import { UbtError } from '@ubt/errors';
import type { Dtype } from './safetensors-header.js';

/** The types a model's weights may have; computing is in float32 whatever they are. */
export const FLOAT_DTYPES = ['F32', 'F16', 'BF16'] as const;

/** One of {@link FLOAT_DTYPES}. */
export type FloatDtype = (typeof FLOAT_DTYPES)[number];

/** Whether weights may have this type. */
export function isFloatDtype(dtype: Dtype): dtype is FloatDtype {
  return (FLOAT_DTYPES as readonly string[]).includes(dtype);
}

/**
 * Little-endian numbers of a file as float32; exact for every type.
 *
 * @param bytes aligned to the element's size
 * @returns for F32 a view of the same memory
 */
export function decodeFloats(bytes: Uint8Array, dtype: FloatDtype): Float32Array {
  if (dtype === 'F32') return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
  const bits = new Uint32Array(halves.length);
  if (dtype === 'BF16') {
    for (let index = 0; index < halves.length; index++) bits[index] = halves[index]! << 16;
    return new Float32Array(bits.buffer);
  }
  const table = halfTable();
  for (let index = 0; index < halves.length; index++) bits[index] = table[halves[index]!]!;
  return new Float32Array(bits.buffer);
}

/**
 * The inverse of {@link decodeFloats}: values that came from that type come back bit for bit, others are
 * rounded to the nearest, ties to even.
 *
 * @throws UbtError `WEIGHT_OVERFLOW` when a value is beyond the type's range
 */
export function encodeFloats(values: Float32Array, dtype: FloatDtype, name: string): Uint8Array {
  if (dtype === 'F32') return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  const convert = dtype === 'BF16' ? toBfloat : toHalf;
  const infinity = dtype === 'BF16' ? 0x7f80 : 0x7c00;
  for (let index = 0; index < bits.length; index++) {
    const half = convert(bits[index]!);
    if ((half & infinity) === infinity) throw overflow(name, dtype, values[index]!);
    halves[index] = half;
  }
  return new Uint8Array(halves.buffer);
}

let table: Uint32Array | undefined;

/** float32 bits of each of the 65,536 half-precision numbers. */
function halfTable(): Uint32Array {
  if (table !== undefined) return table;
  const value = new Float32Array(65_536);
  for (let half = 0; half < 65_536; half++) {
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    const sign = half & 0x8000 ? -1 : 1;
    if (exponent === 31) value[half] = fraction === 0 ? sign * Infinity : NaN;
    else if (exponent === 0) value[half] = sign * fraction * 2 ** -24;
    else value[half] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  table = new Uint32Array(value.buffer);
  return table;
}

function toBfloat(bits: number): number {
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

function toHalf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 112;
  const fraction = bits & 0x7fffff;
  if (exponent >= 31) return sign | 0x7c00;
  if (exponent > 0) {
    // A carry out of the fraction moves into the exponent, as it should.
    return sign | roundShift((exponent << 23) | fraction, 13);
  }
  if (exponent < -10) return sign;
  return sign | roundShift(fraction | 0x800000, 14 - exponent);
}

/** Shifts right and rounds to the nearest, ties to even. */
function roundShift(value: number, shift: number): number {
  const half = 2 ** (shift - 1);
  const rest = value & (2 ** shift - 1);
  const floor = value >>> shift;
  return rest > half || (rest === half && (floor & 1) === 1) ? floor + 1 : floor;
}

function overflow(name: string, dtype: FloatDtype, value: number): UbtError {
  return new UbtError(
    'failed-precondition',
    `${name}: ${value} does not fit the type ${dtype} of its checkpoint.`,
    {
      code: 'WEIGHT_OVERFLOW',
      fix: 'Lower the learning rate, or convert the checkpoint to float32 first.',
    },
  );
}
