import { createReadStream } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { locateFile } from './locate-file.js';
import type { OpenCheckpoint } from './open-checkpoint.js';
import { PICKLE } from './weight-files.js';
import { writeSynced } from './write-folder.js';

/** Other forms of weights: a copy of the old ones beside the new would keep what was to be removed. */
const OTHER_WEIGHTS =
  /\.(safetensors|h5|msgpack|onnx|onnx_data|gguf|tflite|pb)$|\.(bin|h5|msgpack)\.index\.json$/i;

const DEEPEST = 4;

/**
 * Copies everything of a source folder but its weights: configs, tokenizer files, licences, what else is there.
 *
 * @returns the files left out, relative to the source
 */
export async function copyExtraFiles(source: OpenCheckpoint, target: string): Promise<string[]> {
  const weights = new Set(source.files.map(({ name }) => name));
  const leftOut: string[] = [];
  const copyFolder = async (folder: string, depth: number): Promise<void> => {
    for (const item of await readdir(join(source.dir, folder), { withFileTypes: true })) {
      const name = join(folder, item.name);
      if (weights.has(name)) continue;
      const unwanted = item.name.startsWith('.') || PICKLE.test(name) || OTHER_WEIGHTS.test(name);
      if (unwanted || (item.isDirectory() && depth >= DEEPEST)) leftOut.push(name);
      else if (item.isDirectory()) {
        await mkdir(join(target, name));
        await copyFolder(name, depth + 1);
      } else {
        const located = await locateFile(source.dir, name);
        if (located === undefined) leftOut.push(name);
        else await writeSynced(join(target, name), createReadStream(located.path));
      }
    }
  };
  await copyFolder('', 0);
  return leftOut.sort();
}
