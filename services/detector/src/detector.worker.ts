import { runWorker } from '@ubt/service-kit';
import { detectJob } from './detect.job.js';

runWorker(detectJob);
