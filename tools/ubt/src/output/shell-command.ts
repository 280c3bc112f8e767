/** A command line that a POSIX shell takes apart into just these words. */
export function shellCommand(words: readonly string[]): string {
  return words.map((word) => (/^[\w./:@%+=,-]+$/.test(word) ? word : quote(word))).join(' ');
}

const quote = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`;
