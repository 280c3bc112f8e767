import type { Level } from 'pino';
import type { Logger } from '../telemetry/logger.js';

/** Fields that the service's own line says anew, or says better. */
const RENAMED = new Set(['level', 'msg', 'name', 'time', 'pid', 'hostname', 'job']);

/** Writes a line of a worker's log (pino's JSON) into the service's log, fields and level kept. */
export function relayLog(logger: Logger, line: string): void {
  const worker = parse(line);
  const level = String(worker.level);
  const known = level in logger.levels.values ? (level as Level) : 'info';
  const fields = Object.fromEntries(Object.entries(worker).filter(([key]) => !RENAMED.has(key)));
  const message = typeof worker.msg === 'string' ? worker.msg : line.trim();
  logger[known]({ ...fields, worker: worker.name, worker_pid: worker.pid }, message);
}

function parse(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
