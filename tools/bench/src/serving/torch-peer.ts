import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DetectorService } from '@ubt/contracts';
import { connect, type ServiceClient } from '@ubt/service-kit';
import { workspace } from '../workspace.js';

/** A plain PyTorch server with the same models. */
export interface TorchPeer {
  readonly pid: number;
  readonly detector: ServiceClient<typeof DetectorService>;
  close(): Promise<void>;
}

const PROGRAM = join(workspace, 'tools/bench/serving/torch_server.py');

/**
 * Starts the peer.
 *
 * @param models folders of the suspect and of the overfitted checkpoint
 * @returns why there is none where Python lacks what it takes
 */
export async function startTorchPeer(
  models: { readonly suspect: string; readonly lifted: string },
  { threads, python }: { readonly threads: number; readonly python: string },
): Promise<TorchPeer | { readonly missing: string }> {
  const { suspect, lifted } = models;
  const child = spawn(python, [PROGRAM, suspect, lifted, `${threads}`, join(workspace, 'proto')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complaint = '';
  child.stderr.on('data', (text: Buffer) => (complaint = `${complaint}${text.toString()}`.slice(-500)));
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`missing ${error.message}`));
    child.once('close', (code) => resolve(`missing its process ended with ${code}: ${complaint.trim()}`));
  });
  const said = await Promise.race([firstAnswer(child.stdout), ended]);
  const address = /^listens on (\S+)$/.exec(said)?.[1];
  if (address === undefined) return { missing: said.replace(/^missing /, '') };
  const detector = connect(DetectorService, address);
  const close = async () => {
    detector.close();
    const exited = once(child, 'exit');
    child.kill();
    await exited;
  };
  return { pid: child.pid!, detector, close };
}

/** The libraries may say something of their own first. */
async function firstAnswer(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: output })) {
    if (/^(listens on|missing) /.test(line)) return line;
  }
  return new Promise(() => undefined);
}
