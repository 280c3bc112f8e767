import type { Attributes, Meter } from '@opentelemetry/api';

/** What a service measures. Attributes have few values: never a run, a job or a file name. */
export interface ServiceMetrics {
  /** Duration of a call that was answered, in seconds. */
  rpcServerCall(seconds: number, attributes: RpcLabels): void;
  /** Duration of a call as its caller saw it, in seconds. */
  rpcClientCall(seconds: number, attributes: RpcLabels): void;
  /** A job ended: outcome is the state in lower case; seconds from its first worker to its end. */
  jobEnded(stage: string, outcome: string, seconds: number): void;
  /** Time a job waited for a worker, in seconds. */
  jobWaited(stage: string, seconds: number): void;
  /** A worker process ended without an answer. */
  workerDied(stage: string): void;
  /** An event was worked on: outcome is ack, retry or dead-letter; seconds the handler took. */
  eventProcessed(consumer: string, outcome: string, seconds: number): void;
}

/** Labels of the rpc histograms; names as in OpenTelemetry's RPC conventions. */
export interface RpcLabels extends Attributes {
  'rpc.system.name': 'grpc';
  'rpc.method': string;
  'rpc.response.status_code': string;
}

/** Creates the instruments on a meter. */
export function createServiceMetrics(meter: Meter): ServiceMetrics {
  const seconds = { unit: 's' };
  const serverCall = meter.createHistogram('rpc.server.call.duration', seconds);
  const clientCall = meter.createHistogram('rpc.client.call.duration', seconds);
  const jobs = meter.createCounter('ubt.jobs', { description: 'Jobs that ended, by stage and outcome' });
  const jobDuration = meter.createHistogram('ubt.job.duration', seconds);
  const queueWait = meter.createHistogram('ubt.job.queue.duration', seconds);
  const deaths = meter.createCounter('ubt.job.worker.deaths');
  const processed = meter.createHistogram('messaging.process.duration', seconds);
  return {
    rpcServerCall: (value, attributes) => serverCall.record(value, attributes),
    rpcClientCall: (value, attributes) => clientCall.record(value, attributes),
    jobEnded: (stage, outcome, value) => {
      jobs.add(1, { stage, outcome });
      jobDuration.record(value, { stage, outcome });
    },
    jobWaited: (stage, value) => queueWait.record(value, { stage }),
    workerDied: (stage) => deaths.add(1, { stage }),
    eventProcessed: (consumer, outcome, value) =>
      processed.record(value, {
        'messaging.system': 'nats',
        'messaging.consumer.group.name': consumer,
        outcome,
      }),
  };
}
