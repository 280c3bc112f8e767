/**
 * Sums Jest's own results of every package.
 *
 * @param {{ name: string, results: object | undefined, notRun?: string[] }[]} packages `results` is Jest's JSON;
 *   undefined when the package's run wrote none; `notRun` is what the machine lacks the tools to test
 * @returns {{ passed: number, failed: number, skipped: number, lines: string[], notRun: string[], ok: boolean }}
 *   `ok` only when every package ran, nothing failed and no test was skipped
 */
export function summarise(packages) {
  const total = { passed: 0, failed: 0, skipped: 0, lines: [], notRun: [], ok: true };
  for (const { name, results, notRun = [] } of packages) {
    const counted = count(results);
    total.passed += counted.passed;
    total.failed += counted.failed;
    total.skipped += counted.skipped;
    total.lines.push(`  ${name.padEnd(20)} ${describe(counted)}`);
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

function describe({ passed, failed, skipped, missing }) {
  if (missing) return 'no results: its test run broke off';
  if (passed + failed + skipped === 0) return 'no tests';
  return [`${passed} passed`, failed > 0 && `${failed} failed`, skipped > 0 && `${skipped} skipped`]
    .filter(Boolean)
    .join(', ');
}
