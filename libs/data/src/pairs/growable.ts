/** A typed array that doubles when full: numbers without the 8 to 16 extra bytes of a plain array's growth. */
export function growable<Numbers extends Uint32Array | Float32Array | Float64Array>(
  make: new (length: number) => Numbers,
) {
  let values = new make(1024);
  let length = 0;
  return {
    push(value: number): void {
      if (length === values.length) {
        const larger = new make(2 * length);
        larger.set(values);
        values = larger;
      }
      values[length++] = value;
    },
    take: () => values.slice(0, length) as Numbers,
  };
}
