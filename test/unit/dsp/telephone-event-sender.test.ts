import { describe, expect, test } from 'vitest'
import {
  TelephoneEventReceiver,
  TelephoneEventSender,
} from '../../../engine/dsp/telephone-event.ts'

interface Sent {
  tick: number
  event: number
  end: boolean
  duration: number
  marker: boolean
  /** Timestamp, when audio began at 0. */
  ts: number
}

function run(sender: TelephoneEventSender, ticks: number, fromTick = 0): Sent[] {
  const out = new Uint8Array(8)
  const sent: Sent[] = []
  for (let tick = fromTick; tick < fromTick + ticks; tick++) {
    const bytes = sender.tick(out, 2)
    if (bytes === 0) continue
    expect(bytes).toBe(4)
    sent.push({
      tick,
      event: out[2]!,
      end: (out[3]! & 0x80) !== 0,
      duration: (out[4]! << 8) | out[5]!,
      marker: sender.marker,
      ts: tick * 160 - sender.timestampOffsetSamples,
    })
  }
  return sent
}

test('one key of 60 ms: growing duration, one timestamp, marker first, end three times', () => {
  const sender = new TelephoneEventSender()
  sender.press('5', 60, 100)
  const packet = { event: 5, end: false, marker: false, ts: 0 }
  expect(run(sender, 20)).toEqual([
    { ...packet, tick: 0, duration: 160, marker: true },
    { ...packet, tick: 1, duration: 320 },
    { ...packet, tick: 2, duration: 480, end: true },
    { ...packet, tick: 3, duration: 480, end: true },
    { ...packet, tick: 4, duration: 480, end: true },
  ])
  expect(sender.busy).toBe(false)
})

test('the gap lies between two keys and the second has its own timestamp', () => {
  const sender = new TelephoneEventSender()
  sender.press('1#', 100, 100)
  const sent = run(sender, 30)
  expect(sent.filter((p) => p.marker).map(({ tick, ts, event }) => [tick, ts, event])).toEqual([
    [0, 0, 1],
    [10, 1600, 11],
  ])
})

test.each([
  { digits: 'w1', first: 25 },
  { digits: ',1', first: 25 },
  { digits: 'W1', first: 50 },
])('$digits begins after $first ticks', ({ digits, first }) => {
  const sender = new TelephoneEventSender()
  sender.press(digits)
  expect(run(sender, 100)[0]!.tick).toBe(first)
})

test.each([
  { durationMs: 0, gapMs: 0, packets: 3 },
  { durationMs: 1, gapMs: 1, packets: 3 },
  { durationMs: 25, gapMs: 0, packets: 4 },
])('$durationMs ms with a gap of $gapMs ms still has its end three times', (row) => {
  const sender = new TelephoneEventSender()
  sender.press('7', row.durationMs, row.gapMs)
  const sent = run(sender, 20)
  expect(sent).toHaveLength(row.packets)
  expect(sent.filter((p) => p.end)).toHaveLength(3)
})

test('a press beyond 65,535 units goes on in a new segment', () => {
  const sender = new TelephoneEventSender()
  sender.press('8', 20_000, 100)
  const sent = run(sender, 1100)
  const starts = [...new Set(sent.map((p) => p.ts))]
  expect(starts).toEqual([0, 65535, 131070])
  for (const ts of starts.slice(0, -1)) {
    const segment = sent.filter((p) => p.ts === ts)
    expect(segment.at(-1)).toMatchObject({ duration: 65535, end: false })
  }
  expect(sent.filter((p) => p.marker)).toHaveLength(1)
  expect(sent.at(-1)).toMatchObject({ duration: 160_000 - 131_070, end: true })
  for (const p of sent) expect(p.duration).toBeLessThanOrEqual(65535)
})

test('stop drops what waits and ends the key that sounds', () => {
  const sender = new TelephoneEventSender()
  sender.press('123', 1000)
  run(sender, 5)
  sender.stop()
  const rest = run(sender, 50, 5)
  expect(rest.map((p) => [p.event, p.end])).toEqual([
    [1, true],
    [1, true],
    [1, true],
  ])
  expect(sender.busy).toBe(false)
})

describe('bad input is refused as a whole', () => {
  test.each(['1x', 'é', '1 2', '+'])('%j', (digits) => {
    const sender = new TelephoneEventSender()
    expect(() => sender.press(digits)).toThrow(RangeError)
    expect(sender.busy).toBe(false)
  })

  test('more than 256 keys', () => {
    const sender = new TelephoneEventSender()
    sender.press('1'.repeat(256))
    expect(() => sender.press('1')).toThrow(RangeError)
  })
})

test('what the sender sends the receiver hears', () => {
  const heard: string[] = []
  const receiver = new TelephoneEventReceiver({
    onDigit: (digit, durationMs) => heard.push(`${digit}:${durationMs}`),
  })
  const sender = new TelephoneEventSender()
  sender.press('0123456789*#abcd', 80, 60)
  const out = new Uint8Array(4)
  for (let tick = 0; tick < 400; tick++) {
    if (sender.tick(out, 0) > 0) {
      const ts = tick * 160 - sender.timestampOffsetSamples
      receiver.packet(out, 0, 4, ts, sender.marker, tick)
    }
    receiver.tick(tick * 20)
  }
  expect(heard).toEqual([...'0123456789*#ABCD'].map((digit) => `${digit}:80`))
})
