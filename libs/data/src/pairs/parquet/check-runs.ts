/**
 * Walks the runs of Parquet's hybrid of run lengths and packed bits.
 *
 * @param width bits of a value, 1 to 32
 * @param most values there can be; packed ones come in eights, so the last run may hold up to seven more
 * @throws RangeError for a run of more values, or none, or one that ends behind the bytes
 */
export function checkRuns(bytes: Uint8Array, width: number, most: number): void {
  let [at, seen] = [0, 0];
  while (at < bytes.length && seen < most) {
    let header = 0;
    for (let shift = 0; ; shift += 7) {
      if (at >= bytes.length || shift > 28) throw new RangeError('a run without length');
      const byte = bytes[at++]!;
      header += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    const isPacked = header % 2 === 1;
    const length = Math.floor(header / 2) * (isPacked ? 8 : 1);
    const size = isPacked ? (length / 8) * width : Math.ceil(width / 8);
    if (length === 0 || length > most - seen + (isPacked ? 7 : 0)) {
      throw new RangeError(`a run of ${length} values where at most ${most - seen} are missing`);
    }
    // Writers leave out bytes of the last packed run that no value needs.
    const needed = isPacked ? Math.ceil((Math.min(length, most - seen) * width) / 8) : size;
    if (at + needed > bytes.length) throw new RangeError('a run ends behind its page');
    at += size;
    seen += length;
  }
}
