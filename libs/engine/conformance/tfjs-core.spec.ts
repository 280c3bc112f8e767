import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { startEngine } from '../src/index.js';
import { EXCLUSIONS, FILES_WITHOUT_KERNELS } from './exclusions.js';
import { installJasmine, refusalOf } from './jasmine.js';

/**
 * The suite of `@tensorflow/tfjs-core` on the onnxruntime backend. Every test of a kernel has to pass, except
 * those in EXCLUSIONS and those in which the backend refuses something by name; both are counted at the end.
 */
const dist = join(import.meta.dirname, '../../../node_modules/@tensorflow/tfjs-core/dist');
const counts = { run: 0, refused: 0 };
const refusals = new Map<string, number>();
const excluded = new Set<string>();

type TestBody = ((done?: unknown) => unknown) | undefined;

/** Puts the exclusions and the count of refusals between the suite and Jest. */
function interpose(): void {
  const path: string[] = [];
  const jestDescribe = describe;
  const jestIt = it;
  Object.assign(globalThis, {
    describe: (name: string, body: () => void) => {
      path.push(name.replace(/ onnxruntime \{\}$/, ''));
      jestDescribe(name, body);
      path.pop();
    },
    it: (name: string, body: TestBody) => {
      const fullName = [...path, name].join(' ').replace(/\s+/g, ' ');
      const reason = EXCLUSIONS[fullName];
      jestIt(name, (reason === undefined ? counted(body!) : failing(fullName, body!)) as never);
    },
  });
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
function failing(fullName: string, body: NonNullable<TestBody>): TestBody {
  excluded.add(fullName);
  return async () => {
    await expect((async () => body())()).rejects.toThrow();
  };
}

function testFiles(): string[] {
  const under = (folder: string): string[] =>
    readdirSync(join(dist, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file));
  const top = readdirSync(dist).filter((file) => !FILES_WITHOUT_KERNELS.test(file));
  return [...top, ...under('ops'), ...under('optimizers')].filter((file) => file.endsWith('_test.js')).sort();
}

installJasmine();
await startEngine({ threads: 1 });
await import(join(dist, 'public/chained_ops/register_all_chained_ops.js'));
const { setTestEnvs } = (await import(join(dist, 'jasmine_util.js'))) as {
  setTestEnvs: (environments: unknown[]) => void;
};
setTestEnvs([{ name: 'onnxruntime', backendName: 'onnxruntime', isDataSync: false }]);
interpose();
for (const file of testFiles()) await import(join(dist, file));

describe('the suite', () => {
  afterAll(() => {
    const lines = [...refusals].sort((a, b) => b[1] - a[1]).map(([what, count]) => `${count} × ${what}`);
    process.stdout.write(`${counts.run} tests run, ${counts.refused} refused:\n${lines.join('\n')}\n`);
  });

  it('is there as a whole', () => {
    expect(counts.run).toBeGreaterThan(3600);
  });

  it('refuses only a known share', () => {
    expect(counts.refused / counts.run).toBeLessThan(0.14);
  });

  it('has every test that is excluded', () => {
    expect([...excluded].sort()).toEqual(Object.keys(EXCLUSIONS).sort());
  });
});
