import type { Method } from './audio-leg.ts'
import { withBridges } from './bridges.ts'
import {
  against,
  type Bench,
  delayHeading,
  delayRow,
  inMs,
  type Print,
  printTable,
} from './report.ts'

const bridges = 5
type Kind = readonly [
  name: string,
  payloadTypes: readonly [0 | 8, 0 | 8],
  record: boolean,
  method: Method,
  aimMs: number,
]
const kinds: readonly Kind[] = [
  ['pass-through (PCMU to PCMU)', [0, 0], false, 'stamp', 2],
  ['passed through and recorded (PCMU to PCMU)', [0, 0], true, 'stamp', 2],
  ['decoded (PCMU to PCMA)', [0, 8], false, 'impulse', 40],
  ['decoded and recorded (PCMU to PCMA)', [0, 8], true, 'impulse', 40],
]

/**
 * From the sending of a packet to the arrival of its sound at the other phone, by a mark in the audio. The
 * 20 ms that the sender needs to fill a packet are in nobody's figure; waiting for the tick and the jitter
 * buffer are.
 */
async function run(print: Print, isShort: boolean): Promise<void> {
  const rows: string[][] = [[...delayHeading]]
  const verdicts: string[] = []
  for (const [name, payloadTypes, record, method, aimMs] of kinds) {
    const talked = await withBridges({ bridges, record, payloadTypes, method }, ({ generator }) =>
      generator.talk(2_000, isShort ? 3_000 : 15_000),
    )
    rows.push(delayRow(name, talked.delayMs), delayRow('  phones late by', talked.lateMs))
    const { p50 } = talked.delayMs
    verdicts.push(`  p50 ${against(p50, aimMs, inMs(p50))}, ${name}`)
  }
  printTable(print, rows)
  for (const verdict of verdicts) print(verdict)
  print(`  ${bridges} bridges at once; a phone's own lateness is not in its delays`)
}

export const bridgeDelay: Bench = {
  name: 'delay',
  title: 'Audio delay through a bridge',
  run,
}
