import { readFileSync } from 'node:fs';
import { describe, expect, it, jest } from '@jest/globals';

jest.setTimeout(120_000);

const root = new URL('../../../', import.meta.url);
// Plain JavaScript that runs before anything is built, so it has no types.
const load = (name: string) =>
  import(new URL(`tools/bootstrap/${name}.mjs`, root).href) as Promise<Record<string, never>>;

type Locked = {
  version?: string;
  integrity?: string;
  resolved?: string;
  dev?: boolean;
  link?: boolean;
  license?: string;
};
type Component = {
  name: string;
  version: string;
  purl: string;
  hashes?: { alg: string }[];
  licenses?: object[];
};

const { auditOutcome, findings } = (await load('check-dependencies')) as unknown as {
  findings(packages: Record<string, Locked>): string[];
  auditOutcome(json: string): object;
};
const { billOfMaterials } = (await load('sbom')) as unknown as {
  billOfMaterials(): Promise<{
    bomFormat: string;
    specVersion: string;
    metadata: { component: { name: string; version: string } };
    components: Component[];
    dependencies: { ref: string; dependsOn: string[] }[];
  }>;
};
const lock = JSON.parse(readFileSync(new URL('package-lock.json', root), 'utf8')) as {
  packages: Record<string, Locked>;
};

describe('the lock file', () => {
  it('is in order', () => {
    expect(findings(lock.packages)).toEqual([]);
  });

  it.each([
    ['content that nothing pins', { license: 'MIT' }, 'no SHA-512'],
    ['a weak pin', { integrity: 'sha1-abc', license: 'MIT' }, 'no SHA-512'],
    ['another source', { integrity: 'sha512-x', license: 'MIT', resolved: 'git+ssh://x/y' }, 'git+ssh'],
    ['an unencrypted source', { integrity: 'sha512-x', license: 'MIT', resolved: 'http://x/y' }, 'http://'],
    ['a licence to think about', { integrity: 'sha512-x', license: 'AGPL-3.0' }, 'AGPL-3.0'],
    ['no licence', { integrity: 'sha512-x' }, 'unknown'],
    ['half a licence', { integrity: 'sha512-x', license: '(MIT AND SSPL-1.0)' }, 'SSPL-1.0'],
  ])('may not name a package with %s', (_, locked, reason) => {
    const found = findings({ 'node_modules/x': locked });
    expect(found).toHaveLength(1);
    expect(found[0]!.replace('undefined', 'unknown')).toContain(reason);
  });

  it('may name one with a choice of licences, and what is not shipped under any', () => {
    const pinned = { integrity: 'sha512-x' };
    expect(findings({ 'node_modules/x': { ...pinned, license: '(GPL-2.0 OR MIT)' } })).toEqual([]);
    expect(findings({ 'node_modules/x': { ...pinned, license: 'GPL-3.0', dev: true } })).toEqual([]);
  });
});

describe('the audit', () => {
  it('counts advisories, and does not take silence for a clean bill', () => {
    const counts = { info: 0, low: 1, moderate: 0, high: 2, critical: 1, total: 4 };
    expect(auditOutcome(JSON.stringify({ metadata: { vulnerabilities: counts } }))).toEqual({
      ...{ answered: true, severe: 3, all: 4 },
    });
    expect(auditOutcome('{"message":"405 Method Not Allowed"}')).toMatchObject({ answered: false });
    expect(auditOutcome('')).toMatchObject({ answered: false });
  });
});

describe('the bill of materials', () => {
  it('names everything that is shipped, with version, licence and digest, and nothing of the tools', async () => {
    const bill = await billOfMaterials();
    expect(bill).toMatchObject({ bomFormat: 'CycloneDX', metadata: { component: { name: 'ubt' } } });
    const listed = new Set(bill.components.map(({ purl }) => decodeURIComponent(purl)));
    const shipped = Object.entries(lock.packages).filter(
      ([path, { dev, link }]) => path.includes('node_modules/') && dev !== true && link !== true,
    );
    const missing = shipped
      .map(([path, { version }]) => `pkg:npm/${path.split('node_modules/').at(-1)}@${version}`)
      .filter((purl) => !listed.has(purl));
    expect(shipped.length).toBeGreaterThan(100);
    expect(missing).toEqual([]);
    const foreign = bill.components.filter(({ purl }) => !decodeURIComponent(purl).includes('/@ubt/'));
    for (const component of foreign.filter(({ purl }) => !purl.startsWith('pkg:npm/ubt@'))) {
      expect(component).toMatchObject({
        version: expect.stringMatching(/^\d/),
        hashes: [expect.objectContaining({ alg: 'SHA-512' })],
        licenses: [expect.anything()],
      });
    }
    // Every package that is named as a dependency is there itself.
    const refs = new Set(bill.dependencies.map(({ ref }) => ref));
    expect(bill.dependencies.flatMap(({ dependsOn }) => dependsOn).filter((ref) => !refs.has(ref))).toEqual(
      [],
    );
    for (const tool of ['eslint', 'jest', 'nx', 'node-forge']) {
      expect([...listed].some((purl) => purl.startsWith(`pkg:npm/${tool}@`))).toBe(false);
    }
  });
});
