import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { inMib, inMs, inPercent, type Print, printTable } from '../report.ts'
import type { Figures } from './measure.ts'

/** The best run of each case so far: kept in the repository, and replaced by a better one. */
interface Kept {
  readonly machine: string
  readonly cpu: number
  readonly delayP50Ms: number
  readonly delayP99Ms: number
  readonly leastReceived: number
  readonly rssBytes: number
}

const file = new URL('../history/conference.json', import.meta.url)
const WHOLE = 49.9

function history(): Record<string, Kept> {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, Kept>) : {}
}

/** Only of runs in which every member got all packets. */
export function keepBest(name: string, figures: Figures): void {
  const kept = history()
  const before = kept[name]
  if (figures.leastReceived < WHOLE || (before && before.cpu <= figures.cpu)) return
  const { cpu, delayP50Ms, delayP99Ms, leastReceived, rssBytes } = figures
  const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'unknown CPU'}`
  const next = {
    ...kept,
    [name]: { machine, cpu, delayP50Ms, delayP99Ms, leastReceived, rssBytes },
  }
  writeFileSync(file, `${JSON.stringify(next, null, 2)}\n`)
}

export function printHistory(print: Print): void {
  print('  the best so far (test/bench/history/conference.json)')
  const rows = Object.entries(history()).map(([name, kept]) => [
    name,
    ...[inPercent(kept.cpu), inMs(kept.delayP50Ms), inMs(kept.delayP99Ms)],
    ...[kept.leastReceived.toFixed(2), inMib(kept.rssBytes), kept.machine],
  ])
  const heading = ['', 'CPU', 'delay p50', 'delay p99', 'least /s', 'memory', 'machine']
  printTable(print, [heading, ...rows])
}
