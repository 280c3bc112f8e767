import { constants } from 'node:os';
import { Interruption } from './cli-io.js';
import { processEnvironment } from './config.js';
import { runCli } from './run-cli.js';

const interruption = new AbortController();

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  const exitCode = 128 + constants.signals[signal];
  process.on(signal, () => {
    // Whoever asks twice does not want to wait for a clean end.
    if (interruption.signal.aborted) process.exit(exitCode);
    interruption.abort(new Interruption(exitCode));
  });
}

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // Whoever reads, such as `head`, has read enough; the work goes on.
    if (error.code !== 'EPIPE') throw error;
  });
}

process.exitCode = await runCli(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: processEnvironment(),
  signal: interruption.signal,
});
