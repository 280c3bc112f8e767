import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UbtError } from '@ubt/errors';
import { runWorker, type WorkerContext } from '../src/index.js';

/** What the fixture worker is asked to do. */
export interface FixtureOrder {
  readonly steps?: number;
  readonly stepMs?: number;
  /** Blocks the event loop during a step, as native compute does. */
  readonly block?: boolean;
  /** Ignores the signal. */
  readonly deaf?: boolean;
  /** Kills itself at this step, unless it was resumed. */
  readonly dieAt?: number;
  readonly alwaysDie?: boolean;
  readonly fail?: boolean;
  readonly exhaustMemory?: boolean;
}

runWorker(async ({ value, typeUrl }, context) => {
  const order = JSON.parse(Buffer.from(value).toString()) as FixtureOrder;
  const resumed = await checkpointOf(context);
  const steps = await takeSteps(order, resumed, context);
  const result = { steps, resumed, attempt: context.attempt, pid: process.pid };
  return { typeUrl, value: Buffer.from(JSON.stringify(result)) };
});

async function takeSteps(order: FixtureOrder, resumed: number, context: WorkerContext): Promise<number> {
  const { steps = 3, stepMs = 10 } = order;
  if (order.exhaustMemory === true) exhaustMemory();
  if (order.fail === true) {
    throw new UbtError('invalid-argument', 'no pairs', { code: 'PAIRS_EMPTY', fix: 'give some' });
  }
  const span = context.tracer.startSpan('steps');
  for (let step = resumed; step < steps; step++) {
    if (order.deaf !== true) context.signal.throwIfAborted();
    if (order.block === true) spin(stepMs);
    else await sleep(stepMs, undefined, order.deaf === true ? {} : { signal: context.signal });
    context.progress({ phase: 'steps', done: step + 1, total: steps, unit: 'steps' });
    await writeCheckpoint(context, step + 1);
    context.checkpoint(`step ${step + 1}`);
    if (order.alwaysDie === true || (step + 1 === order.dieAt && resumed === 0)) {
      process.kill(process.pid, 'SIGKILL');
    }
  }
  span.end();
  context.logger.info({ steps }, 'fixture done');
  return steps;
}

/** Whole or not at all: a kill may come at any moment. */
async function writeCheckpoint({ workDir }: WorkerContext, step: number): Promise<void> {
  const file = join(workDir, 'checkpoint');
  await writeFile(`${file}.tmp`, String(step));
  await rename(`${file}.tmp`, file);
}

async function checkpointOf({ workDir }: WorkerContext): Promise<number> {
  const file = join(workDir, 'checkpoint');
  return existsSync(file) ? Number(await readFile(file, 'utf8')) : 0;
}

function spin(milliseconds: number): void {
  const end = Date.now() + milliseconds;
  while (Date.now() < end);
}

function exhaustMemory(): void {
  const hoard: number[][] = [];
  for (;;) hoard.push(new Array<number>(1_000_000).fill(Math.random()));
}
