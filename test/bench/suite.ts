import { load, printConditions } from './conditions.ts'
import type { Bench, Print } from './report.ts'

export interface Suite {
  /** How it is run, for people. */
  readonly command: string
  readonly about: string
  /** In the order in which they run. */
  readonly benches: readonly Bench[]
}

const print: Print = (line) => process.stdout.write(`${line}\n`)

function usage({ command, about, benches }: Suite): never {
  print(`${command} [-- [--short] [name ...]]; without a name all of them, ${about}`)
  for (const { name, title } of benches) print(`  ${name.padEnd(13)} ${title}`)
  print('BENCH_PROFILE=folder leaves CPU profiles of every thread of the engine there')
  process.exit(2)
}

/** Runs those benches that the arguments name. What could not be measured is told, and is the exit code. */
export async function runSuite(suite: Suite, args: readonly string[]): Promise<void> {
  const { benches } = suite
  const isShort = args.includes('--short')
  const names = args.filter((arg) => arg !== '--short')
  const wanted = benches.filter(({ name }) => names.length === 0 || names.includes(name))
  if (names.some((name) => !benches.some((bench) => bench.name === name))) usage(suite)
  printConditions(print, isShort)
  for (const bench of wanted) {
    print(`\n${bench.name}: ${bench.title}`)
    const startMs = performance.now()
    try {
      await bench.run(print, isShort)
    } catch (error) {
      process.exitCode = 1
      print(`  could not be measured: ${error instanceof Error ? error.message : String(error)}`)
    }
    const seconds = ((performance.now() - startMs) / 1000).toFixed(0)
    print(`  (took ${seconds} s; load ${load()})`)
  }
}
