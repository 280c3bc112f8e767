#!/usr/bin/env node
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UbtError } from '@ubt/errors';
import { isSound, runSoak, type SoakRun } from './run-soak.js';
import { parseSoakOptions, SOAK_USAGE, type SoakOptions } from './soak-options.js';
import { describeMachine, renderSoak, type SoakReport } from './soak-report.js';

const interruption = new AbortController();
process.once('SIGINT', () => interruption.abort());

try {
  const args = process.argv.slice(2);
  const options = parseSoakOptions(args);
  if (options.help) process.stdout.write(SOAK_USAGE);
  else process.exitCode = (await soak(options, args)) ? 0 : 1;
} catch (thrown) {
  const { message, code, fix } = UbtError.from(thrown);
  process.exitCode = 1;
  process.stderr.write(`error: ${message} [${code}]\n${fix === undefined ? '' : `  fix: ${fix}\n`}`);
}

async function soak(options: SoakOptions, args: readonly string[]): Promise<boolean> {
  const reportOf = (runs: readonly SoakRun[]): SoakReport => ({
    schemaVersion: 1,
    command: ['npm run test:soak --', ...args].join(' '),
    ...{ seed: options.seed, pairs: options.pairs, runs },
    commit: execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).trim(),
    date: new Date().toISOString(),
    machine: describeMachine(),
  });
  const soFar: SoakRun[] = [];
  const runs = await runSoak({
    ...options,
    progress: (line) => void process.stderr.write(`${line}\n`),
    signal: interruption.signal,
    // A long soak that is cut off has said what it had found.
    onRun: async (run, logs) => {
      soFar.push(run);
      for (const [stage, log] of Object.entries(logs ?? {})) await writeLog(options.out, run, stage, log);
      await writeReport(options.out, reportOf(soFar));
    },
  });
  const report = reportOf(runs);
  await writeReport(options.out, report);
  process.stdout.write(`${renderSoak(report)}\n`);
  return isSound(runs);
}

/** What the services had logged when a rule was broken. */
async function writeLog(out: string | undefined, { runId }: SoakRun, stage: string, log: string) {
  if (out === undefined) return;
  await mkdir(dirname(out), { recursive: true });
  await writeFile(`${out}.${runId}.${stage}.log`, log);
}

async function writeReport(out: string | undefined, report: SoakReport): Promise<void> {
  if (out === undefined) return;
  await mkdir(dirname(out), { recursive: true });
  await writeFile(`${out}.json`, `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(`${out}.md`, `${renderSoak(report)}\n`);
}
