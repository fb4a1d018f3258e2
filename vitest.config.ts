import { defineConfig } from 'vitest/config'

// Two groups, one after the other. Tests in the first share nothing and run side by side; those in
// the second keep time, use fixed ports or start programs, and have the machine to themselves.
const alone = ['media', 'loop', 'e2e', 'conformance/engine', 'fault'].map(
  (folder) => `test/${folder}/**/*.test.ts`,
)

export default defineConfig({
  test: {
    // Garbage collections are counted, so tests must be able to ask for one.
    pool: 'forks',
    execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'],
    projects: [
      {
        extends: true,
        test: {
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: [...alone, 'test/bench/**'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'alone',
          include: alone,
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
