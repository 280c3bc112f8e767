import { ARRAYS, type ElementType, type HostArray } from '../recorder/value.js';

/** Smaller arrays are cheaper to make than to keep. */
const MIN_BYTES = 4096;
/** Free arrays of one size to keep; a training step needs about as many as there are equal weights. */
const MAX_PER_SIZE = 256;

/**
 * Output memory that is used again: a training step replaces every weight, and fresh arrays would have to be
 * zeroed, faulted in and collected each time.
 */
export class BufferPool {
  private readonly free = new Map<number, ArrayBuffer[]>();
  private freeBytes = 0;

  /** @param maxBytes free memory to keep at most; what comes back beyond it is left to the collector */
  constructor(private readonly maxBytes: number) {}

  /** Bytes kept for later use. */
  get bytes(): number {
    return this.freeBytes;
  }

  /** An array with unspecified elements. */
  allocate(dtype: ElementType, size: number): HostArray {
    const bytes = size * ARRAYS[dtype].BYTES_PER_ELEMENT;
    const buffer = this.free.get(bytes)?.pop();
    if (buffer !== undefined) this.freeBytes -= bytes;
    return new ARRAYS[dtype](buffer ?? new ArrayBuffer(bytes));
  }

  /** Takes back an array that nobody can reach any more. */
  release(array: HostArray): void {
    const bytes = array.byteLength;
    if (bytes < MIN_BYTES || this.freeBytes + bytes > this.maxBytes) return;
    let list = this.free.get(bytes);
    if (list === undefined) this.free.set(bytes, (list = []));
    if (list.length >= MAX_PER_SIZE) return;
    list.push(array.buffer as ArrayBuffer);
    this.freeBytes += bytes;
  }

  clear(): void {
    this.free.clear();
    this.freeBytes = 0;
  }
}
