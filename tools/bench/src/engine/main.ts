#!/usr/bin/env node
import { runCommand } from '../run-command.js';
import { ENGINE_USAGE, parseEngineOptions } from './engine-options.js';
import { renderEngineTables } from './engine-table.js';
import { measureCase, type CaseResult, type MissingSides } from './measure-case.js';

const interruption = new AbortController();
process.once('SIGINT', () => interruption.abort());

await runCommand(async (args, { progress, result, signal }) => {
  const options = parseEngineOptions(args);
  if (options.help) return result(ENGINE_USAGE);
  const missing: MissingSides = new Map();
  const results: CaseResult[] = [];
  for (const given of options.cases) {
    results.push(await measureCase(given, missing, { ...options, progress, signal }));
  }
  result(renderEngineTables(results, missing, options.clock));
}, interruption);
