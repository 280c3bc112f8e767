import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import { STAGES } from '@ubt/contracts';
import { newToken, tokenDigest } from '@ubt/service-kit';
import {
  certificateAuthority,
  startNatsServer,
  startServiceProcess,
  temporaryDirectory,
  TINY_MODELS,
  writeCertificate,
  writeTinyData,
  type ServiceProcess,
} from '@ubt/test-kit';

const bin = fileURLToPath(new URL('../bin/ubt.mjs', import.meta.url));
const PASSWORD = 'correct-horse-battery';

/** Certificates, an access file and a token, as an operator would lay them out. */
async function secrets(folder: string) {
  const at = (name: string) => join(folder, name);
  const authority = certificateAuthority();
  await writeFile(at('ca.crt'), authority.cert);
  const server = await writeCertificate(folder, 'server', authority.issue({ dns: ['localhost'] }));
  const token = newToken();
  await writeFile(at('token'), token);
  await writeFile(at('password'), PASSWORD);
  const tokens = [{ sha256: tokenDigest(token).toString('hex') }];
  const callers = [{ name: 'pipeline', roles: ['submitter'], tokens }];
  await writeFile(at('access.json'), JSON.stringify({ callers }));
  return {
    ca: at('ca.crt'),
    server,
    token,
    tokenFile: at('token'),
    password: at('password'),
    access: at('access.json'),
  };
}

it('a whole defence runs over services and a broker that let only known callers in', async () => {
  await using directory = await temporaryDirectory('ubt-secured-defence-');
  const { ca, server, token, tokenFile, password, access } = await secrets(directory.path);
  await using nats = await startNatsServer({
    args: ['--tls', '--tlscert', server.cert, '--tlskey', server.key, '--user', 'ubt', '--pass', PASSWORD],
  });
  const data = await writeTinyData(join(directory.path, 'data'), {
    pairs: 480,
    poisoned: 40,
    mislabelled: 0,
  });
  const env = {
    ...{ UBT_PORT: '0', UBT_THREADS: '1', UBT_LOG_LEVEL: 'debug', UBT_DATA_DIR: join(directory.path, 'ubt') },
    UBT_ARTIFACT_ROOTS: [join(directory.path, 'data'), join(TINY_MODELS.clean, '..')].join(','),
    ...{ UBT_TLS_CERT: server.cert, UBT_TLS_KEY: server.key, UBT_AUTH_FILE: access },
    ...{ UBT_NATS_URL: `tls://localhost:${nats.port}`, UBT_NATS_TLS_CA: ca },
    ...{ UBT_NATS_USER: 'ubt', UBT_NATS_PASSWORD_FILE: password },
  };
  const services: ServiceProcess[] = [];
  try {
    for (const stage of STAGES) {
      const main = new URL(`../../../services/${stage}/dist/main.js`, import.meta.url);
      services.push(await startServiceProcess({ main, env }));
    }
    const addresses = STAGES.flatMap((stage, index) => [
      `--${stage}`,
      `localhost:${services[index]!.address.split(':').at(-1)}`,
    ]);
    const out = join(directory.path, 'out');
    const args = [
      ...[
        'defend',
        '--model',
        TINY_MODELS.backdoored,
        '--reference',
        TINY_MODELS.clean,
        '--pairs',
        data.pairs,
      ],
      ...['--method', 'reference-similarity', '--top-suspects', '32', '--retain-pairs', '100'],
      ...['--unlearn-steps', '2', '--retain-batch-size', '32', '--json', '--out', out, ...addresses],
      ...['--tls-ca', ca, '--token-file', tokenFile],
    ];
    const ended = await promisify(execFile)(process.execPath, [bin, ...args], {
      cwd: directory.path,
      env: { ...process.env, NODE_OPTIONS: '', UBT_DATA_DIR: join(directory.path, 'runs') },
    }).catch((error: { code: number; stdout: string; stderr: string }) => error);
    // 2 is a backdoor that was found and not repaired: these are few steps.
    const code = 'code' in ended ? ended.code : 0;
    expect({ code, said: [0, 2].includes(code) ? '' : ended.stdout + ended.stderr }).toEqual({
      ...{ code: expect.anything(), said: '' },
    });
    expect(JSON.parse(ended.stdout)).toMatchObject({ verdict: 'backdoored' });
    const written = [
      ...services.map((service) => service.output()),
      ...[ended.stdout, ended.stderr],
      await readFile(join(out, 'report.json'), 'utf8'),
      await readFile(join(out, 'trace.jsonl'), 'utf8'),
    ].join('\n');
    expect(written).toContain('"caller":"pipeline"');
    for (const secret of [token, PASSWORD, 'PRIVATE KEY']) expect(written).not.toContain(secret);
  } finally {
    await Promise.all(services.map((service) => service.stop()));
  }
}, 300_000);
