import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** Enough of a failure to see what was expected; the whole of it is where the package's tests printed it. */
const FAILURE_LINES = 20;

/**
 * Sums Jest's own results of every package.
 *
 * @param {{ name: string, results: object | undefined, notRun?: string[] }[]} packages `results` is Jest's JSON;
 *   undefined when the package's run wrote none; `notRun` is what the machine lacks the tools to test
 * @returns {{ passed: number, failed: number, skipped: number, lines: string[], failures: string[], notRun: string[],
 *   ok: boolean }} `failures` names each failed test with what it said; `ok` only when every package ran, nothing
 *   failed and no test was skipped
 */
export function summarise(packages) {
  const total = { passed: 0, failed: 0, skipped: 0, lines: [], failures: [], notRun: [], ok: true };
  for (const { name, results, notRun = [] } of packages) {
    const counted = count(results);
    total.passed += counted.passed;
    total.failed += counted.failed;
    total.skipped += counted.skipped;
    total.lines.push(`  ${name.padEnd(20)} ${describe(counted)}`);
    total.failures.push(...failuresOf(results).map((failure) => `${name}: ${failure}`));
    total.notRun.push(...notRun.map((line) => `${name}: ${line}`));
  }
  total.ok = total.failed === 0 && total.skipped === 0 && total.passed > 0;
  return total;
}

/** A file that could not even be loaded, and a run that left no results, count as one failure each. */
function count(results) {
  if (results === undefined) return { passed: 0, failed: 1, skipped: 0, missing: true };
  return {
    passed: results.numPassedTests,
    failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
    skipped: results.numPendingTests + results.numTodoTests,
  };
}

function failuresOf(results) {
  const files = results?.testResults ?? [];
  return files.filter(({ status }) => status === 'failed').flatMap(failuresOfFile);
}

/** A file that could not be loaded has a message and no failed test. */
function failuresOfFile({ name, message, assertionResults }) {
  const failed = assertionResults.filter(({ status }) => status === 'failed');
  const said = failed.map(
    ({ fullName, failureMessages }) => `${fullName}\n${excerpt(failureMessages.join('\n'))}`,
  );
  return (said.length > 0 ? said : [`could not be run\n${excerpt(message)}`]).map(
    (text) => `${relative('.', name)}: ${text}`,
  );
}

function excerpt(message) {
  const lines = stripVTControlCharacters(message).split('\n');
  return lines
    .slice(0, FAILURE_LINES)
    .map((line) => `    ${line}`.trimEnd())
    .join('\n');
}

function describe({ passed, failed, skipped, missing }) {
  if (missing) return 'no results: its test run broke off';
  if (passed + failed + skipped === 0) return 'no tests';
  return [`${passed} passed`, failed > 0 && `${failed} failed`, skipped > 0 && `${skipped} skipped`]
    .filter(Boolean)
    .join(', ');
}
