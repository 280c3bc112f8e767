import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { describeConfig } from '@ubt/service-kit';
import { configSchema, readConfig } from './config.js';

it('has its table in the README as it is', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  expect(readme).toContain(`\n${describeConfig(configSchema)}\n`);
});

it('starts without any variable, and names those that do not fit', () => {
  expect(readConfig({})).toMatchObject({ host: '127.0.0.1', backend: 'onnxruntime' });
  expect(() => readConfig({ UBT_PORT: '99999', UBT_BACKEND: 'abacus' })).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      violations: expect.arrayContaining([
        { field: 'UBT_PORT', reason: expect.any(String) },
        { field: 'UBT_BACKEND', reason: expect.any(String) },
      ]),
    }),
  );
});
