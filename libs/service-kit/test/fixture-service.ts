import { join } from 'node:path';
import { JobsService } from '@ubt/contracts';
import { createFileJobStore, createJobManager, createJobsHandlers, startGrpcServer } from '../src/index.js';

/**
 * A service with jobs in a process of its own: `fixture-service.ts FOLDER WORKER_OPTIONS…`. It tells its
 * parent the address; each message from the parent is an order, which it answers with the name of the job.
 */
const [folder, ...execArgv] = process.argv.slice(2) as [string, ...string[]];
const manager = createJobManager({
  store: createFileJobStore(join(folder, 'jobs')),
  workDir: join(folder, 'work'),
  workers: { detector: { entry: new URL('./fixture-worker.ts', import.meta.url), execArgv } },
});
await manager.start();
const server = await startGrpcServer({
  services: [{ definition: JobsService, implementation: createJobsHandlers(manager) }],
});
process.on('message', (order: object) => {
  const request = { typeUrl: 'test/Order', value: Buffer.from(JSON.stringify(order)) };
  void manager.submit({ stage: 'detector', request }).then(({ name }) => process.send!(name));
});
process.send!(server.address);
process.once('SIGTERM', () => {
  void Promise.all([manager.stop(1_000), server.stop(1_000)]).then(() => process.exit(0));
});
