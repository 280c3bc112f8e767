import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

/** Imports go one way: tools → services → libs. The tags stand in each package.json under "nx". */
const moduleBoundaries = [
  { sourceTag: 'type:leaf', onlyDependOnLibsWithTags: [] },
  { sourceTag: 'type:lib', onlyDependOnLibsWithTags: ['type:leaf', 'type:lib', 'type:test'] },
  { sourceTag: 'type:test', onlyDependOnLibsWithTags: ['type:leaf', 'type:lib', 'type:test'] },
  { sourceTag: 'type:service', onlyDependOnLibsWithTags: ['type:leaf', 'type:lib', 'type:test'] },
  {
    sourceTag: 'type:tool',
    onlyDependOnLibsWithTags: ['type:leaf', 'type:lib', 'type:test', 'type:service', 'type:tool'],
  },
];

const onlyEngineRunsBackends = {
  regex: '^(@tensorflow/(tfjs$|tfjs-(node|backend).*)|onnxruntime-.*)',
  message: 'Only libs/engine imports backends; use @ubt/engine and the @tensorflow/tfjs-core ops.',
};
const noDeepImports = { regex: '^@ubt/[^/]+/.+', message: "Import a package's index, not its inside." };

export default tseslint.config(
  { ignores: ['**/dist/**', '**/gen/**', '**/node_modules/**', '.nx/**', '.cache/**', 'tmp/**'] },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts'],
    plugins: { '@nx': nx },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        { depConstraints: moduleBoundaries, enforceBuildableLibDependency: false, allow: [] },
      ],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      'no-restricted-imports': ['error', { patterns: [onlyEngineRunsBackends, noDeepImports] }],
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only config.ts reads the environment.' },
      ],
    },
  },
  {
    files: ['libs/engine/**/*.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns: [noDeepImports] }] },
  },
  {
    files: ['**/config.ts', '**/*.spec.ts', 'libs/test-kit/**/*.ts', 'libs/service-kit/src/config/**/*.ts'],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: ['**/*.cjs'],
    rules: { '@typescript-eslint/no-require-imports': 'off' },
    languageOptions: { sourceType: 'commonjs' },
  },
  {
    // The domain is pure: plain data and tensors in and out.
    files: ['services/*/src/domain/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            onlyEngineRunsBackends,
            noDeepImports,
            {
              regex: '^@ubt/(?!clip$|consensus$|engine$|errors$)',
              message: 'A domain may import only clip, consensus, engine and errors.',
            },
            { regex: '^node:', message: 'A domain does no I/O.' },
          ],
        },
      ],
      'no-restricted-globals': [
        'error',
        { name: 'Date', message: 'A domain has no clock.' },
        'performance',
        'fetch',
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Use a seeded generator.' },
      ],
    },
  },
);
