import { join } from 'node:path';
import { preset } from '../../jest.preset.mjs';
import { contract, ENGINE_ON_TENSORFLOW, suite } from '../../libs/engine/tensorflow/jest.config.mjs';

const clip = preset(join(import.meta.dirname, '../../libs/clip'));
const golden = {
  ...clip,
  testMatch: ['<rootDir>/test/golden.spec.ts'],
  moduleNameMapper: { '^@ubt/engine$': ENGINE_ON_TENSORFLOW, ...clip.moduleNameMapper },
};

/** One of several configurations: the time limit is set once for all of them. */
function project(displayName, config) {
  const entries = Object.entries(config).filter(([option]) => option !== 'testTimeout');
  return { ...Object.fromEntries(entries), displayName };
}

/** The specs of other packages as they are, on TensorFlow, and what compares the two backends. */
export default {
  testTimeout: 300_000,
  projects: [
    project('engine contract', contract),
    project('tfjs-core suite', suite),
    project('golden fixtures', golden),
    project('both backends', preset(import.meta.dirname)),
  ],
};
