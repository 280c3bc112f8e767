import { DetectorService, JobsService, SelectorService, UnlearnerService } from '@ubt/contracts';

const SERVICES = [DetectorService, SelectorService, UnlearnerService, JobsService];

/** Full names of all methods there are to allow. */
export const METHODS: readonly string[] = SERVICES.flatMap((service) =>
  Object.values(service).map(({ path }) => path.slice(1)),
);

const READ = ['ubt.job.v1.Jobs/GetJob', 'ubt.job.v1.Jobs/ListJobs', 'ubt.job.v1.Jobs/WatchJob'];

/** The roles there are without being defined, and the methods each may call. */
export const ROLES: Readonly<Record<string, readonly string[]>> = {
  /** Everything. */
  operator: ['*'],
  /** Starts jobs and sees them; ends none. */
  submitter: [
    'ubt.detector.v1.Detector/Detect',
    'ubt.selector.v1.Selector/Select',
    'ubt.unlearner.v1.Unlearner/Unlearn',
    ...READ,
  ],
  /** Sees jobs. */
  reader: READ,
  /** Scores single pairs. */
  scorer: ['ubt.detector.v1.Detector/ScorePairs'],
};

/** Whether a pattern (`package.Service/Method`, `package.Service/*` or `*`) stands for a method. */
export function covers(pattern: string, method: string): boolean {
  if (pattern === '*' || pattern === method) return true;
  return pattern.endsWith('/*') && method.startsWith(pattern.slice(0, -1));
}
