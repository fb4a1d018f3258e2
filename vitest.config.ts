import { defineConfig } from 'vitest/config'

// Groups, one after the other. Tests in the first share nothing and run side by side. Those in the
// second start whole engines, each on ports of its own, and wait more than they work. Those in the third
// have browsers besides, two at a time. Those in the last keep time, and have the machine to themselves.
const inFolders = (...folders: readonly string[]) =>
  folders.map((folder) => `test/${folder}/**/*.test.ts`)
const whole = inFolders('e2e', 'conformance/engine')
/** Once more, over a SIP server in a process of its own. */
const apart = ['phones', 'inbound', 'trunks', 'hold-and-transfer', 'early-media', 'messages'].map(
  (name) => `test/e2e/${name}.test.ts`,
)
/** A recorder that is late loses sound. */
const microphone = 'test/e2e/microphone.test.ts'
const alone = [...inFolders('media', 'loop', 'fault'), microphone]
const browsers = inFolders('browser')

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
          exclude: [...whole, ...browsers, ...alone, 'test/bench/**'],
          // Of two cores vitest would use one; a third is busy while others start and wait.
          maxWorkers: 3,
          testTimeout: 30_000,
          hookTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'whole',
          include: whole,
          exclude: [microphone],
          maxWorkers: 3,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'apart',
          include: apart,
          env: { TEST_SIP_SERVER: 'separate' },
          maxWorkers: 3,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'browsers',
          include: browsers,
          maxWorkers: 2,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 2 },
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
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
})
