import type { ActionContext } from '../cli.js';
import { EXIT } from '../output/exit-code.js';
import { examine } from './examine.js';

/** Prints what the machine offers. @returns 1 when a defence could not run as configured */
export async function runDoctor(_flags: object, { io, config, output }: ActionContext): Promise<number> {
  const findings = await examine(io.env, config);
  const mark = { ok: '✓', info: '·', problem: '✗' } as const;
  output.result(
    { ok: findings.ok, wouldUse: findings.wouldUse, checks: findings.checks },
    findings.checks.map(({ level, name, detail }) => `${mark[level]} ${name.padEnd(24)} ${detail}`),
  );
  return findings.ok ? EXIT.ok : EXIT.error;
}
