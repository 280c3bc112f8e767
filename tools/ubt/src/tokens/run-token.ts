import { writeFile } from 'node:fs/promises';
import { newToken, tokenDigest } from '@ubt/service-kit';
import type { ActionContext } from '../cli.js';
import { EXIT } from '../output/exit-code.js';

/** Flags of `ubt token`. */
export interface TokenFlags {
  readonly role: string[];
  readonly days?: number;
  readonly out?: string;
}

const DAY_MS = 24 * 3600 * 1000;

/** Makes a token and the entry that stands for it. Nothing here keeps the token. @returns the exit code */
export async function runToken(
  { role: roles, days, out }: TokenFlags,
  { output }: ActionContext,
  [name = '']: readonly string[],
): Promise<number> {
  const token = newToken();
  const entry = {
    ...{ name, roles },
    tokens: [
      {
        sha256: tokenDigest(token).toString('hex'),
        ...(days === undefined ? {} : { expires: new Date(Date.now() + days * DAY_MS).toISOString() }),
      },
    ],
  };
  if (out !== undefined) await writeFile(out, `${token}\n`, { mode: 0o600, flag: 'wx' });
  output.result({ entry, ...(out === undefined ? { token } : { tokenFile: out }) }, [
    out === undefined ? `Token (shown once): ${token}` : `The token is in ${out}.`,
    'Entry for "callers" in the access file:',
    JSON.stringify(entry, null, 2),
  ]);
  return EXIT.ok;
}
