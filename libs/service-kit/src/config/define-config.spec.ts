import { describe, expect, it } from '@jest/globals';
import type { UbtError } from '@ubt/errors';
import { z } from 'zod';
import { defineConfig } from './define-config.js';
import { describeConfig } from './describe-config.js';
import { flagField, integerField, listField, portField } from './fields.js';

const schema = z.object({
  host: z.string().default('127.0.0.1').meta({ description: 'Address to listen on' }),
  port: portField(50051).meta({ env: 'UBT_DETECTOR_PORT', description: 'Port to listen on' }),
  maxJobs: integerField(1, 64, 1).meta({ description: 'Jobs at once' }),
  reflection: flagField(true).meta({ description: 'Serve reflection' }),
  roots: listField().meta({ description: 'Folders artefacts may be in' }),
  logLevel: z.enum(['debug', 'info', 'warn']).default('info').meta({ description: 'Log level' }),
  natsToken: z.string().min(8).optional().meta({ description: 'Token for NATS', secret: true }),
  dataDir: z.string().meta({ description: 'Where jobs are kept' }),
});

function failureOf(env: Record<string, string>): UbtError {
  try {
    defineConfig(schema, env);
  } catch (error) {
    return error as UbtError;
  }
  throw new Error('the configuration was accepted');
}

describe('defineConfig', () => {
  it('reads variables, applies defaults and freezes the result', () => {
    const config = defineConfig(schema, {
      UBT_DETECTOR_PORT: '0',
      UBT_MAX_JOBS: '',
      UBT_REFLECTION: 'off',
      UBT_ROOTS: '/a, /b,,',
      UBT_DATA_DIR: '/data',
    });
    expect(config).toEqual({
      host: '127.0.0.1',
      port: 0,
      maxJobs: 1,
      reflection: false,
      roots: ['/a', '/b'],
      logLevel: 'info',
      dataDir: '/data',
    });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('lists every bad variable with its value and what is allowed, and hides secrets', () => {
    const error = failureOf({
      UBT_DETECTOR_PORT: '70000',
      UBT_MAX_JOBS: 'many',
      UBT_REFLECTION: 'perhaps',
      UBT_LOG_LEVEL: 'loud',
      UBT_NATS_TOKEN: 'hunter2',
    });
    expect(error).toMatchObject({ kind: 'invalid-argument', code: 'CONFIG_INVALID' });
    const reasons = Object.fromEntries(error.violations.map(({ field, reason }) => [field, reason]));
    expect(Object.keys(reasons).sort()).toEqual([
      'UBT_DATA_DIR',
      'UBT_DETECTOR_PORT',
      'UBT_LOG_LEVEL',
      'UBT_MAX_JOBS',
      'UBT_NATS_TOKEN',
      'UBT_REFLECTION',
    ]);
    expect(reasons.UBT_DETECTOR_PORT).toContain('"70000"');
    expect(reasons.UBT_DETECTOR_PORT).toContain('integer from 0 to 65535');
    expect(reasons.UBT_LOG_LEVEL).toContain('debug | info | warn');
    expect(reasons.UBT_REFLECTION).toContain('true | false');
    expect(reasons.UBT_DATA_DIR).toContain('is not set');
    expect(JSON.stringify(error)).not.toContain('hunter2');
  });

  it('reports a rule between two variables', () => {
    const pair = z
      .object({ cert: z.string().optional(), key: z.string().optional() })
      .refine(
        ({ cert, key }) => (cert === undefined) === (key === undefined),
        'set UBT_CERT and UBT_KEY both',
      );
    expect(() => defineConfig(pair, { UBT_CERT: '/c' })).toThrow(
      expect.objectContaining({
        violations: [{ field: 'environment', reason: 'set UBT_CERT and UBT_KEY both' }],
      }),
    );
  });
});

describe('describeConfig', () => {
  it('writes the table that READMEs carry', () => {
    const lines = describeConfig(schema).split('\n');
    expect(lines).toHaveLength(2 + Object.keys(schema.shape).length);
    expect(lines[3]).toMatch(
      /^\| `UBT_DETECTOR_PORT` +\| Port to listen on +\| integer from 0 to 65535 +\| `50051` +\|$/,
    );
    expect(lines[7]).toContain('debug \\| info \\| warn');
    expect(lines[8]).toMatch(/unset/);
    expect(lines[9]).toContain('**required**');
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
  });
});
