import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/support/longest-first.ts'

// Groups, one after the other. Tests in the first keep no ports and no time, and run side by side. Those in the
// second start whole engines, each on ports of its own, and wait more than they work. Those in the third
// have browsers besides, two at a time. Those in the fourth keep time, but two of them do so beside each other;
// those in the last have the machine to themselves.
const inFolders = (...folders: readonly string[]) =>
  folders.map((folder) => `test/${folder}/**/*.test.ts`)
/** Of the faults those that keep no time. */
const faults = ['start', 'life', 'second-engine', 'storm'].map(
  (name) => `test/fault/${name}.test.ts`,
)
const whole = [...inFolders('e2e', 'conformance/engine'), ...faults]
const loop = inFolders('loop')
/** Once more, over a SIP server in a process of its own. */
const apart = ['phones', 'inbound', 'trunks', 'hold-and-transfer', 'early-media', 'messages'].map(
  (name) => `test/e2e/${name}.test.ts`,
)
/** A recorder that is late loses sound. */
const microphone = 'test/e2e/microphone.test.ts'
/** Beside each other each still has the time that it wants: they mostly wait for sound. */
const pair = [microphone, 'test/media/thread-death.test.ts']
const alone = inFolders('media', 'fault')
const browsers = inFolders('browser')
/**
 * Files of these folders leave nothing behind in their process, and the next one runs there too: most of the
 * time of a short file would be that of loading the engine once more.
 */
const units = ['api', 'app', 'core', 'store', 'sip-server', 'web', 'tts', 'tokens'].map(
  (folder) => `test/unit/${folder}/**/*.test.ts`,
)
/** Of PostgreSQL alone. */
const server = 'test/unit/store/postgres/**'

export default defineConfig({
  test: {
    // What has to come comes on a busy machine too, later.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 30_000 } },
    // Garbage collections are counted, so tests must be able to ask for one.
    pool: 'forks',
    sequence: { sequencer: LongestFirst },
    execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'],
    projects: [
      {
        extends: true,
        test: {
          name: 'together',
          include: units,
          exclude: [server],
          isolate: false,
          // Of two cores vitest would use one; a third is busy while others start and wait.
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'single',
          include: ['test/**/*.test.ts'],
          exclude: [...units, ...whole, ...loop, ...browsers, ...pair, ...alone, 'test/bench/**'],
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'postgres',
          // The same tests of the store once more, over a PostgreSQL that is started for them.
          include: ['test/unit/store/**/*.test.ts'],
          env: { TEST_DATABASE: 'postgres' },
          globalSetup: 'test/support/postgres-setup.ts',
          isolate: false,
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'whole',
          include: whole,
          exclude: [microphone],
          maxWorkers: 4,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'loop',
          include: loop,
          maxWorkers: 4,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'apart',
          include: apart,
          env: { TEST_SIP_SERVER: 'separate' },
          maxWorkers: 4,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'browsers',
          include: browsers,
          maxWorkers: 3,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: 'pair',
          include: pair,
          maxWorkers: 2,
          sequence: { groupOrder: 3 },
        },
      },
      {
        extends: true,
        test: {
          name: 'alone',
          include: alone,
          exclude: [...faults, ...pair],
          fileParallelism: false,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
})
