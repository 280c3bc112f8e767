/** Answers of a health check, by number. */
const STATUS = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const;

/**
 * `grpc.health.v1.Health/Check` as a service definition: a service's name in, its status out. For a client made
 * from definitions; services have theirs from grpc-health-check.
 */
export const HealthService = {
  check: {
    path: '/grpc.health.v1.Health/Check',
    requestStream: false,
    responseStream: false,
    requestSerialize: (name: string) => Buffer.concat([Buffer.from([0x0a, name.length]), Buffer.from(name)]),
    requestDeserialize: (bytes: Buffer) => bytes.toString('utf8', 2),
    responseSerialize: (status: (typeof STATUS)[number]) => Buffer.from([0x08, STATUS.indexOf(status)]),
    responseDeserialize: (bytes: Buffer) => STATUS[bytes[1] ?? 0] ?? 'UNKNOWN',
  },
} as const;

/** `grpc.reflection.v1.ServerReflection` as far as tests need it: asks for the services, gets the raw answer. */
export const ReflectionService = {
  listServices: {
    path: '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
    requestStream: true,
    responseStream: true,
    requestSerialize: (text: string) => Buffer.concat([Buffer.from([0x3a, text.length]), Buffer.from(text)]),
    requestDeserialize: (bytes: Buffer) => bytes.toString('utf8', 2),
    responseSerialize: (text: string) => Buffer.from(text),
    responseDeserialize: (bytes: Buffer) => bytes.toString('latin1'),
  },
} as const;
