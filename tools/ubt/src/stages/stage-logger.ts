import type { Stage } from '@ubt/contracts';
import { createLogger, type Logger } from '@ubt/service-kit';
import type { Environment } from '../config.js';

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

/** The logger of a stage in this process: standard output belongs to the command's result. */
export function stageLogger(
  stage: Stage,
  { UBT_LOG_LEVEL: wanted }: Environment,
  destination: NodeJS.WritableStream,
): Logger {
  const level = LEVELS.find((name) => name === wanted) ?? 'info';
  return createLogger({ name: stage, level, destination });
}
