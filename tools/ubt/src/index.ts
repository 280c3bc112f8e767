export { runCli } from './run-cli.js';
export { Interruption, type CliIo, type TextStream } from './cli-io.js';
