import { join } from 'node:path';
import { preset } from '../../../jest.preset.mjs';
import conformance from '../conformance/jest.config.mjs';

const engine = join(import.meta.dirname, '..');
const specs = preset(engine);

/** Stands in for the engine: the same, but TensorFlow's unless told otherwise. */
export const ENGINE_ON_TENSORFLOW = join(import.meta.dirname, 'engine-on-tensorflow.ts');

/** The package's classes are functions, which cannot extend a class of ECMAScript. */
const functionsForClasses = ['@swc/jest', { jsc: { target: 'es5' }, module: { type: 'commonjs' } }];

/** The specs that every backend has to pass, on TensorFlow. */
export const contract = {
  ...specs,
  testMatch: ['<rootDir>/src/kernels/{kernels,conv}.spec.ts', '<rootDir>/src/gradients/gradients.spec.ts'],
  moduleNameMapper: { '^\\.\\./index\\.js$': ENGINE_ON_TENSORFLOW, ...specs.moduleNameMapper },
};

/** The suite that TensorFlow.js ships, on TensorFlow. */
export const suite = {
  ...conformance,
  testMatch: ['<rootDir>/tensorflow/**/*.spec.ts'],
  transform: { ...conformance.transform, 'tfjs-core/dist/.+\\.js$': functionsForClasses },
};
