import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, jest } from '@jest/globals';

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

/** `npm run audit` against a registry that answers every question about advisories with this. */
async function auditAgainst(status: number, advisories: object, ...args: string[]) {
  registry = createServer((request, response) => {
    request.resume();
    const isBulk = request.url!.endsWith('/security/advisories/bulk');
    const [code, body] = isBulk || status !== 200 ? [status, advisories] : [404, {}];
    response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => registry!.listen(0, '127.0.0.1', resolve));
  const { port } = registry.address() as AddressInfo;
  const program = fileURLToPath(new URL('tools/bootstrap/check-dependencies.mjs', root));
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, npm_config_registry: `http://127.0.0.1:${port}/` },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { code, output };
}
let registry: Server | undefined;
afterEach(() => {
  registry?.close();
});

describe('npm run audit', () => {
  it('fails when the registry knows a severe advisory of something that is shipped', async () => {
    const advisory = {
      ...{ id: 1, url: 'https://example.org/1', title: 'made up', severity: 'critical' },
      ...{ vulnerable_versions: '*', cwe: [], cvss: { score: 9.8, vectorString: null } },
    };
    const { code, output } = await auditAgainst(200, { zod: [advisory] });
    expect(output).toMatch(/npm audit: \d+ severe advisories/);
    expect(code).not.toBe(0);
  });

  it('says that nothing was asked where the registry refuses, and fails for it only when told to', async () => {
    const { code, output } = await auditAgainst(405, { message: 'Method Not Allowed' });
    expect(output).toMatch(/^npm audit: NOT DONE, the registry does not answer \(.*405/m);
    expect(code).toBe(0);
    registry!.close();
    const strict = await auditAgainst(405, {}, '--require-audit');
    expect(strict.output).toContain('NOT DONE');
    expect(strict.code).not.toBe(0);
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
