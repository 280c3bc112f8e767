export { fuzz, type FuzzResult } from './fuzz/fuzz.js';
export { jsonMutants } from './fuzz/json-mutants.js';
export { mutants } from './fuzz/mutants.js';
export {
  certificateAuthority,
  writeCertificate,
  type CertificateAuthority,
  type CertificateNames,
  type IssuedCertificate,
} from './certificate-authority.js';
export { freePort } from './free-port.js';
export { startNatsServer, type NatsServer, type NatsServerOptions } from './nats-server.js';
export { noteNotRun } from './note-not-run.js';
export { startS3Server, type S3Server } from './s3-server.js';
export { temporaryDirectory, type TemporaryDirectory } from './temporary-directory.js';
export { typescriptExecArgv } from './typescript-exec-argv.js';
export { waitFor, type WaitOptions } from './wait-for.js';
export {
  drawTinyImage,
  plantTinyTrigger,
  TINY_CLASSES,
  TINY_SIDE,
  TINY_TRIGGER,
} from './tiny-data/draw-tiny-image.js';
export { encodePng } from './tiny-data/encode-png.js';
export { randomNumbers } from './tiny-data/random-numbers.js';
export { TINY_MODELS } from './tiny-data/tiny-models.js';
export { writeTinyData, type TinyData, type TinyDataOptions } from './tiny-data/write-tiny-data.js';
export { startServiceProcess, type ServiceProcess, type ServiceProcessOptions } from './service-process.js';
export { HealthService, ReflectionService } from './health-service.js';
export { writeTar } from './write-tar.js';
export { writeTinyShards } from './tiny-data/write-tiny-shards.js';
