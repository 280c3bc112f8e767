import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const UBT = fileURLToPath(new URL('../../ubt/bin/ubt.mjs', import.meta.url));

/** What the built command line prints as the help of a command. */
export async function runHelpOf(command: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [UBT, command, '--help']);
  return stdout;
}
