import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { startEngine, type EngineOptions } from '../src/index.js';
import { FILES_WITHOUT_KERNELS } from './exclusions.js';
import { installJasmine, refusalOf } from './jasmine.js';

/** Tests by full name, and why they fail. */
export type Exclusion = readonly [tests: string | RegExp, reason: string];

/** How the suite runs on one backend. */
export interface SuiteOptions {
  readonly engine: EngineOptions & { readonly backend: string };
  /** Whether values can be read at once. */
  readonly isDataSync: boolean;
  /** Tests that fail there, each name or pattern of names with its reason. */
  readonly exclusions: readonly Exclusion[];
  /** Largest share of the tests in which the backend may refuse something by name. */
  readonly refusedShare: number;
}

const dist = join(import.meta.dirname, '../../../node_modules/@tensorflow/tfjs-core/dist');
const counts = { run: 0, refused: 0, excluded: 0 };
const refusals = new Map<string, number>();
const excluded = new Set<Exclusion>();

type TestBody = ((done?: unknown) => unknown) | undefined;

/** Puts the exclusions and the count of refusals between the suite and Jest. */
function interpose({ engine, exclusions }: SuiteOptions): void {
  const path: string[] = [];
  const environment = new RegExp(` ${engine.backend} \\{\\}$`);
  const jestDescribe = describe;
  const jestIt = it;
  Object.assign(globalThis, {
    describe: (name: string, body: () => void) => {
      path.push(name.replace(environment, ''));
      jestDescribe(name, body);
      path.pop();
    },
    it: (name: string, body: TestBody) => {
      const fullName = [...path, name].join(' ').replace(/\s+/g, ' ');
      const exclusion = exclusions.find(([tests]) => covers(tests, fullName));
      jestIt(name, (exclusion === undefined ? counted(body!) : failing(exclusion, body!)) as never);
    },
  });
}

function covers(tests: string | RegExp, fullName: string): boolean {
  return typeof tests === 'string' ? tests === fullName : tests.test(fullName);
}

function counted(body: NonNullable<TestBody>): TestBody {
  // A test with a callback has to keep its parameter, or Jest would not wait for it.
  if (body.length > 0) return body;
  return async () => {
    counts.run++;
    try {
      await body();
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === null) throw error;
      counts.refused++;
      refusals.set(refusal, (refusals.get(refusal) ?? 0) + 1);
    }
  };
}

/** An exclusion has to fail, or it is out of date. */
function failing(exclusion: Exclusion, body: NonNullable<TestBody>): TestBody {
  excluded.add(exclusion);
  return async () => {
    counts.excluded++;
    await expect((async () => body())()).rejects.toThrow();
  };
}

function testFiles(): string[] {
  const under = (folder: string): string[] =>
    readdirSync(join(dist, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file));
  const top = readdirSync(dist).filter((file) => !FILES_WITHOUT_KERNELS.test(file));
  return [...top, ...under('ops'), ...under('optimizers')].filter((file) => file.endsWith('_test.js')).sort();
}

/**
 * The suite of `@tensorflow/tfjs-core` on a backend. Every test of a kernel has to pass, except those that are
 * excluded, which have to fail, and those in which the backend refuses something by name; both are counted at
 * the end.
 */
export async function runSuite(options: SuiteOptions): Promise<void> {
  const { engine, isDataSync, exclusions, refusedShare } = options;
  installJasmine();
  await startEngine(engine);
  await import(join(dist, 'public/chained_ops/register_all_chained_ops.js'));
  const { setTestEnvs } = (await import(join(dist, 'jasmine_util.js'))) as {
    setTestEnvs: (environments: unknown[]) => void;
  };
  setTestEnvs([{ name: engine.backend, backendName: engine.backend, isDataSync }]);
  interpose(options);
  for (const file of testFiles()) await import(join(dist, file));

  describe('the suite', () => {
    afterAll(() => {
      const lines = [...refusals].sort((a, b) => b[1] - a[1]).map(([what, count]) => `${count} × ${what}`);
      process.stdout.write(
        `${counts.run} tests run, ${counts.refused} refused, ${counts.excluded} more excluded:\n${lines.join('\n')}\n`,
      );
    });

    it('is there as a whole', () => {
      expect(counts.run).toBeGreaterThan(3600);
    });

    it('refuses only a known share', () => {
      expect(counts.refused / counts.run).toBeLessThan(refusedShare);
    });

    it('has every test that is excluded', () => {
      expect(exclusions.filter((exclusion) => !excluded.has(exclusion))).toEqual([]);
    });
  });
}
