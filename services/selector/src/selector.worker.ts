import { runWorker } from '@ubt/service-kit';
import { selectJob } from './select.job.js';

runWorker(selectJob);
