import { execFileSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { validate } from 'dockerfile-utils';
import { readDockerfile, type Dockerfile } from '../dockerfile.mjs';
import { DEPLOY } from './manifests.js';

const files = new Map<string, Dockerfile>();
const tracked = new Set(
  execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
    cwd: join(DEPLOY, '..'),
    encoding: 'utf8',
    maxBuffer: 16 * 1024 * 1024,
  }).split('\n'),
);
beforeAll(async () => {
  for (const name of await readdir(join(DEPLOY, 'docker'))) {
    if (name.endsWith('Dockerfile')) files.set(name, await readDockerfile(join(DEPLOY, 'docker', name)));
  }
});
const isThere = (path: string) =>
  tracked.has(path) || [...tracked].some((file) => file.startsWith(`${path.replace(/\/$/, '')}/`));
const steps = (keyword: string) =>
  [...files.values()].flatMap(({ stages }) =>
    stages.flatMap(({ instructions }) => instructions.filter((step) => step.keyword === keyword)),
  );

describe('the Dockerfiles', () => {
  it('are two, and have nothing that a linter minds', () => {
    expect([...files.keys()]).toEqual(['stages.Dockerfile', 'unlearner.Dockerfile']);
    for (const { text } of files.values()) expect(validate(text)).toEqual([]);
    // The linter sees something.
    expect(validate('FROM a\nCOYP a b\n')).not.toEqual([]);
  });

  it('are read with the values that a build gives', async () => {
    const file = join(DEPLOY, 'docker/unlearner.Dockerfile');
    const provides = async (buildArgs?: Record<string, string>) => {
      const { args, stages } = await readDockerfile(file, buildArgs);
      expect(args).toEqual(['NODE_IMAGE', 'TENSORFLOW_DEVICE']);
      const steps = stages.flatMap(({ instructions }) => instructions.map(({ text }) => text));
      return steps.filter((text) => text.includes('tools/tensorflow/main.mjs'));
    };
    expect(await provides()).toEqual([expect.stringMatching(/--device cuda$/)]);
    expect(await provides({ TENSORFLOW_DEVICE: 'cpu' })).toEqual([expect.stringMatching(/--device cpu$/)]);
  });

  it('copy only what is there', () => {
    const sources = steps('COPY').filter(({ from }) => from === undefined);
    expect(sources.length).toBeGreaterThan(5);
    const missing = sources.flatMap(({ words }) => words.slice(0, -1).filter((path) => !isThere(path)));
    expect(missing).toEqual([]);
    const stages = [...files.values()].flatMap((file) => file.stages.map(({ name }) => name));
    for (const { from } of steps('COPY')) expect([...stages, undefined]).toContain(from);
    expect(steps('ADD')).toEqual([]);
  });

  it('start from images pinned to a version', () => {
    for (const { stages } of files.values()) {
      const earlier: string[] = [];
      for (const { name, from } of stages) {
        expect(
          earlier.includes(from) || /^node:\d+\.\d+\.\d+-\w+-slim(@sha256:[0-9a-f]{64})?$/.test(from),
        ).toBe(true);
        earlier.push(name);
      }
    }
  });

  it('install by npm ci only, and leave development dependencies behind', () => {
    const commands = steps('RUN').flatMap(({ text }) => text.split(/&&|;/).map((command) => command.trim()));
    const npm = commands.filter((command) => command.startsWith('npm '));
    expect(npm.length).toBeGreaterThan(4);
    for (const command of npm) expect(command).toMatch(/^npm ci( --omit=dev( --workspace \S+)+)?$/);
    for (const command of commands)
      expect(command).not.toMatch(/\b(curl|wget|npx --yes|npm i\b|npm install)/);
  });

  it('run as a user by number, start node, and can tell their health', () => {
    for (const { stages } of files.values()) {
      const last = stages.at(-1)!;
      const chain = [last, ...stages.filter(({ name }) => name === last.from)];
      const find = (keyword: string) =>
        chain.flatMap(({ instructions }) => instructions).find((step) => step.keyword === keyword)!;
      expect(find('USER').text).toMatch(/^[1-9]\d*:[1-9]\d*$/);
      expect(find('ENTRYPOINT').words).toEqual(['node']);
      expect(find('HEALTHCHECK').text).toContain('"deploy/docker/healthcheck.mjs"');
      const main = find('CMD').words[0]!;
      expect(isThere(main.replace('/dist/', '/src/').replace(/\.js$/, '.ts'))).toBe(true);
    }
  });
});
