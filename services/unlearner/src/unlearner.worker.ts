import { runWorker } from '@ubt/service-kit';
import { unlearnJob } from './unlearn.job.js';

runWorker(unlearnJob);
