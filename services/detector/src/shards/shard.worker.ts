import { createArtifactStore } from '@ubt/artifacts';
import { startEngine } from '@ubt/engine';
import { UbtError } from '@ubt/errors';
import { artifactPlaces, engineOptions } from '@ubt/service-kit';
import { readConfig } from '../config.js';
import { createShardMeasurer } from './measure-shard.js';
import type { FromShardWorker, ToShardWorker } from './shard-protocol.js';

const config = readConfig();
const store = createArtifactStore(artifactPlaces(config));
const measurer = createShardMeasurer(config, store);
const running = new Map<number, AbortController>();
let engine: Promise<unknown> | undefined;
let last: Promise<unknown> = Promise.resolve();

process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit(1));
process.on('message', (message: ToShardWorker) => {
  if (message.type === 'cancel') {
    running.get(message.id)?.abort(UbtError.fromJSON(message.reason));
    return;
  }
  const controller = new AbortController();
  running.set(message.id, controller);
  // One after the other: they share models and pairs.
  last = last.then(async () => {
    reply(await answer(message, controller.signal));
    running.delete(message.id);
  });
});

async function answer(
  { id, shard }: Extract<ToShardWorker, { type: 'measure' }>,
  signal: AbortSignal,
): Promise<FromShardWorker> {
  try {
    signal.throwIfAborted();
    await (engine ??= startEngine(engineOptions(config)));
    return { id, result: await measurer.measure(shard, signal) };
  } catch (error) {
    return { id, error: UbtError.from(signal.aborted ? signal.reason : error).toJSON() };
  }
}

function reply(message: FromShardWorker): void {
  process.send?.(message);
}
