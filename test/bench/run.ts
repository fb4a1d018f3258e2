import { benches } from './benches.ts'
import { load, printConditions } from './conditions.ts'
import type { Print } from './report.ts'

const print: Print = (line) => process.stdout.write(`${line}\n`)

function usage(): never {
  print('npm run bench [-- [--short] [name ...]]; without a name all of them, about 25 minutes')
  for (const { name, title } of benches) print(`  ${name.padEnd(13)} ${title}`)
  print('BENCH_PROFILE=folder leaves CPU profiles of every thread of the engine there')
  process.exit(2)
}

async function main(args: readonly string[]): Promise<void> {
  const isShort = args.includes('--short')
  const names = args.filter((arg) => arg !== '--short')
  const wanted = benches.filter(({ name }) => names.length === 0 || names.includes(name))
  if (names.some((name) => !benches.some((bench) => bench.name === name))) usage()
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

await main(process.argv.slice(2))
