import { readFileSync } from 'node:fs'
import type { Entry, Lanes } from './lanes.ts'

/** Fixtures are lanes as text: `[lane]`, entries at the left edge, their headers indented. */
export function printFixture(lanes: Lanes): string {
  const lines: string[] = []
  for (const [lane, entries] of lanes) {
    lines.push(`[${lane}]`)
    for (const { head, headers, repeats } of entries) {
      lines.push(head, ...headers.map((header) => `  ${header}`))
      if (repeats) lines.push(`  *${repeats}`)
    }
    lines.push('')
  }
  return lines.join('\n')
}

export function parseFixture(text: string): Lanes {
  const lanes: Lanes = new Map()
  let entries: Entry[] = []
  let headers: string[] = []
  for (const line of text.split('\n')) {
    const lane = /^\[(.+ > .+)\]$/.exec(line)
    if (lane) {
      entries = []
      lanes.set(lane[1] ?? '', entries)
    } else if (/^ {2}\*\d+$/.test(line)) {
      const last = entries.at(-1)
      if (last) last.repeats = Number(line.slice(3))
    } else if (line.startsWith('  ')) {
      headers.push(line.slice(2))
    } else if (line) {
      headers = []
      entries.push({ head: line, headers, repeats: 0 })
    }
  }
  return lanes
}

const folder = new URL('../../fixtures/drachtio/', import.meta.url)

export function readFixture(name: string): Lanes {
  return parseFixture(readFileSync(new URL(`${name}.txt`, folder), 'utf8'))
}

export const sippScenario = (name: string): string => new URL(`sipp/${name}.xml`, folder).pathname
