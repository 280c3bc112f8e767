import type { Stage } from '@ubt/contracts';
import type { EventBus, Logger } from '@ubt/service-kit';
import type { Environment } from '../config.js';

/** A stage's service that runs in this process. */
export interface StageServer {
  /** host:port it listens on. */
  readonly address: string;
  stop(): Promise<void>;
}

/** What a stage's service is started with. */
export interface LaunchOptions {
  readonly env: Environment;
  readonly bus?: EventBus;
  readonly logger?: Logger;
}

export type StageLauncher = (options: LaunchOptions) => Promise<StageServer>;

/** How each stage is started. */
export type StageLaunchers = Readonly<Record<Stage, StageLauncher>>;

/** The three services. Each is loaded only when it is started: most commands need none of them. */
export const launchers: StageLaunchers = {
  detector: async (options) => (await import('@ubt/detector')).serveDetector(options),
  selector: async (options) => (await import('@ubt/selector')).serveSelector(options),
  unlearner: async (options) => (await import('@ubt/unlearner')).serveUnlearner(options),
};
