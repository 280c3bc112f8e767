import { z } from 'zod';
import { flagField, integerField, listField } from '../config/fields.js';
import { securityConfigFields } from '../security/security-config.js';

/** Configuration that every stage's service has; a service adds its own fields to it. */
export const stageConfigFields = {
  host: z
    .string()
    .default('127.0.0.1')
    .meta({ env: 'UBT_HOST', description: 'Address to listen on; 0.0.0.0 in a container' }),
  dataDir: z
    .string()
    .default('.ubt')
    .meta({ env: 'UBT_DATA_DIR', description: 'Folder for job records, work files and artefacts' }),
  workDir: z.string().optional().meta({
    env: 'UBT_WORK_DIR',
    description: 'Folder for job records and work files; the data folder unless told. One process uses one',
    allowed: 'a path',
  }),
  artifactRoots: listField(['.']).meta({
    env: 'UBT_ARTIFACT_ROOTS',
    description: 'Folders and s3:// prefixes that artefacts may be read from, besides where they are written',
  }),
  artifactStore: z
    .string()
    .regex(/^s3:\/\/[^/]/i, 'not an s3:// URI')
    .optional()
    .meta({
      env: 'UBT_ARTIFACT_STORE',
      description: 'Where artefacts are written; the data folder unless told',
      allowed: 's3://bucket/prefix',
    }),
  s3Endpoint: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta({ env: 'UBT_S3_ENDPOINT', description: 'Another S3 server than AWS' }),
  s3Region: z.string().optional().meta({
    env: 'UBT_S3_REGION',
    description: 'Region of the buckets; as the AWS SDK finds it unless told',
  }),
  s3PathStyle: z.stringbool().optional().meta({
    env: 'UBT_S3_PATH_STYLE',
    description: 'Bucket in the path of the URL; true at an endpoint of one’s own unless told',
    allowed: 'true | false',
  }),
  concurrency: integerField(1, 64, 1).meta({ env: 'UBT_CONCURRENCY', description: 'Jobs that run at once' }),
  natsUrl: z
    .url({ protocol: /^(nats|tls|wss?)$/ })
    .optional()
    .meta({ env: 'UBT_NATS_URL', description: 'NATS server; without it events stay inside the process' }),
  backend: z
    .enum(['onnxruntime', 'tensorflow'])
    .default('onnxruntime')
    .meta({ env: 'UBT_BACKEND', description: 'What runs the tensor programs' }),
  device: z
    .enum(['cpu', 'cuda', 'webgpu'])
    .default('cpu')
    .meta({ env: 'UBT_DEVICE', description: 'Where they run; refused when it is not there' }),
  threads: integerField(0, 256, 0).meta({
    env: 'UBT_THREADS',
    description: 'Threads of the backend; 0 means one per core',
  }),
  reflection: flagField(true).meta({ env: 'UBT_REFLECTION', description: 'Serve gRPC reflection' }),
  logLevel: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .meta({ env: 'UBT_LOG_LEVEL', description: 'Least severe log lines to write' }),
  otlpEndpoint: z
    .url()
    .optional()
    .meta({ env: 'UBT_OTLP_ENDPOINT', description: 'OTLP/HTTP collector for traces and metrics' }),
  spansFile: z
    .string()
    .optional()
    .meta({ env: 'UBT_SPANS_FILE', description: 'File for one JSON span per line, instead of a collector' }),
  jobTimeLimitSeconds: integerField(0, 7 * 24 * 3600, 0).meta({
    env: 'UBT_JOB_TIME_LIMIT_SECONDS',
    description: 'Longest a job may run; 0 means without limit',
  }),
  shutdownGraceSeconds: integerField(0, 3600, 10).meta({
    env: 'UBT_SHUTDOWN_GRACE_SECONDS',
    description: 'Time that open calls and running jobs get at shutdown',
  }),
  ...securityConfigFields,
  idleExitSeconds: integerField(0, 3600, 0).meta({
    env: 'UBT_IDLE_EXIT_SECONDS',
    description: 'Time without a job after which the service ends by itself; 0 means never',
  }),
} as const;

/** {@link stageConfigFields} as read. */
export type StageConfig = z.infer<z.ZodObject<typeof stageConfigFields>>;

/** How a stage's worker starts the engine. */
export function engineOptions({
  backend,
  device,
  threads,
}: Pick<StageConfig, 'backend' | 'device' | 'threads'>) {
  return { backend, device, ...(threads === 0 ? {} : { threads }) };
}
