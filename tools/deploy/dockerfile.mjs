import { readFile } from 'node:fs/promises';
import { DockerfileParser } from 'dockerfile-ast';

/**
 * @typedef {object} Stage
 * @property {string} name of the stage, or its number
 * @property {string} from image, or the name of an earlier stage
 * @property {{ keyword: string, text: string, from?: string, words: string[], json: boolean }[]} instructions in
 *   order; `words` are the arguments without flags, variables filled in
 */

/**
 * Reads a Dockerfile.
 *
 * @param {string} path
 * @param {Record<string, string>} buildArgs values for ARGs, as `docker build --build-arg` gives them
 * @returns {Promise<{ text: string, args: string[], stages: Stage[] }>} `args` are the names of its ARGs
 */
export async function readDockerfile(path, buildArgs = {}) {
  const text = await readFile(path, 'utf8');
  const variables = {};
  const stages = [];
  const args = [];
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    const keyword = instruction.getKeyword();
    const written = joined(instruction.getRawArgumentsContent() ?? '');
    const raw = keyword === 'ARG' ? given(written, buildArgs) : written;
    if (keyword === 'ARG') args.push(nameOf(raw));
    if (keyword === 'ARG' || keyword === 'ENV') Object.assign(variables, assignments(raw, variables));
    if (keyword === 'FROM') {
      const [image, , name] = raw.split(/\s+/);
      stages.push({ name: name ?? String(stages.length), from: fill(image, variables), instructions: [] });
      continue;
    }
    const json = raw.startsWith('[');
    const from = instruction.getFlags?.().find((flag) => flag.getName() === 'from');
    stages.at(-1)?.instructions.push({
      ...{ keyword, json, text: fill(raw, variables), ...(from ? { from: from.getValue() } : {}) },
      words: json ? JSON.parse(raw) : fill(raw, variables).split(/\s+/),
    });
  }
  return { text, args, stages };
}

/** One line of what continues with a backslash; comments between are gone. */
const joined = (text) => text.replace(/\s*\\\s*\n(\s*#.*\n)*\s*/g, ' ').trim();

const nameOf = (arg) => arg.split('=', 1)[0];

/** An ARG with the value that the build was given, if it was given one. */
function given(arg, buildArgs) {
  const value = buildArgs[nameOf(arg)];
  return value === undefined ? arg : `${nameOf(arg)}="${value}"`;
}

const fill = (text, variables) => text.replace(/\$\{(\w+)\}/g, (whole, name) => variables[name] ?? whole);

export function assignments(text, variables = {}) {
  return Object.fromEntries(
    [...text.matchAll(/(\w+)=("[^"]*"|\S*)/g)].map(([, name, value]) => [
      name,
      fill(value.replace(/^"|"$/g, ''), variables),
    ]),
  );
}
