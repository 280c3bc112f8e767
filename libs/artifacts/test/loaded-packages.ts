import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createArtifactStore } from '../src/index.js';

/** Prints whether the AWS SDK was loaded after the use of files, and after that of an `s3://` URI. */
const { cache } = createRequire(import.meta.url);
const isLoaded = () => Object.keys(cache).some((file) => file.includes('@aws-sdk/client-s3'));
const folder = process.argv[2]!;
const store = createArtifactStore({
  ...{ roots: ['s3://ubt'], writeRoot: folder, workFolder: folder },
  s3: {
    ...{ endpoint: 'http://127.0.0.1:9', maxAttempts: 1 },
    credentials: { accessKeyId: 'nobody', secretAccessKey: 'none' },
  },
});
await store.fetch(await store.putFile('a', 'x/y', (path) => writeFile(path, 'a')));
const afterFiles = isLoaded();
await store.exists({ uri: 's3://ubt/a' }).catch(() => false);
process.stdout.write(JSON.stringify({ afterFiles, afterS3: isLoaded() }));
