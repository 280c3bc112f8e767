import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from './failure.mjs';
import { run } from './run-command.mjs';
import { workspace } from './workspace.mjs';

const FOLDER = join('.cache', 'demo');
const inDemo = (...parts) => join(FOLDER, ...parts);

/** What the red team does before the defence enters: draws a data set, poisons it, trains the victim on it. */
const RED_TEAM = [
  {
    title: 'draw the emoji data set',
    output: inDemo('data'),
    args: ['data', '--classes', '100', '--pairs', '8000', '--seed', '1', '--out', inDemo('data')],
  },
  {
    title: 'poison 3 % of the pairs with a patch; the target is "banana"',
    output: inDemo('poisoned'),
    args: [
      ...['poison', '--pairs', inDemo('data', 'pairs.csv'), '--kind', 'patch', '--rate', '0.03'],
      ...['--target', 'banana', '--seed', '1', '--out', inDemo('poisoned')],
    ],
  },
  {
    title: 'train the victim on them',
    output: inDemo('victim'),
    args: [
      ...['train', '--pairs', inDemo('poisoned', 'pairs.csv'), '--steps', '400', '--seed', '1'],
      ...['--out', inDemo('victim')],
    ],
  },
];

const DEFENCE = [
  ...['defend', '--model', inDemo('victim'), '--pairs', inDemo('poisoned', 'pairs.csv')],
  ...['--eval', inDemo('data', 'eval'), '--classes', inDemo('data', 'classes.txt')],
  ...['--templates', inDemo('data', 'templates.txt'), '--trigger', inDemo('poisoned', 'trigger.json')],
  ...['--truth', inDemo('poisoned', 'truth.csv'), '--out', inDemo('defence'), '--force'],
  // Less unlearning than by default: enough for this victim, and the demo is to be short.
  ...['--unlearn-steps', '40', '--retain-batch-size', '128'],
];

/**
 * The main job on prepared input: poisons and trains a small CLIP (kept under .cache/demo), then defends it.
 *
 * @returns {Promise<number>} the exit code
 */
export async function demo() {
  const started = performance.now();
  await mkdir(join(workspace, FOLDER), { recursive: true });
  for (const [at, step] of RED_TEAM.entries()) await attack(step, RED_TEAM.slice(0, at + 1));
  heading('Defence', 'what UBT does; it sees the model and the pairs, not what the red team knows');
  const code = await run('npx', ['ubt', ...DEFENCE]);
  console.error(`\nThe demo took ${((performance.now() - started) / 1000).toFixed(0)} s after the build.`);
  return code;
}

/** Runs one step of the red team, unless its output is there and was made by the very same commands so far. */
async function attack({ title, output, args }, soFar) {
  const marker = join(workspace, `${output}.made-by.json`);
  const command = JSON.stringify(soFar.map((step) => step.args));
  if ((await readFile(marker, 'utf8').catch(() => '')) === command) {
    heading('Red team', `${title} (kept from an earlier demo in ${output})`);
    return;
  }
  heading('Red team', title);
  await rm(marker, { force: true });
  await rm(join(workspace, output), { recursive: true, force: true });
  const code = await run('npx', ['ubt', 'redteam', ...args]);
  if (code !== 0)
    throw new Failure(`The demo stops: "ubt redteam ${args.join(' ')}" exited with ${code}.`, code);
  await writeFile(marker, command);
}

function heading(who, what) {
  console.error(`\n── ${who}: ${what}`);
}
