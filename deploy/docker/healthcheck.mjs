// Asks this container's service for its health, by gRPC, and exits 0 when it serves.
import { Client, credentials } from '@grpc/grpc-js';

const SERVING = 1;
const port = process.env.UBT_HEALTH_PORT || process.env.UBT_PORT || '50051';
const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
const nothing = () => Buffer.alloc(0);

client.makeUnaryRequest(
  '/grpc.health.v1.Health/Check',
  nothing,
  // The answer is one field, `status`, number 1: its tag and its value.
  (bytes) => bytes[1],
  {},
  { deadline: Date.now() + 3_000 },
  (error, status) => {
    if (error) console.error(error.message);
    process.exit(error || status !== SERVING ? 1 : 0);
  },
);
