import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { parse } from 'yaml';
import { checkManifest } from './check-manifest.js';
import { DEPLOY, readManifests } from './manifests.js';
import { runHelpOf } from './run-help-of.js';

// The command line takes its time to start on a busy machine.
jest.setTimeout(120_000);

const FOLDER = join(DEPLOY, 'pipelines');
const FILES = [
  'argo-workflow.yaml',
  'kserve-promotion-job.yaml',
  'github-actions-gate.yaml',
  'kubeflow_gate.py',
];

describe('the pipeline examples', () => {
  it.each(['argo-workflow.yaml', 'kserve-promotion-job.yaml'])(
    '%s is what its schema knows',
    async (name) => {
      const manifests = await readManifests(join(FOLDER, name));
      expect(manifests).toHaveLength(1);
      expect(await checkManifest(manifests[0]!)).toEqual([]);
    },
  );

  it('the GitHub Actions gate fails with the command, and keeps the report all the same', async () => {
    const gate = parse(await readFile(join(FOLDER, 'github-actions-gate.yaml'), 'utf8')) as {
      jobs: { defend: { steps: { name: string; run?: string; if?: string }[] } };
    };
    const [defend, keep] = gate.jobs.defend.steps;
    // What a caller types in reaches the shell by variables, never as program text.
    expect(defend!.run).toMatch(/ubt\.mjs defend --model "\$MODEL" --pairs "\$PAIRS"/);
    expect(defend!.run).not.toMatch(/\$\{\{|\|\| true/);
    expect(keep!.if).toBe('always()');
  });

  it('use flags that the command line has', async () => {
    const help = await runHelpOf('defend');
    for (const name of FILES) {
      const text = await readFile(join(FOLDER, name), 'utf8');
      const flags = [...text.matchAll(/(?<![\w-])--([a-z]+)\b/g)]
        .map(([flag]) => flag)
        .filter((flag) => flag !== '--for' && flag !== '--timeout');
      expect({ name, some: flags.length > 3 }).toEqual({ name, some: true });
      for (const flag of flags)
        expect({ name, flag, known: help.includes(`${flag} `) || help.includes(`${flag}\n`) }).toEqual({
          name,
          flag,
          known: true,
        });
    }
  });
});
