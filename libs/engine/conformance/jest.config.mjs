import { join } from 'node:path';
import { preset } from '../../../jest.preset.mjs';

const engine = join(import.meta.dirname, '..');
const base = preset(engine);
const swcCommonJs = ['@swc/jest', { jsc: { target: 'es2023' }, module: { type: 'commonjs' } }];

/**
 * Runs the test suite that `@tensorflow/tfjs-core` ships, on the onnxruntime backend. Its tests are ES modules
 * that Node.js cannot load as they are, so they are transformed; the package's index is mapped to the same
 * modules, so that tests and backend share one copy.
 */
export default {
  ...base,
  testMatch: ['<rootDir>/conformance/**/*.spec.ts'],
  transform: { ...base.transform, 'tfjs-core/dist/.+\\.js$': swcCommonJs },
  transformIgnorePatterns: ['/node_modules/(?!@tensorflow/tfjs-core/dist/)'],
  moduleNameMapper: {
    '^@tensorflow/tfjs-core$': '<rootDir>/../../node_modules/@tensorflow/tfjs-core/dist/index.js',
    '^jasmine-core/.*': '<rootDir>/conformance/jasmine-core.cjs',
    ...base.moduleNameMapper,
  },
};
