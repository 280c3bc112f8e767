import { describe, expect, it } from '@jest/globals';

// The bootstrap is plain JavaScript that runs before anything is installed, so it has no types.
const load = (name: string) =>
  import(new URL(`../../bootstrap/${name}.mjs`, import.meta.url).href) as Promise<Record<string, never>>;

type Lock = Record<string, { version?: string; optional?: boolean; link?: boolean }>;

const { isInstalled } = (await load('install-dependencies')) as unknown as {
  isInstalled(wanted: Lock, installed: Lock): boolean;
};
const { summarise } = (await load('test-results')) as unknown as {
  summarise(packages: { name: string; results: object | undefined; notRun?: string[] }[]): {
    ok: boolean;
    passed: number;
    failed: number;
    skipped: number;
    lines: string[];
    failures: string[];
    notRun: string[];
  };
};

describe('isInstalled', () => {
  const wanted = { '': {}, 'node_modules/a': { version: '1.0.0' }, 'libs/b': { version: '0.1.0' } };
  const installed = { 'node_modules/a': { version: '1.0.0' }, 'libs/b': { version: '0.1.0' } };

  it('is content with exactly what the lock file asks for', () => {
    expect(isInstalled(wanted, installed)).toBe(true);
  });

  it('notices a package that is missing or of another version', () => {
    expect(isInstalled({ ...wanted, 'node_modules/c': { version: '2.0.0' } }, installed)).toBe(false);
    expect(isInstalled({ ...wanted, 'node_modules/a': { version: '1.0.1' } }, installed)).toBe(false);
  });

  it('does not miss another platform’s binaries', () => {
    const other = { 'node_modules/c-win32': { version: '2.0.0', optional: true } };
    expect(isInstalled({ ...wanted, ...other }, installed)).toBe(true);
  });
});

describe('summarise', () => {
  const results = {
    ...{ numPassedTests: 3, numFailedTests: 0, numRuntimeErrorTestSuites: 0 },
    ...{ numPendingTests: 0, numTodoTests: 0 },
  };

  it('adds the packages up', () => {
    const packages = [
      { name: 'a', results },
      { name: 'b', results: { ...results, numPassedTests: 0 } },
    ];
    expect(summarise(packages)).toMatchObject({ ok: true, passed: 3, failed: 0, skipped: 0 });
    expect(summarise(packages).lines[1]).toContain('no tests');
  });

  it.each([
    ['a failed test', { ...results, numFailedTests: 1 }, 1],
    ['a file that could not be loaded', { ...results, numRuntimeErrorTestSuites: 1 }, 1],
    ['a skipped test', { ...results, numPendingTests: 1 }, 0],
    ['a test to be written', { ...results, numTodoTests: 1 }, 0],
    ['a run that broke off', undefined, 1],
  ])('is not content with %s', (_, odd, failed) => {
    const total = summarise([
      { name: 'a', results },
      { name: 'b', results: odd },
    ]);
    expect(total).toMatchObject({ ok: false, failed });
  });

  it('names each failed test, and each file that could not be loaded, with what it said', () => {
    const test = (status: string, fullName: string) => ({
      status,
      fullName,
      failureMessages: [`\x1b[31m${fullName}?\x1b[0m`],
    });
    const testResults = [
      {
        name: 'x.spec.ts',
        status: 'failed',
        assertionResults: [test('passed', 'sums'), test('failed', 'rounds')],
      },
      { name: 'y.spec.ts', status: 'failed', message: 'no such module', assertionResults: [] },
      { name: 'z.spec.ts', status: 'passed', message: '', assertionResults: [test('passed', 'divides')] },
    ];
    const odd = { ...results, numFailedTests: 1, numRuntimeErrorTestSuites: 1, testResults };
    const { failures } = summarise([{ name: 'a', results: odd }]);
    expect(failures).toEqual([
      'a: x.spec.ts: rounds\n    rounds?',
      'a: y.spec.ts: could not be run\n    no such module',
    ]);
  });

  it('tells what a machine lacked the tools for, which fails nothing', () => {
    const total = summarise([
      { name: 'a', results, notRun: ['the client in Go: there is no go'] },
      { name: 'b', results },
    ]);
    expect(total).toMatchObject({ ok: true, notRun: ['a: the client in Go: there is no go'] });
  });

  it('is not content when nothing ran', () => {
    expect(summarise([])).toMatchObject({ ok: false, passed: 0 });
  });
});
