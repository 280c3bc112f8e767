import { UbtError } from '@ubt/errors';
import type { ActionContext } from '../cli.js';
import { EXIT } from '../output/exit-code.js';
import { withRemoteSecurity, type RemoteFlags } from '../options/remote-options.js';
import { table } from '../output/table.js';
import { listJobs } from './list-jobs.js';
import { listRuns, removeRun, runFolder, stateNow } from './run-journal.js';

/** Flags of `ubt runs`. */
export interface RunsFlags extends RemoteFlags {
  readonly service?: string;
  readonly run?: string;
  readonly limit: number;
  readonly remove?: string;
}

/** Lists runs or jobs, or removes a run. @returns the exit code */
export async function runRuns(flags: RunsFlags, context: ActionContext): Promise<number> {
  if (flags.remove !== undefined) await remove(flags.remove, context);
  else if (flags.service !== undefined) await showJobs(flags.service, flags, context);
  else await showRuns(flags, context);
  return EXIT.ok;
}

async function showRuns({ run, limit }: RunsFlags, { config, output }: ActionContext): Promise<void> {
  const all = await listRuns(config.dataDir);
  const runs = all
    .filter(({ runId }) => run === undefined || runId === run)
    .slice(0, limit)
    .map((entry) => ({
      ...entry,
      state: stateNow(entry),
      log: runFolder(config.dataDir, entry.runId).log,
    }));
  const rows = runs.map(({ runId, command, state, verdict, outcome, out }) => [
    runId,
    ...[command, state, verdict ?? '–', outcome ?? '–', out],
  ]);
  const header = ['run', 'command', 'state', 'verdict', 'outcome', 'results'];
  const lines = rows.length === 0 ? [`No runs below ${config.dataDir}.`] : table([header, ...rows], false);
  output.result({ runs }, lines);
}

async function showJobs(
  address: string,
  flags: RunsFlags,
  { config, output, signal }: ActionContext,
): Promise<void> {
  const { run, limit } = flags;
  const jobs = await withRemoteSecurity(flags, config, (security) =>
    listJobs(address, { security, signal, limit, ...(run === undefined ? {} : { runId: run }) }),
  );
  const rows = jobs.map(({ name, stage, runId, state, attempt, created }) => [
    name,
    ...[stage, state, runId === '' ? '–' : runId, String(attempt), created ?? '–'],
  ]);
  const header = ['job', 'stage', 'state', 'run', 'attempt', 'created'];
  const lines = rows.length === 0 ? [`No jobs at ${address}.`] : table([header, ...rows], false);
  output.result({ jobs }, lines);
}

async function remove(runId: string, { config, output }: ActionContext): Promise<void> {
  const entry = (await listRuns(config.dataDir)).find((candidate) => candidate.runId === runId);
  if (entry === undefined) {
    throw new UbtError('not-found', `There is no run ${runId} below ${config.dataDir}.`, {
      code: 'RUN_NOT_FOUND',
      fix: 'See "ubt runs" for the runs there are.',
    });
  }
  if (stateNow(entry) === 'running') {
    throw new UbtError('failed-precondition', `The run ${runId} is still under way (process ${entry.pid}).`, {
      code: 'RUN_UNDER_WAY',
      fix: 'Stop it first, with Ctrl-C or by its process id.',
    });
  }
  await removeRun(config.dataDir, runId);
  output.result({ removed: runId }, [`Removed ${runId}; its results in ${entry.out} stay.`]);
}
