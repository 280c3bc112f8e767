import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { atomicWriteFile } from '@ubt/data';
import type { BenchContext } from '../defence/bench-context.js';
import { openCellStore } from '../defence/cell-store.js';
import { productDigests } from '../defence/product-digest.js';
import { describeRun } from '../results/describe-run.js';
import type { BenchIo } from '../run-command.js';
import { workspace } from '../workspace.js';
import type { CaseResult, QuestionResults } from './case-result.js';
import type { Question } from './question.js';
import type { QuestionsOptions } from './questions-options.js';
import { renderQuestion } from './render-question.js';
import { runCase } from './run-case.js';
import { updateQuestionsPage } from './update-questions-page.js';

/**
 * Runs the questions, or what is missing of them. A question over all seeds and data replaces its committed result
 * and its table in `docs/questions.md`; any other prints its table.
 */
export async function runQuestions(
  options: QuestionsOptions,
  args: readonly string[],
  { progress, result, signal }: BenchIo,
): Promise<readonly QuestionResults[]> {
  const product = await productDigests();
  const store = openCellStore(options.bench.cacheDir);
  const context: BenchContext = { options: options.bench, store, product, signal, note: progress };
  if (options.list) {
    for (const question of options.questions) result(await describeQuestion(context, options, question));
    return [];
  }
  const all: QuestionResults[] = [];
  for (const question of options.questions) {
    const cases = await runCases(context, question.cases(options), question.name, progress);
    const { threads } = options.bench;
    const results: QuestionResults = {
      ...{ schemaVersion: 1, question: question.name, cases },
      ...(await describeRun({ bench: 'questions', args, product: product.defence, threads })),
    };
    all.push(results);
    await keepResults(results, question, options, result);
  }
  return all;
}

async function runCases(
  context: BenchContext,
  cases: ReturnType<Question['cases']>,
  name: string,
  progress: BenchIo['progress'],
): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const [index, one] of cases.entries()) {
    context.signal.throwIfAborted();
    const heading = `[${index + 1}/${cases.length}] ${name} · seed ${one.scenario.seed} · ${one.label}`;
    const started = performance.now();
    results.push(await runCase({ ...context, note: (line) => progress(`${heading} … ${line}`) }, one));
    progress(`${heading}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  }
  return results;
}

async function describeQuestion(
  context: BenchContext,
  options: QuestionsOptions,
  question: Question,
): Promise<string> {
  const cases = question.cases(options);
  const models = new Set(
    cases.map(({ scenario, setting }) => JSON.stringify([scenario.seed, scenario.attack?.name, setting])),
  );
  const estimate = await question.estimate?.(context, options);
  const cost = `${models.size} models, ${cases.length} defences`;
  return `${question.name}: ${question.title}. ${cost}${estimate === undefined ? '' : `; ${estimate}`}.\n`;
}

async function keepResults(
  results: QuestionResults,
  question: Question,
  options: QuestionsOptions,
  print: BenchIo['result'],
): Promise<void> {
  const complete = options.isComplete(question);
  const folder = complete ? join(workspace, 'tools/bench/results') : join(options.bench.cacheDir, 'results');
  await mkdir(folder, { recursive: true });
  const json = `${JSON.stringify(results, undefined, 2)}\n`;
  await atomicWriteFile(join(folder, `questions-${question.name}.json`), json);
  if (!complete) {
    print(`${renderQuestion(question, results)}\n`);
    return;
  }
  await updateQuestionsPage(join(workspace, 'docs/questions.md'), folder);
  print(`Written: tools/bench/results/questions-${question.name}.json and docs/questions.md\n`);
}
