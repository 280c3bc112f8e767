import { UbtError } from '@ubt/errors';
import { processEnvironment } from '../config/process-environment.js';
import type { Environment } from '../config/define-config.js';
import { redactSecrets } from '../telemetry/redact-secrets.js';
import type { ServedStage } from './stage-definition.js';

/**
 * Runs a service as this process: starts it, stops it on SIGTERM, on SIGINT or when it is
 * idle for as long as it was told, and sets the exit code. A start
 * that fails says why on stderr and exits with 1.
 */
export async function runService(
  name: string,
  serve: (env: Environment) => Promise<ServedStage>,
): Promise<void> {
  try {
    const served = await serve(processEnvironment());
    process.stdout.write(`${name} listens on ${served.address}\n`);
    const stop = () => void served.stop().then(() => process.exit(0), fail(name));
    process.once('SIGTERM', stop).once('SIGINT', stop);
    void served.idle?.then(stop);
  } catch (error) {
    fail(name)(error);
  }
}

const fail = (name: string) => (thrown: unknown) => {
  const { message, fix, code } = UbtError.from(thrown);
  const line = `${name}: ${message}${fix === undefined ? '' : ` ${fix}`} (${code})\n`;
  process.stderr.write(redactSecrets(line));
  process.exit(1);
};
