import { EXCLUSIONS } from './exclusions.js';
import { runSuite } from './run-suite.js';

await runSuite({
  engine: { backend: 'onnxruntime', threads: 1 },
  isDataSync: false,
  exclusions: Object.entries(EXCLUSIONS),
  refusedShare: 0.14,
});
