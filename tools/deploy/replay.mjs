import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Failure } from '../bootstrap/failure.mjs';
import { workspace } from '../bootstrap/workspace.mjs';
import { assignments, readDockerfile } from './dockerfile.mjs';
import { tryImage } from './try-image.mjs';

/** Steps that change the system they run on; in a plain folder they are left out, and said to be. */
const SYSTEM_STEP = /^(apt-get|apk|useradd|groupadd|mkdir -p \/data)\b/;

/**
 * Replays a Dockerfile in plain folders, one per stage, where no container engine runs: COPY takes tracked files,
 * RUN runs in the stage's folder. Then the last stage's service is started as an unprivileged user who cannot
 * write there.
 *
 *     npm run deploy:replay -- deploy/docker/stages.Dockerfile --target stages
 *     npm run deploy:replay -- deploy/docker/stages.Dockerfile --target cli
 *     npm run deploy:replay -- deploy/docker/unlearner.Dockerfile --build-arg TENSORFLOW_DEVICE=cpu
 */
export async function replay(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      target: { type: 'string' },
      'build-arg': { type: 'string', multiple: true, default: [] },
      node: { type: 'string', default: process.execPath },
      keep: { type: 'boolean' },
    },
  });
  const [file] = positionals;
  if (file === undefined) throw new Failure('Which Dockerfile? deploy/docker/stages.Dockerfile, for one.');
  const buildArgs = Object.fromEntries(values['build-arg'].map(pairOf));
  const { stages, args: known } = await readDockerfile(resolve(workspace, file), buildArgs);
  const unknown = Object.keys(buildArgs).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Failure(`--build-arg ${unknown}: the Dockerfile has no such ARG.`);
  const target = stages.find(({ name }) => name === values.target) ?? stages.at(-1);
  if (values.target && target.name !== values.target)
    throw new Failure(`No stage is called ${values.target}.`);
  const root = await mkdtemp(join(tmpdir(), 'ubt-replay-'));
  try {
    const image = await build(target, stages, root, new Map(), dirname(values.node));
    await tryImage(image, values.node);
  } finally {
    if (!values.keep) await rm(root, { recursive: true, force: true });
    else console.log(`Kept ${root}.`);
  }
}

/** NAME=VALUE */
function pairOf(argument) {
  const [, name, value] = /^(\w+)=(.*)$/s.exec(argument) ?? [];
  if (name === undefined) throw new Failure(`--build-arg ${argument}: write NAME=VALUE.`);
  return [name, value];
}

/** Builds a stage and those it needs; gives its folder, environment, and what it starts. */
async function build(stage, stages, root, built, nodeFolder) {
  if (built.has(stage.name)) return built.get(stage.name);
  const stageOf = (name) => stages.find((other) => other.name === name);
  const need = (other) => build(other, stages, root, built, nodeFolder);
  const base = stageOf(stage.from) && (await need(stageOf(stage.from)));
  const folder = join(root, stage.name);
  await mkdir(folder);
  if (base) execFileSync('cp', ['-a', `${base.folder}/.`, folder]);
  const image = { folder, workdir: '/', env: {}, command: [], entrypoint: [], ...base, name: stage.name };
  image.folder = folder;
  image.env = { ...image.env };
  built.set(stage.name, image);
  for (const step of stage.instructions) {
    const source = step.from === undefined ? undefined : await need(stageOf(step.from) ?? missing(step.from));
    await STEPS[step.keyword]?.(step, image, source, nodeFolder);
  }
  return image;
}

function missing(name) {
  throw new Failure(`COPY --from=${name}: only stages can be replayed, not images.`);
}

const here = (image) => join(image.folder, image.workdir);

const STEPS = {
  ARG: ({ text }, image) => void Object.assign(image.env, assignments(text)),
  ENV: ({ text }, image) => void Object.assign(image.env, assignments(text)),
  WORKDIR: async ({ text }, image) => {
    image.workdir = text;
    await mkdir(here(image), { recursive: true });
  },
  ENTRYPOINT: ({ words }, image) => void (image.entrypoint = words),
  CMD: ({ words }, image) => void (image.command = words),
  HEALTHCHECK: ({ text }, image) => void (image.healthcheck = JSON.parse(/\[.*\]/.exec(text)?.[0] ?? '[]')),
  COPY: async ({ words }, image, source) => {
    const target = words.at(-1);
    for (const from of words.slice(0, -1)) await copy(from, target, image, source, words.length > 2);
  },
  RUN: async ({ text }, image, _source, nodeFolder) => {
    if (SYSTEM_STEP.test(text)) return console.log(`${image.name}: left out, needs a system: ${text}`);
    console.log(`${image.name}: ${text}`);
    const child = spawn('sh', ['-ec', text], {
      cwd: here(image),
      env: { ...commandEnvironment(nodeFolder), ...image.env },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Failure(`"${text}" exited with ${code}.`);
  },
};

/** What a build has: the programs, and npm's own settings, which say where packages come from. */
function commandEnvironment(nodeFolder) {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(UBT_|NODE_ENV$|npm_(?!config_))/i.test(name),
  );
  return { ...Object.fromEntries(kept), PATH: `${nodeFolder}:${process.env.PATH}` };
}

async function copy(from, target, image, source, severalSources) {
  const isFolder = severalSources || target.endsWith('/') || target === '.';
  if (source !== undefined) {
    return cp(join(source.folder, from), join(here(image), target), {
      recursive: true,
      verbatimSymlinks: true,
    });
  }
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--', from], {
    cwd: workspace,
    encoding: 'utf8',
    maxBuffer: 16 * 1024 * 1024,
  });
  const names = files.split('\n').filter((name) => name !== '');
  if (names.length === 0) throw new Failure(`COPY ${from}: nothing is there.`);
  for (const name of names) {
    const inside =
      name === from ? (isFolder ? join(target, name) : target) : join(target, name.slice(from.length + 1));
    await cp(join(workspace, name), join(here(image), inside), { recursive: true });
  }
}
