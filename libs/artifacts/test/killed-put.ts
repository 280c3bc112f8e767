import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFileStore } from '../src/file-store.js';
import { REAL_DISK } from '../src/put-atomically.js';

/** Replaces the folder `model` of a store, and is killed at one of the steps that reach the disk. */
const [, , writeRoot, killedAt] = process.argv as [string, string, string, string];
let steps = 0;
const step = () => {
  steps++;
  if (steps === Number(killedAt)) process.kill(process.pid, 'SIGKILL');
};
const store = createFileStore({
  roots: [],
  writeRoot,
  disk: {
    sync: async (path) => {
      step();
      await REAL_DISK.sync(path);
    },
    rename: async (from, to) => {
      step();
      await REAL_DISK.rename(from, to);
    },
  },
});
await store.putFolder('model', 'x/y', async (path) => {
  for (const file of ['one', 'two']) await writeFile(join(path, file), 'new');
});
