import { cpus, totalmem } from 'node:os';
import type { Resumption } from './checks/resumption.js';
import { isSound, type SoakRun } from './run-soak.js';

/** A soak as it is kept. */
export interface SoakReport {
  readonly schemaVersion: 1;
  readonly command: string;
  readonly seed: number;
  readonly pairs: number;
  readonly commit: string;
  readonly date: string;
  readonly machine: string;
  readonly runs: readonly SoakRun[];
}

/** The machine in words. */
export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  return `${model}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, node ${process.versions.node}`;
}

/** A soak as Markdown: what was struck, what became of it, what was saved by resuming. */
export function renderSoak(report: SoakReport): string {
  const { runs } = report;
  const disturbed = runs.filter(({ fault }) => fault !== 'none');
  const missed = disturbed.filter(({ strike }) => !strike.hit).length;
  const broken = runs.filter(({ violations }) => violations.length > 0);
  return [
    `${disturbed.length} disturbed runs (seed ${report.seed}, ${report.pairs} pairs), ${missed} of them missed by their fault, ` +
      `and ${runs.length - disturbed.length} undisturbed: ${count(runs, 'completed')} completed, ` +
      `${count(runs, 'failed')} failed; ${isSound(runs) ? 'everything held' : `${broken.length} broke a rule`}.`,
    `${report.date.slice(0, 10)}, commit ${report.commit.slice(0, 12)}; ${report.machine}.`,
    '',
    '| fault | struck | missed | completed | failed with a reason | workers used, most | broke a rule |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...[...new Set(runs.map(({ fault }) => fault))].sort().map((fault) => faultRow(fault, runs)),
    '',
    ...resumptionTable(runs),
    ...broken.flatMap(({ runId, fault, strike, violations }) => [
      `- ${runId} (${fault}, ${strike.note}):`,
      ...violations.map((violation) => `  - ${violation}`),
    ]),
  ].join('\n');
}

const count = (runs: readonly SoakRun[], outcome: SoakRun['outcome']): number =>
  runs.filter((run) => run.outcome === outcome).length;

function faultRow(fault: string, all: readonly SoakRun[]): string {
  const runs = all.filter((run) => run.fault === fault);
  const reasons = [...new Set(runs.flatMap(({ reason }) => reason ?? []))].join(', ');
  const failed = count(runs, 'failed');
  const cells = [
    fault,
    runs.filter(({ strike }) => strike.hit).length,
    runs.filter(({ strike }) => !strike.hit).length,
    count(runs, 'completed'),
    failed === 0 ? 0 : `${failed} (${reasons})`,
    Math.max(...runs.flatMap(({ attempts }) => Object.values(attempts)), 0),
    runs.filter(({ violations }) => violations.length > 0).length,
  ];
  return `| ${cells.join(' | ')} |`;
}

/** What attempts took over from those that had died in the same phase. */
function resumptionTable(runs: readonly SoakRun[]): string[] {
  const rows = runs.flatMap((run) =>
    Object.entries(run.resumed).flatMap(([stage, list]) =>
      list.filter(({ safe }) => safe !== undefined).map((one) => resumptionRow(run, stage, one)),
    ),
  );
  if (rows.length === 0) return [];
  return [
    'What did not have to be done again, where an attempt died after a checkpoint:',
    '',
    '| run | stage | phase | done when it died | safe | went on at | of |',
    '| --- | --- | --- | ---: | ---: | ---: | ---: |',
    ...rows,
    '',
  ];
}

function resumptionRow(run: SoakRun, stage: string, resumed: Resumption): string {
  const { phase, doneBefore, safe, resumedAt, total, unit } = resumed;
  const where = resumedAt === undefined ? 'a later phase' : `${resumedAt}`;
  return `| ${run.runId} | ${stage} | ${phase} | ${doneBefore} | ${safe} | ${where} | ${total} ${unit} |`;
}
