import type { Print } from '../../bench/report.ts'
import { amd } from './amd.ts'
import { c1 } from './c1.ts'
import { c2 } from './c2.ts'
import { c3 } from './c3.ts'
import type { QualityTable } from './table.ts'

// The quality of what is heard, as tables with pass lines: npm run quality [-- name ...].

const tables: readonly QualityTable[] = [c1, c2, c3, amd]

const print: Print = (line) => process.stdout.write(`${line}\n`)
const names = process.argv.slice(2)
if (names.some((name) => !tables.some((table) => table.name === name))) {
  print('npm run quality [-- name ...]; without a name all of them')
  for (const { name, title } of tables) print(`  ${name.padEnd(4)} ${title}`)
  process.exit(2)
}
for (const table of tables) {
  if (names.length > 0 && !names.includes(table.name)) continue
  print(`\n${table.name}: ${table.title}`)
  if (!(await table.run(print))) process.exitCode = 1
}
