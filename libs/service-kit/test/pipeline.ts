import { join } from 'node:path';
import { eventSubject, JobsService, StageEvent } from '@ubt/contracts';
import { temporaryDirectory, typescriptExecArgv, waitFor } from '@ubt/test-kit';
import {
  connect,
  createFileJobStore,
  createInProcessBus,
  createJobManager,
  createJobsHandlers,
  isFinal,
  runInSpan,
  startGrpcServer,
  unary,
  type JobRecord,
  type Telemetry,
} from '../src/index.js';

/** A defence in small: a call makes an event, the event makes a job, the job runs in a worker process. */
export async function runPipeline(telemetry: Telemetry): Promise<JobRecord> {
  const open: (() => Promise<unknown>)[] = [];
  const directory = await temporaryDirectory();
  open.push(directory.remove);
  const bus = createInProcessBus({ telemetry });
  open.push(() => bus.close(100));
  const entry = new URL('./trace-worker.ts', import.meta.url);
  const manager = createJobManager({
    store: createFileJobStore(join(directory.path, 'jobs')),
    workDir: join(directory.path, 'work'),
    workers: { selector: { entry, execArgv: typescriptExecArgv() } },
    telemetry,
    announce: async (job) => {
      const data = StageEvent.fromPartial({ run: { runId: 'run-1' }, stage: 'selector', jobName: job.name });
      if (isFinal(job)) await bus.publish({ kind: 'completed', data });
    },
  });
  await manager.start();
  open.push(() => manager.stop(0));
  let job: JobRecord | undefined;
  bus.subscribe({
    durable: 'selector',
    subjects: [eventSubject('*', 'detector', 'completed')],
    handler: async () => {
      const request = { typeUrl: 'test/Request', value: Buffer.from('x') };
      const submitted = await manager.submit({ stage: 'selector', requestId: 'r', request });
      job = await manager.wait(submitted.name);
    },
  });
  const cancelJob = unary(async () => {
    const data = StageEvent.fromPartial({ run: { runId: 'run-1' }, stage: 'detector', jobName: 'jobs/d' });
    await bus.publish({ kind: 'completed', data });
    return { job: undefined };
  });
  const server = await startGrpcServer({
    services: [{ definition: JobsService, implementation: { ...createJobsHandlers(manager), cancelJob } }],
    telemetry,
  });
  open.push(() => server.stop(100));
  const client = connect(JobsService, server.address, { telemetry });
  open.push(() => Promise.resolve(client.close()));
  await runInSpan(telemetry.tracer, { name: 'ubt defend' }, () => client.cancelJob({ name: 'jobs/1' }));
  const record = await waitFor(() => job && manager.get(job.name).announced && manager.get(job.name));
  for (const close of open.reverse()) await close();
  await telemetry.flush();
  return record;
}
