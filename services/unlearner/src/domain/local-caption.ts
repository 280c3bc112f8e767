/**
 * Keeps only the compromised tokens of a tokenised caption, in their order (`T_local` of the token-based
 * portion unlearning of arXiv 2409.19526), between the caption's own start and end tokens.
 *
 * @param caption token ids `[L]`: start, content, end, padding
 * @param content ids of the caption's content, without start, end and padding
 * @param compromised ids of the tokens that carry the backdoor
 * @param padding id that fills up the caption
 * @returns token ids `[L]`; the caption itself when it holds no compromised token
 */
export function localCaption(
  caption: Int32Array,
  content: readonly number[],
  compromised: ReadonlySet<number>,
  padding: number,
): Int32Array {
  const kept = content.filter((token) => compromised.has(token));
  if (kept.length === 0) return caption;
  const end = caption[1 + content.length] as number;
  const local = new Int32Array(caption.length).fill(padding);
  local.set([caption[0] as number, ...kept, end]);
  return local;
}
