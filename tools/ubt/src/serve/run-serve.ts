import { STAGES, type Stage } from '@ubt/contracts';
import type { ActionContext } from '../cli.js';
import { EXIT } from '../output/exit-code.js';
import { startServices } from './start-services.js';

/** Flags of `ubt serve`. */
export interface ServeFlags {
  readonly host?: string;
  readonly port?: number;
}

/** Serves until the person or the system asks to stop, then drains. @returns the exit code */
export async function runServe(
  flags: ServeFlags,
  { io, config, output, signal, launch }: ActionContext,
  [which = 'all']: readonly string[],
): Promise<number> {
  const stages = which === 'all' ? STAGES : [which as Stage];
  const services = await startServices({ ...flags, stages, env: io.env, config, log: io.stderr, launch });
  try {
    const lines = services.running.map(({ stage, address }) => `${stage} listens on ${address}`);
    output.result({ services: services.running }, lines);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    output.note('Stopping: work under way goes back to the queue.');
  } finally {
    await services.stop();
  }
  // A service that was asked to stop and did has not failed.
  return EXIT.ok;
}
