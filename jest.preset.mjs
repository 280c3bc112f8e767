import { join } from 'node:path';

const workspace = import.meta.dirname;

/**
 * The one Jest configuration of the workspace. Specs and the packages they import run from their
 * TypeScript sources (export condition `ubt-source`), so no build is needed before a unit test.
 *
 * @param {string} rootDir the package's folder
 * @returns {import('jest').Config}
 */
export function preset(rootDir) {
  return {
    rootDir,
    testMatch: ['<rootDir>/src/**/*.spec.ts', '<rootDir>/test/**/*.spec.ts'],
    testEnvironment: join(workspace, 'libs/test-kit/jest/one-realm-environment.cjs'),
    testEnvironmentOptions: { customExportConditions: ['ubt-source', 'node', 'node-addons'] },
    extensionsToTreatAsEsm: ['.ts'],
    moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
    transform: {
      '^.+\\.ts$': [
        '@swc/jest',
        {
          jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
          module: { type: 'es6' },
          sourceMaps: 'inline',
        },
      ],
    },
    // Against hangs only: how long a test takes is the machine’s affair.
    testTimeout: 120_000,
  };
}
