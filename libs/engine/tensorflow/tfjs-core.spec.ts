import { EXCLUSIONS } from './exclusions.js';
import { runSuite } from '../conformance/run-suite.js';

await runSuite({
  engine: { backend: 'tensorflow', threads: 1 },
  isDataSync: true,
  exclusions: EXCLUSIONS,
  refusedShare: 0.05,
});
