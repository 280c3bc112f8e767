import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { childEnvironment } from '@ubt/service-kit';

const execute = promisify(execFile);
const EXAMPLES = fileURLToPath(new URL('../../../examples/', import.meta.url));

/** A client of the examples folder. */
export interface ExampleClient {
  readonly language: string;
  /** What this machine lacks to run it, and how to get that; undefined when it has everything. */
  missing(): Promise<string | undefined>;
  /** Generates the code and builds the client. @param folder for what is made */
  build(folder: string): Promise<ClientCommand>;
}

/** How a built client is started, without its arguments. */
export interface ClientCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const works = (program: string, ...args: string[]): Promise<boolean> =>
  execute(program, args).then(
    () => true,
    () => false,
  );

/** The interpreter of examples/python/.venv if that was made, else the one on the PATH. */
function python(): string {
  const own = join(EXAMPLES, 'python/.venv/bin/python');
  return existsSync(own) ? own : 'python3';
}

const PYTHON: ExampleClient = {
  language: 'Python',
  missing: async () =>
    (await works(python(), '-c', 'import grpc, grpc_tools'))
      ? undefined
      : `${python()} has no grpcio and grpcio-tools (sh examples/provide.sh)`,
  build: async (folder) => {
    const code = join(folder, 'python');
    await execute('sh', [join(EXAMPLES, 'python/generate.sh'), code], {
      env: childEnvironment({ PYTHON: python() }),
    });
    const env = { PYTHONPATH: code, PYTHONDONTWRITEBYTECODE: '1' };
    return { program: python(), args: [join(EXAMPLES, 'python/detect.py')], env };
  },
};

/** Where there is no proxy for Go modules, these are what the client is built with. */
const DEBIAN_PACKAGES = [
  ...['golang-go', 'golang-google-grpc-dev', 'golang-google-protobuf-dev', 'protoc-gen-go'],
  ...['golang-github-golang-protobuf-1-5-dev', 'protoc-gen-go-grpc'],
];

const GO: ExampleClient = {
  language: 'Go',
  missing: async () =>
    (await works('dpkg', '-s', ...DEBIAN_PACKAGES))
      ? undefined
      : 'Debian’s packages of Go, gRPC and protobuf are not all there (sh examples/provide.sh)',
  build: async (folder) => {
    const program = join(folder, 'detect');
    await execute('sh', [join(EXAMPLES, 'go/generate.sh')]);
    await execute('sh', [join(EXAMPLES, 'go/build.sh'), program]);
    return { program, args: [], env: {} };
  },
};

/** The clients that are there. */
export const EXAMPLE_CLIENTS: readonly ExampleClient[] = [PYTHON, GO];

/** A client at work. */
export interface RunningClient {
  /** What it has said about its progress so far. */
  progress(): string;
  /** Settles when it has ended. */
  readonly ended: Promise<{ code: number | null; output: string; progress: string }>;
  kill(): void;
}

/** Starts a client. */
export function startClient(
  { program, args, env }: ClientCommand,
  ...more: readonly string[]
): RunningClient {
  const child = spawn(program, [...args, ...more], {
    env: childEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [output, progress] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (progress += text));
  const ended = new Promise<{ code: number | null; output: string; progress: string }>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output, progress }));
  });
  return { progress: () => progress, ended, kill: () => void child.kill('SIGKILL') };
}
