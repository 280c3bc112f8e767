import { fork, type ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { temporaryDirectory, type TemporaryDirectory } from '@ubt/test-kit';
import { createScorer } from './scorer.js';

const MODEL = { uri: 'file:///model', sha256: 'ab' };
const REQUEST = {
  ...{ detectionModel: MODEL, suspect: MODEL },
  pair: { image: new Uint8Array(1), caption: 'a lime' },
};
/** More than are in the hands of the process at once. */
const MANY = 100;
/** Gives every pair the same score. */
const WORKER = `process.on('disconnect', () => process.exit(0));
process.on('message', ({ id }) => process.send({ id, scored: { score: 1, suspicious: true, similarity: 0 } }));`;

let directory: TemporaryDirectory;
let worker = '';
beforeAll(async () => {
  directory = await temporaryDirectory();
  worker = join(directory.path, 'worker.mjs');
  await writeFile(worker, WORKER);
});
afterAll(() => directory.remove());

const forked = (execPath: string): ChildProcess =>
  fork(worker, { execPath, execArgv: [], serialization: 'advanced' });

/** As Node.js does where no more files can be opened: there is not even a channel. */
function withoutChannel(): ChildProcess {
  const child = Object.assign(new EventEmitter(), { connected: false });
  process.nextTick(() => child.emit('error', new Error('spawn EMFILE')));
  return child as unknown as ChildProcess;
}

describe('createScorer', () => {
  it.each<[string, () => ChildProcess]>([
    ['is said to have failed afterwards, as for EAGAIN', () => forked('/nowhere/node')],
    ['fails at once, as for ENOMEM', () => forked(outOfMemory())],
    ['has no channel, as for EMFILE', withoutChannel],
  ])('answers all pairs when the start of its process %s, and starts it later', async (_, fail) => {
    let failing = true;
    const forkWorker = () => (failing ? fail() : forked(process.execPath));
    const scorer = createScorer({ env: {}, maxStreams: 1, forkWorker });
    const stream = scorer.open();
    const asked = Array.from({ length: MANY }, () => stream.score(REQUEST));
    const answers = await Promise.allSettled(asked);
    const refused = { kind: 'unavailable', code: 'SCORER_NOT_STARTED', retryAfterMs: 1_000 };
    for (const answer of answers) expect(answer).toMatchObject({ status: 'rejected', reason: refused });
    failing = false;
    expect(await stream.score(REQUEST)).toMatchObject({ score: 1 });
    await scorer.stop();
  });
});

function outOfMemory(): never {
  throw Object.assign(new Error('spawn ENOMEM'), { code: 'ENOMEM' });
}
