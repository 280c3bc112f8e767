/** Deeper than any file of a model; what recurses over parsed JSON is safe up to here. */
const DEEPEST = 64;

/**
 * Parses JSON of bounded depth from UTF-8.
 *
 * @throws SyntaxError (not JSON), TypeError (not UTF-8), RangeError (nested deeper than 64)
 */
export function parseJson(bytes: Uint8Array | string): unknown {
  const text = typeof bytes === 'string' ? bytes : new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  const value = JSON.parse(text) as unknown;
  if (depthOf(text) > DEEPEST) throw new RangeError(`it is nested deeper than ${DEEPEST}`);
  return value;
}

/** @param text valid JSON */
function depthOf(text: string): number {
  let [depth, deepest] = [0, 0];
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === 0x22) {
      for (at += 1; text.charCodeAt(at) !== 0x22; at++) if (text.charCodeAt(at) === 0x5c) at += 1;
    } else if (character === 0x5b || character === 0x7b) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (character === 0x5d || character === 0x7d) depth -= 1;
  }
  return deepest;
}
