import { describe, expect, it } from '@jest/globals';
import { checkManifest } from './check-manifest.js';
import { nameOf, profiles, readProfile, type Manifest } from './manifests.js';

const configMap = (rest: object): Manifest =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, ...rest }) as Manifest;

describe('the check', () => {
  it('knows a good object', async () => {
    expect(await checkManifest(configMap({ data: { anything: 'goes' } }))).toEqual([]);
  });

  it('finds what is wrong', async () => {
    expect(await checkManifest(configMap({ dta: {} }))).toEqual(['unknown field /dta']);
    expect(await checkManifest(configMap({ data: { a: 1 } }))).toEqual([expect.stringContaining('string')]);
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' } };
    const port = { port: 1, tragetPort: 2 };
    expect(await checkManifest({ ...service, spec: { ports: [port] } })).toEqual([
      'unknown field /spec/ports/0/tragetPort',
    ]);
    expect(await checkManifest({ ...service, kind: 'Servce' })).toEqual(['there is no schema for v1 Servce']);
    const scaled = { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', metadata: { name: 'a' } };
    const spec = {
      scaleTargetRef: { name: 'a' },
      minReplicas: 0,
      triggers: [{ type: 'cron', metadata: {} }],
    };
    expect(await checkManifest({ ...scaled, spec })).toEqual(['unknown field /spec/minReplicas']);
  });
});

describe('the rendered profiles', () => {
  it('hold objects that their schemas know', async () => {
    const names = await profiles();
    expect(names).toEqual(['cpu', 'gpu', 's3']);
    for (const profile of names) {
      const manifests = await readProfile(profile);
      expect(manifests.length).toBeGreaterThan(15);
      for (const manifest of manifests) {
        expect({ [`${profile} ${nameOf(manifest)}`]: await checkManifest(manifest) }).toEqual({
          [`${profile} ${nameOf(manifest)}`]: [],
        });
      }
    }
  });
});
