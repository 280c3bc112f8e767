import { preset } from '../../jest.preset.mjs';
import conformance from './conformance/jest.config.mjs';

const specs = preset(import.meta.dirname);

/** A configuration as one of several: the time limit is set once for all of them. */
function project(displayName, config) {
  const entries = Object.entries(config).filter(([option]) => option !== 'testTimeout');
  return { ...Object.fromEntries(entries), displayName };
}

/** Our own specs, and the suite that TensorFlow.js ships for its backends. */
export default {
  testTimeout: specs.testTimeout,
  projects: [project('specs', specs), project('conformance', conformance)],
};
