import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { temporaryDirectory, waitFor, type TemporaryDirectory } from '@ubt/test-kit';
import { z } from 'zod';
import { createInProcessBus } from '../bus/in-process-bus.js';
import { defineConfig } from '../config/define-config.js';
import { portField } from '../config/fields.js';
import { serveStage } from './serve-stage.js';
import { stageConfigFields } from './stage-config.js';

const UUID = '0f8fad5b-d9cb-469f-a165-70867728950e';
let directory: TemporaryDirectory;
beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await directory.remove();
});

it('a stage that starts removes what a killed process left a day ago', async () => {
  const data = join(directory.path, 'stage');
  const folder = join(data, 'artifacts/jobs/7');
  await mkdir(join(folder, `.model.${UUID}.version`), { recursive: true });
  await writeFile(join(folder, `.scores.jsonl.${UUID}.tmp`), 'half');
  await writeFile(join(folder, 'scores.jsonl'), 'whole');
  const schema = z.object({ ...stageConfigFields, port: portField(0) });
  const config = defineConfig(schema, { UBT_PORT: '0', UBT_DATA_DIR: data, UBT_LOG_LEVEL: 'silent' });
  const bus = createInProcessBus();
  const aDayOn = Date.now() + 25 * 3600 * 1000;
  jest.spyOn(Date, 'now').mockImplementation(() => aDayOn);
  const served = await serveStage(
    {
      ...{ stage: 'selector', config, env: {}, services: () => [], runOf: () => undefined },
      ...{ outcomeOf: () => ({}), worker: new URL('file:///nowhere') },
    },
    { bus },
  );
  jest.restoreAllMocks();
  await waitFor(async () => (await readdir(folder)).length === 1);
  expect(await readdir(folder)).toEqual(['scores.jsonl']);
  await served.stop();
  await bus.close(100);
});
