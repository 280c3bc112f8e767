#!/usr/bin/env node
import { UbtError } from '@ubt/errors';
import { ENGINE_USAGE, parseEngineOptions } from './engine-options.js';
import { renderEngineTables } from './engine-table.js';
import { measureCase, type CaseResult, type MissingSides } from './measure-case.js';

const interruption = new AbortController();
process.once('SIGINT', () => interruption.abort());

try {
  const options = parseEngineOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(ENGINE_USAGE);
  else {
    const missing: MissingSides = new Map();
    const results: CaseResult[] = [];
    const progress = (line: string): void => void process.stderr.write(`${line}\n`);
    for (const given of options.cases) {
      results.push(await measureCase(given, missing, { ...options, progress, signal: interruption.signal }));
    }
    process.stdout.write(renderEngineTables(results, missing, options.clock));
  }
} catch (thrown) {
  const { message, code, fix } = UbtError.from(thrown);
  process.exitCode = 1;
  process.stderr.write(`error: ${message} [${code}]\n${fix === undefined ? '' : `  fix: ${fix}\n`}`);
}
