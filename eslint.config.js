import js from '@eslint/js'
import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'

/** Forbids imports whose path matches, with the reason that a reader needs. */
const forbid = (...patterns) => ({ 'no-restricted-imports': ['error', { patterns }] })

const platform = { regex: '^node:', message: 'The core has no I/O and no clock: give it what it needs as values.' }
const packages = { regex: '^[^.]', message: 'The core imports only the core.' }
const outward = (to, message) => ({ regex: `^\\.\\.?/(.*/)?(${to})(\\.ts$|/)`, message })

export default defineConfig(
  globalIgnores(['dist', 'build', '.tap']),
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: ['tsconfig.json', 'test/tsconfig.json'] } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    files: ['examples/**/*.mjs'],
    languageOptions: { globals: { AbortController: 'readonly', console: 'readonly', process: 'readonly' } },
  },
  {
    // tap runs the subtests of a test one after another, awaited or not.
    files: ['test/**/*.test.ts'],
    rules: { '@typescript-eslint/no-floating-promises': 'off', '@typescript-eslint/require-await': 'off' },
  },
  // Imports go one way: core <- edge, report <- farm <- faces (index, cli).
  {
    files: ['lib/core/**'],
    rules: {
      ...forbid(platform, packages, outward('edge|report|farm|cli|index', 'The core imports only the core.')),
      'no-restricted-globals': ['error', 'process', 'setTimeout', 'setInterval', 'fetch', 'Buffer'],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'The core has no clock.' },
        { object: 'Math', property: 'random', message: 'The same input gives the same schedule.' },
      ],
    },
  },
  {
    files: ['lib/edge/**'],
    rules: forbid(outward('report|farm|cli|index', 'The edge imports the core and itself.')),
  },
  {
    files: ['lib/report/**'],
    rules: forbid(outward('edge|farm|cli|index', 'Reports are pure functions of what the core knows.')),
  },
  {
    files: ['lib/farm/**'],
    rules: forbid(outward('cli|index', 'Faces import the farm, not the other way round.')),
  },
)
