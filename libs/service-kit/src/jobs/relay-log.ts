import type { Level } from 'pino';
import type { Logger } from '../telemetry/logger.js';

/** Writes a line of a worker's log (pino's JSON) into the service's log, fields and level kept. */
export function relayLog(logger: Logger, line: string): void {
  const {
    level,
    msg,
    name: worker,
    time: _time,
    pid,
    hostname: _hostname,
    job: _job,
    ...fields
  } = parse(line);
  const known = typeof level === 'string' && level in logger.levels.values ? (level as Level) : 'info';
  logger[known]({ ...fields, worker, worker_pid: pid }, typeof msg === 'string' ? msg : line.trim());
}

function parse(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
