import type { TextStream } from '../cli-io.js';
import { liveProgress } from './live-progress.js';
import { plainProgress } from './plain-progress.js';

/** A step of a command, such as a stage of the defence. */
export interface Step {
  readonly key: string;
  readonly title: string;
}

/** How a command shows where it is. Steps run one after the other, in the order given. */
export interface Progress {
  /** The step at hand is doing this now; may be called as often as there is news. */
  update(key: string, text: string): void;
  done(key: string, text: string): void;
  skip(key: string, why: string): void;
  fail(key: string, why: string): void;
  /** Ends the display, whatever is still open. Nothing may be shown after it. */
  close(): Promise<void>;
}

/** Progress on a stream: live on a terminal, otherwise plain lines. */
export function createProgress(steps: readonly Step[], stream: TextStream): Progress {
  return stream.isTTY === true ? liveProgress(steps, stream) : plainProgress(steps, stream);
}
