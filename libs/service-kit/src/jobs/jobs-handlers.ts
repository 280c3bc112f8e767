import type { JobsServer } from '@ubt/contracts';
import { serverStream, unary } from '../grpc/handlers.js';
import { jobMessage } from './job-message.js';
import type { JobManager } from './job-manager.js';

/** The handlers of `ubt.job.v1.Jobs` over a stage's job manager. */
export function createJobsHandlers(manager: JobManager): JobsServer {
  return {
    getJob: unary(({ name }) => ({ job: jobMessage(manager.get(name)) })),
    listJobs: unary((query) => {
      const { jobs, nextPageToken } = manager.list(query);
      return { jobs: jobs.map(jobMessage), nextPageToken };
    }),
    watchJob: serverStream(async function* ({ name, afterSequence }, { signal }) {
      for await (const job of manager.watch(name, Number(afterSequence), signal))
        yield { job: jobMessage(job) };
    }),
    cancelJob: unary(async ({ name }) => ({ job: jobMessage(await manager.cancel(name)) })),
  };
}
