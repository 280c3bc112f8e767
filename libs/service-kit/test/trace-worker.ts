import { runWorker } from '../src/index.js';

/** Makes one span of its own and answers with the request. */
runWorker(async (request, { tracer }) => {
  await Promise.resolve();
  tracer.startSpan('domain step').end();
  return request;
});
