import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';

const workspace = fileURLToPath(new URL('../../..', import.meta.url));
/** A file of a domain, whichever comes first: typed rules need one that exists. */
const DOMAIN = `services/detector/src/domain/${readdirSync(`${workspace}/services/detector/src/domain`).find(
  (name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'),
)}`;
const NX = '@nx/enforce-module-boundaries';
const IMPORTS = 'no-restricted-imports';
const PROPERTIES = 'no-restricted-properties';

/** Code in a file of the workspace, and the rule that has to refuse it; none for what is allowed. */
const SNIPPETS = [
  ['a lib may not import a service', 'libs/clip/src/index.ts', "import '@ubt/detector';", NX],
  ['a lib may not import a tool', 'libs/clip/src/index.ts', "import '@ubt/redteam';", NX],
  ['a leaf may not import anything of ours', 'libs/errors/src/index.ts', "import '@ubt/contracts';", NX],
  ['a service may not import another', 'services/selector/src/index.ts', "import '@ubt/detector';", NX],
  ['a service may not import a tool', 'services/detector/src/index.ts', "import '@ubt/redteam';", NX],
  ['a domain may not import the service kit', DOMAIN, "import '@ubt/service-kit';", IMPORTS],
  ['a domain does no I/O', DOMAIN, "import 'node:fs';", IMPORTS],
  ['a domain has no randomness of its own', DOMAIN, 'export const x = Math.random();', PROPERTIES],
  ['only the engine imports backends', 'libs/clip/src/index.ts', "import 'onnxruntime-node';", IMPORTS],
  ['nobody imports a package’s inside', 'libs/data/src/index.ts', "import '@ubt/clip/src/x.js';", IMPORTS],
  [
    'only config.ts reads the environment',
    'services/detector/src/server.ts',
    'export const x = process.env.HOME;',
    PROPERTIES,
  ],
  ['a tool may import a service', 'tools/ubt/src/index.ts', "import '@ubt/detector';", undefined],
  ['a domain may import clip', DOMAIN, "import '@ubt/clip';", undefined],
] as const;

describe('the import rule', () => {
  let results: { ruleId: string | null; message: string }[][] = [];

  beforeAll(() => {
    const env = { ...process.env, NX_DAEMON: 'false', NX_NO_CLOUD: 'true', NX_TUI: 'false' };
    // Without a project graph the boundaries are not checked at all.
    execFileSync('npx', ['nx', 'graph', '--file=.nx/graph.json'], { cwd: workspace, env, stdio: 'ignore' });
    const script = fileURLToPath(new URL('lint-snippets.mjs', import.meta.url));
    const input = JSON.stringify(
      SNIPPETS.map(([, file, code]) => ({ file: `${workspace}/${file}`, code: `${code}\n` })),
    );
    const printed = execFileSync(process.execPath, [script, workspace], { cwd: workspace, env, input });
    results = JSON.parse(String(printed)) as typeof results;
  }, 120_000);

  it.each(SNIPPETS.map(([title, , , rule], index) => [title, rule, index] as const))(
    '%s',
    (_, rule, index) => {
      const rules = results[index]?.map(({ ruleId }) => ruleId);
      if (rule === undefined) expect(rules).toEqual([]);
      else expect(rules).toContain(rule);
    },
  );
});
