/** Telephone events beside Opus: on a clock of 48,000 Hz a press is split after 1.37 s, not after 8. */
import { describe, expect, test } from 'vitest'
import {
  TelephoneEventReceiver,
  TelephoneEventSender,
} from '../../../engine/dsp/telephone-event.ts'
import { seeded } from './packet-trace.ts'

const clockRateHz = 48_000
const TICK = 960

interface Sent {
  readonly payload: Uint8Array
  readonly timestamp: number
  readonly marker: boolean
  readonly tick: number
}

function sent(digits: string, durationMs: number, gapMs: number, firstTimestamp = 0): Sent[] {
  const sender = new TelephoneEventSender({ clockRateHz })
  sender.press(digits, durationMs, gapMs)
  const out = new Uint8Array(4)
  const packets: Sent[] = []
  for (let tick = 0; sender.busy; tick++) {
    if (sender.tick(out, 0) === 0) continue
    const timestamp = (firstTimestamp + tick * TICK - sender.timestampOffsetSamples) | 0
    packets.push({ payload: out.slice(), timestamp, marker: sender.marker, tick })
  }
  return packets
}

const durationOf = ({ payload }: Sent) => payload[2]! * 256 + payload[3]!
const isEnd = ({ payload }: Sent) => (payload[1]! & 0x80) !== 0

function heard(packets: readonly Sent[]): string[] {
  const digits: string[] = []
  const receiver = new TelephoneEventReceiver({
    clockRateHz,
    onDigit: (digit, durationMs) => digits.push(`${digit}:${durationMs}`),
  })
  let next = 0
  const lastTick = packets.at(-1)!.tick + 20
  for (let tick = 0; tick < lastTick; tick++) {
    for (; next < packets.length && packets[next]!.tick <= tick; next++) {
      const { payload, timestamp, marker } = packets[next]!
      receiver.packet(payload, 0, 4, timestamp, marker, next)
    }
    receiver.tick(tick * 20)
  }
  return digits
}

test('one key of 100 ms: its duration grows by 960 a tick, one timestamp, end three times', () => {
  const packets = sent('5', 100, 100)
  expect(packets.map(durationOf)).toEqual([960, 1920, 2880, 3840, 4800, 4800, 4800])
  expect(packets.every(({ timestamp }) => timestamp === 0)).toBe(true)
  expect(packets.map(({ marker }) => marker)).toEqual([true, ...Array(6).fill(false)])
  expect(packets.map(isEnd)).toEqual([...Array(4).fill(false), true, true, true])
})

test('two keys lie as far apart as the clock says', () => {
  const starts = sent('12', 100, 60).filter(({ marker }) => marker)
  expect(starts.map(({ timestamp }) => timestamp)).toEqual([0, 160 * 48])
})

test('4 s of one key: three segments, each beginning where the one before ended', () => {
  const packets = sent('8', 4000, 100)
  const starts = [...new Set(packets.map(({ timestamp }) => timestamp))]
  expect(starts).toEqual([0, 65_535, 131_070])
  for (const start of starts.slice(0, 2)) {
    const last = packets.findLast(({ timestamp }) => timestamp === start)!
    expect(durationOf(last)).toBe(65_535)
    expect(isEnd(last)).toBe(false)
  }
  expect(durationOf(packets.at(-1)!)).toBe(4 * 48_000 - 131_070)
  expect(packets.filter(isEnd)).toHaveLength(3)
})

describe('what is sent is heard', () => {
  test.each([0, 2 ** 32 - 50_000, 2 ** 31 - 50_000])('from timestamp %d on', (first) => {
    const digits = '0123456789*#ABCD'
    expect(heard(sent(digits, 80, 60, first))).toEqual([...digits].map((d) => `${d}:80`))
    expect(heard(sent('9', 4000, 100, first))).toEqual(['9:4000'])
  })

  test('one key twice, no more than 40 ms apart', () => {
    expect(heard(sent('77', 40, 40))).toEqual(['7:40', '7:40'])
  })

  test.each([1, 2, 3])('with a third of the packets lost (%d): each key once', (seed) => {
    const random = seeded(seed)
    const packets = sent('13579', 200, 100)
    const kept = packets.filter((packet) => packet.marker || random() > 1 / 3)
    expect(heard(kept).map((told) => told[0])).toEqual([...'13579'])
  })
})
