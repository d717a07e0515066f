import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** What Node and browsers add to the language: core gets clock, scheduler and randomness by constructor instead. */
const HOST_GLOBALS = [
  ...['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'clearImmediate', 'queueMicrotask'],
  ...['Date', 'performance', 'crypto', 'process', 'Buffer', 'console', 'global', 'globalThis', 'self', 'window'],
  ...['require', 'module', 'exports', '__dirname', '__filename', 'structuredClone', 'fetch', 'Intl', 'Worker'],
  ...['URL', 'URLSearchParams', 'TextEncoder', 'TextDecoder', 'atob', 'btoa', 'Blob', 'navigator', 'localStorage'],
  ...['Event', 'EventTarget', 'AbortController', 'AbortSignal', 'MessageChannel', 'MessagePort', 'BroadcastChannel'],
  ...['eval', 'Function'],
];
const NO_HOST = 'core is pure: take a Clock, Scheduler or Random in the constructor instead.';

/** Forbids every import from outside of the package except those in `allowed` (a regular expression). */
function onlyRelativeImports(allowed, message) {
  return ['error', { patterns: [{ regex: allowed ? `^(?!(?:${allowed})$)[^.]` : '^[^.]', message }] }];
}

const NO_DEFAULT_EXPORT = {
  selector: 'ExportDefaultDeclaration',
  message: 'Export by name, so that a thing has one name everywhere.',
};

export default defineConfig(
  globalIgnores(['**/dist/', '**/build/', '**/build-*/', '**/coverage/', 'bench/results/', '.setup/', '.nx/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    name: 'lunetta/typescript',
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: 'error',
      'no-restricted-syntax': ['error', NO_DEFAULT_EXPORT],
      // An async function that only throws is how a promise of the contract is rejected.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    name: 'lunetta/file-length',
    files: ['packages/*/src/**/*.ts'],
    rules: { 'max-lines': ['error', { max: 350, skipBlankLines: true, skipComments: true }] },
  },
  {
    name: 'lunetta/core-is-pure',
    files: ['packages/core/src/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', ...HOST_GLOBALS.map((name) => ({ name, message: NO_HOST }))],
      'no-restricted-properties': ['error', { object: 'Math', property: 'random', message: NO_HOST }],
      'no-restricted-imports': onlyRelativeImports('', 'core imports nothing from outside of it.'),
      'no-restricted-syntax': [
        'error',
        NO_DEFAULT_EXPORT,
        { selector: 'ImportExpression', message: 'core loads nothing while it runs.' },
        { selector: "MetaProperty[meta.name='import']", message: NO_HOST },
      ],
    },
  },
  {
    name: 'lunetta/core-container',
    files: ['packages/core/src/container/**/*.ts'],
    rules: {
      'no-restricted-imports': onlyRelativeImports(
        'inversify|reflect-metadata',
        'core/src/container imports only inversify and reflect-metadata from outside of core.',
      ),
    },
  },
  {
    name: 'lunetta/tests',
    files: ['**/test/**/*.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        ...['test', 'describe', 'it'].map((object) => ({ object, property: 'only', message: 'It hides other tests.' })),
      ],
    },
  },
  {
    name: 'lunetta/scripts',
    files: ['**/*.{js,mjs}'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        AbortSignal: 'readonly',
      },
    },
  },
  {
    name: 'lunetta/commonjs',
    files: ['**/*.cjs'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: { module: 'writable', require: 'readonly', __dirname: 'readonly' },
    },
  },
);
