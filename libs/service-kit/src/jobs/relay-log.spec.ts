import { expect, it } from '@jest/globals';
import { createLogger } from '../telemetry/logger.js';
import { relayLog } from './relay-log.js';

function relayed(line: string): Record<string, unknown> {
  const lines: string[] = [];
  const destination = { write: (text: string) => void lines.push(text) };
  relayLog(createLogger({ name: 'detector', level: 'debug', destination }).child({ job: 'jobs/1' }), line);
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0]!) as Record<string, unknown>;
}

it("writes a worker's line with its level and fields under the service's name", () => {
  const line = relayed('{"level":"warn","name":"detector-worker","pid":7,"msg":"slow","batch":3}\n');
  expect(line).toMatchObject({
    level: 'warn',
    name: 'detector',
    job: 'jobs/1',
    worker: 'detector-worker',
    worker_pid: 7,
    msg: 'slow',
    batch: 3,
  });
});

it('keeps a line that is no JSON, as information', () => {
  expect(relayed('plain text\n')).toMatchObject({ level: 'info', msg: 'plain text' });
});
