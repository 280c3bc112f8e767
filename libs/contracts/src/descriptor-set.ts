import { fileURLToPath } from 'node:url';

/** Path of the compiled contract (a FileDescriptorSet), which gRPC server reflection serves. */
export const descriptorSetPath = fileURLToPath(new URL('../descriptors/ubt.binpb', import.meta.url));
