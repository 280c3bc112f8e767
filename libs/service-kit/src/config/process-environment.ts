import type { Environment } from './define-config.js';

/** The environment of a child process: this one's, with some variables set on top. */
export function childEnvironment(extra: Environment = {}): NodeJS.ProcessEnv {
  return { ...process.env, ...extra };
}

/** This process's environment. */
export const processEnvironment = (): Environment => process.env;
