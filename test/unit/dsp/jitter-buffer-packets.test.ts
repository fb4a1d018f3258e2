/** The jitter buffer when packets are handed out whole, as for Opus: the same demands, on a 48 kHz clock. */
import { describe, expect, test } from 'vitest'
import { JitterBuffer } from '../../../engine/dsp/jitter-buffer.ts'
import {
  concealed,
  greatestDelayMs,
  played,
  START_MS,
  seeded,
  type TraceOptions,
  trace as traceOf,
} from './packet-trace.ts'
import { milliseconds, packetSamples, playWhole } from './whole-packets.ts'

const TEN_MINUTES = 30_000
const phases = [0.5, 5, 10, 15, 19.5]
const trace = (options: TraceOptions) => traceOf({ samplesPerMs: 48, ...options })

describe('a clean network', () => {
  test.each(phases)('ticks %d ms behind the packets: 10 min, <= 30 ms, 0 concealed', (phaseMs) => {
    const random = seeded(1)
    const packets = trace({ packets: TEN_MINUTES, delayMs: () => random() * 2 })
    const { frames, buffer } = playWhole(packets, { phaseMs })
    expect(concealed(frames)).toHaveLength(0)
    expect(greatestDelayMs(frames)).toBeLessThanOrEqual(30)
    expect(played(frames).length).toBeGreaterThanOrEqual(TEN_MINUTES - 2)
    expect(buffer.counters).toMatchObject({ late: 0, lost: 0, resets: 0, dropped: 0, repeated: 0 })
  })

  test.each([2.5, 5, 10, 20, 40, 60, 120])(
    'packets of %d ms: every one once, in order',
    (ptimeMs) => {
      const packets = trace({ packets: 2000, ptimeMs, ...{ delayMs: () => 3 } })
      const { frames, buffer } = playWhole(packets, { slots: 128, stretches: true })
      expect(concealed(frames)).toHaveLength(0)
      expect(greatestDelayMs(frames)).toBeLessThanOrEqual(50)
      const serials = played(frames).map(({ serial }) => serial)
      expect(serials).toEqual(serials.map((_, i) => serials[0]! + i))
      expect(serials.length).toBeGreaterThanOrEqual(2000 - 60 / ptimeMs - 1)
      expect(played(frames).every(({ lastsMs }) => lastsMs === ptimeMs)).toBe(true)
      expect(buffer.counters).toMatchObject({
        late: 0,
        lost: 0,
        resets: 0,
        dropped: 0,
        repeated: 0,
      })
    },
  )

  test('packets of many lengths in one stream', () => {
    const random = seeded(12)
    const lengths = [2.5, 5, 10, 20, 20, 20, 40, 60]
    const ptimes = Array.from({ length: 3000 }, () => lengths[Math.floor(random() * 8)]!)
    // A packet is sent when its last sample has been spoken.
    const packets = trace({ packets: 3000, ptimeMs: (i) => ptimes[i]!, delayMs: (i) => ptimes[i]! })
    const { frames } = playWhole(packets)
    const settled = frames.filter(({ tickMs }) => tickMs > START_MS + 5000)
    expect(concealed(settled).length).toBeLessThanOrEqual(settled.length / 500)
    const serials = played(frames).map(({ serial }) => serial)
    expect(serials).toEqual(serials.toSorted((a, b) => a - b))
    expect(new Set(serials).size).toBe(serials.length)
    expect(greatestDelayMs(frames)).toBeLessThanOrEqual(130)
  })
})

describe('jitter', () => {
  test.each(phases)('uniform 0-40 ms, phase %d: <= 0.1 % concealed, <= 80 ms', (phaseMs) => {
    const random = seeded(2)
    const packets = trace({ packets: TEN_MINUTES, delayMs: () => random() * 40 })
    const { frames } = playWhole(packets, { phaseMs })
    expect(concealed(frames).length).toBeLessThanOrEqual(TEN_MINUTES / 1000)
    expect(greatestDelayMs(frames)).toBeLessThanOrEqual(80)
  })

  test.each([10, 60])('uniform 0-40 ms, packets of %d ms', (ptimeMs) => {
    const random = seeded(2)
    const packets = trace({ packets: 10_000, ptimeMs, delayMs: () => random() * 40 })
    const { frames } = playWhole(packets)
    expect(milliseconds(concealed(frames))).toBeLessThanOrEqual(10 * ptimeMs + 100)
    expect(greatestDelayMs(frames)).toBeLessThanOrEqual(80 + ptimeMs)
  })

  test('bursts of 200 ms every 10 s: back to <= 60 ms within 5 s, no growth', () => {
    const packets = trace({
      packets: TEN_MINUTES,
      delayMs: (i) => {
        const ms = (i * 20) % 10_000
        return ms >= 5000 && ms < 5200 ? 5200 - ms : 0
      },
    })
    const { frames } = playWhole(packets)
    const settled = frames.filter((f) => (f.tickMs - START_MS) % 10_000 < 5000)
    expect(greatestDelayMs(settled)).toBeLessThanOrEqual(60)
    expect(concealed(settled)).toHaveLength(0)
    expect(concealed(frames).length).toBeLessThanOrEqual(60 * 10)
  })

  test('a path that becomes 150 ms longer for good: speech is back within 200 ms', () => {
    const packets = trace({ packets: 3000, delayMs: (i) => (i < 1500 ? 0 : 150) })
    const { frames, buffer } = playWhole(packets)
    const silentUntil = frames.findLast((f) => f.bytes <= 0)!.tickMs
    expect(silentUntil).toBeLessThanOrEqual(START_MS + 30_000 + 150 + 200)
    expect(greatestDelayMs(frames)).toBeLessThanOrEqual(150 + 60)
    expect(buffer.counters.resets).toBe(1)
  })

  test('a network that freezes for 5 s and then pours everything out', () => {
    const packets = trace({
      packets: 3000,
      delayMs: (i) => (i >= 1000 && i < 1250 ? (1250 - i) * 20 : 0),
    })
    const { frames } = playWhole(packets)
    const thawedMs = START_MS + 25_000
    const first = played(frames).find((f) => f.tickMs >= thawedMs)!
    expect(first.tickMs - thawedMs).toBeLessThanOrEqual(200)
    expect(greatestDelayMs(frames.slice(-1000))).toBeLessThanOrEqual(100)
  })
})

describe('loss', () => {
  test.each([1, 3, 5, 10])('%d %% at random: concealed = lost +-1', (percent) => {
    const random = seeded(percent)
    const isLost = Array.from({ length: TEN_MINUTES }, (_, i) => i > 0 && random() < percent / 100)
    const packets = trace({ packets: TEN_MINUTES, lost: (i) => isLost[i]! })
    const { frames, buffer } = playWhole(packets, { stretches: true })
    const lost = TEN_MINUTES - packets.length
    expect(Math.abs(concealed(frames).length - lost)).toBeLessThanOrEqual(1)
    expect(Math.abs(buffer.counters.lost - lost)).toBeLessThanOrEqual(1)
  })

  test.each([10, 40, 60])('single packets of %d ms: as long is concealed, +-20 ms', (ptimeMs) => {
    const packets = trace({ packets: 2000, ptimeMs, lost: (i) => i % 100 === 50 })
    const { frames, buffer } = playWhole(packets, { stretches: true })
    expect(buffer.counters.lost).toBe(20)
    expect(Math.abs(milliseconds(concealed(frames)) - 20 * ptimeMs)).toBeLessThanOrEqual(20)
    expect(played(frames).length).toBeGreaterThanOrEqual(packets.length - 6)
  })

  test('the packet behind a lost one can be looked at, and is played too', () => {
    const isLost = (i: number) => i % 50 === 20 || i % 50 === 40 || i % 50 === 41
    const { frames } = playWhole(trace({ packets: 1000, lost: isLost }), {
      minDelayMs: 30,
      stretches: true,
    })
    const gaps = frames.flatMap((piece, at) => (piece.bytes === 0 ? [{ piece, at }] : []))
    expect(gaps).toHaveLength(60)
    for (const { piece, at } of gaps) {
      const follows = frames[at + 1]!
      // In front of a second lost one there is nothing to look at.
      expect(piece.serial).toBe(follows.bytes > 0 ? follows.serial : -1)
    }
    expect(gaps.filter(({ piece }) => piece.serial >= 0)).toHaveLength(40)
  })

  test.each(phases)('once there is loss, the packet behind is waited for, phase %d', (phaseMs) => {
    const random = seeded(5)
    const isLost = Array.from({ length: 6000 }, () => random() < 0.05)
    const packets = trace({
      packets: 9000,
      lost: (i) => i > 5 && (isLost[i] ?? false),
      delayMs: () => random() * 5,
    })
    const { frames, buffer } = playWhole(packets, { phaseMs, stretches: true })
    const gaps = concealed(frames)
    expect(gaps.length).toBeGreaterThan(200)
    expect(gaps.filter(({ serial }) => serial >= 0).length).toBeGreaterThan(0.9 * gaps.length)
    expect(greatestDelayMs(frames)).toBeLessThanOrEqual(50)
    // A minute after the last loss it is not aimed at any more.
    expect(buffer.counters.targetMs).toBeLessThanOrEqual(15)
  })

  test('nothing is to be looked at when the delay grows, or in silence', () => {
    const random = seeded(7)
    const { frames } = playWhole(
      trace({
        packets: 5000,
        ppm: 5000,
        silenceBeforeMs: (i) => (i % 100 === 99 ? 500 : 0),
        delayMs: () => random() * 10,
      }),
    )
    const gaps = frames.filter(({ bytes }) => bytes === 0)
    expect(gaps.length).toBeGreaterThan(20)
    expect(gaps.every(({ serial }) => serial === -1)).toBe(true)
  })

  test('2 % reordered, 1 % duplicated: no gap, duplicates counted once', () => {
    const random = seeded(6)
    const delays = Array.from({ length: TEN_MINUTES }, () => (random() < 0.02 ? 25 : 0))
    const twice = delays.map(() => (random() < 0.01 ? 1 + random() * 60 : undefined))
    const packets = trace({
      packets: TEN_MINUTES,
      delayMs: (i) => delays[i]!,
      duplicateAfterMs: (i) => twice[i],
    })
    const { buffer, frames } = playWhole(packets, { minDelayMs: 30, stretches: true })
    expect(concealed(frames)).toHaveLength(0)
    expect(buffer.counters.duplicate).toBe(packets.length - TEN_MINUTES)
    expect(buffer.counters.lost).toBe(0)
  })

  test('late packets are counted and not played', () => {
    const packets = trace({ packets: 2000, delayMs: (i) => (i % 100 === 50 ? 70 : 0) })
    const { buffer, frames } = playWhole(packets, { stretches: true })
    expect(buffer.counters.late).toBe(20)
    expect(concealed(frames)).toHaveLength(20)
    expect(played(frames).some(({ serial }) => serial % 100 === 50)).toBe(false)
  })
})

describe('numbers', () => {
  const rows = [
    { name: 'sequence wraps', firstSequence: 65_000, firstTimestamp: 0 },
    { name: 'timestamp wraps', firstSequence: 0, firstTimestamp: 2 ** 32 - 480_000 },
    { name: 'timestamp passes 2^31', firstSequence: 0, firstTimestamp: 2 ** 31 - 480_000 },
    { name: 'both wrap at once', firstSequence: 65_535, firstTimestamp: 2 ** 32 - 960 },
  ]
  test.each(rows)('$name', (row) => {
    const { frames, buffer } = playWhole(trace({ packets: 2000, ...row }))
    expect(concealed(frames)).toHaveLength(0)
    expect(played(frames).length).toBeGreaterThanOrEqual(1998)
    expect(buffer.counters).toMatchObject({ lost: 0, late: 0, resets: 0, refused: 0 })
  })

  const jumps = [
    { name: 'a new sequence and timestamp', sequence: 30_000, timestamp: 3_000_000_000 },
    { name: 'sequence back by 5,000', sequence: -5000, timestamp: 0 },
    { name: 'timestamp ahead by 10 s', sequence: 0, timestamp: 480_000 },
    { name: 'timestamp back by 10 s', sequence: 0, timestamp: -480_000 },
    { name: 'timestamp ahead by 100 ms', sequence: 0, timestamp: 4800 },
    { name: 'timestamp back by 7 ms', sequence: 0, timestamp: -336 },
  ]
  test.each(jumps)('$name (in the middle of a call): audio again within 100 ms', (jump) => {
    const packets = trace({ packets: 1000 }).map((packet, i) =>
      i < 500
        ? packet
        : {
            ...packet,
            sequence: (packet.sequence + jump.sequence + 65536) & 0xffff,
            timestamp: (packet.timestamp + jump.timestamp) >>> 0,
          },
    )
    const { frames } = playWhole(packets)
    const gap = frames.filter((f) => f.bytes <= 0 && f.tickMs > START_MS + 1000)
    expect(milliseconds(gap)).toBeLessThanOrEqual(100)
    expect(greatestDelayMs(frames.slice(-400))).toBeLessThanOrEqual(45)
  })
})

describe('silence suppression', () => {
  test('DTX: a packet of its own every 400 ms, silence between them, no loss', () => {
    const packets = trace({ packets: 2000, silenceBeforeMs: (i) => (i % 100 > 70 ? 380 : 0) })
    const { frames, buffer } = playWhole(packets, { tailMs: 60 })
    expect(buffer.counters.lost).toBe(0)
    // Until the next packet is here a pause can not be told from a late packet: five frames at most.
    expect(concealed(frames).length).toBeLessThanOrEqual(20 * 29 * 5 + 5)
    expect(played(frames)).toHaveLength(2000)
    expect(greatestDelayMs(frames)).toBeLessThanOrEqual(40)
    expect(frames.filter((f) => f.bytes === -1).length).toBeGreaterThan(20 * 29 * 10)
  })

  test('5 s of silence that are no whole number of frames', () => {
    const packets = trace({ packets: 1000, silenceBeforeMs: (i) => (i % 250 === 249 ? 5007 : 0) })
    const { frames, buffer } = playWhole(packets, { stretches: true })
    expect(buffer.counters.lost).toBe(0)
    expect(concealed(frames).length).toBeLessThanOrEqual(4 * 5)
    expect(played(frames).length).toBeGreaterThanOrEqual(998)
    expect(greatestDelayMs(frames)).toBeLessThanOrEqual(45)
  })

  test('telephone events between audio packets are silence, not loss', () => {
    const packets = trace({ packets: 60 })
    const buffer = new JitterBuffer({ clockRateHz: 48_000, frameSamples: 960, packetSamples })
    const payload = Uint8Array.of(0, 0, 0, 0, 3, 0xc0)
    const out = new Uint8Array(10)
    const results = packets.map(({ sequence, timestamp, arrivesMs }, i) => {
      if (i >= 20 && i < 30) buffer.pushOther(sequence)
      else buffer.push(sequence, timestamp, payload, 0, 6, arrivesMs)
      return buffer.pull(out, arrivesMs + 15)
    })
    expect(buffer.counters.lost).toBe(0)
    expect(results.slice(31)).toEqual(Array(29).fill(6))
  })

  test('the end of the stream: five frames concealed, then silence', () => {
    const { frames } = playWhole(trace({ packets: 50 }), { tailMs: 1000 })
    expect(concealed(frames)).toHaveLength(5)
    expect(frames.slice(-40).every((f) => f.bytes === -1)).toBe(true)
  })
})

describe('clocks apart', () => {
  const rows = [
    { name: '+100 ppm for an hour', ppm: 100, packets: 180_000, band: 20 },
    { name: '-100 ppm for an hour', ppm: -100, packets: 180_000, band: 20 },
    { name: '+25 ms/s for a minute', ppm: 25_000, packets: 3000, band: 40 },
    { name: '-25 ms/s for a minute', ppm: -25_000, packets: 3000, band: 40 },
  ]
  test.each(rows)('$name: the depth stays in its band', ({ ppm, packets: count, band }) => {
    const random = seeded(8)
    const packets = trace({ packets: count, ppm, delayMs: () => random() * 3 })
    const { frames, buffer } = playWhole(packets)
    const depths = frames.slice(50).map((f) => f.depthMs)
    const mean = (part: number[]) => part.reduce((sum, depth) => sum + depth, 0) / part.length
    const third = Math.floor(depths.length / 3)
    const most = depths.reduce((a, b) => Math.max(a, b))
    const least = depths.reduce((a, b) => Math.min(a, b))
    expect(most - least).toBeLessThanOrEqual(2 * band)
    expect(Math.abs(mean(depths.slice(-third)) - mean(depths.slice(0, third)))).toBeLessThan(10)
    const corrections = (Math.abs(ppm) / 1e6) * (count * 20) * (1 / 20)
    expect(concealed(frames).length).toBeLessThanOrEqual(corrections * 1.3 + 5)
    expect(buffer.counters.late).toBe(0)
  })
})

describe('bad input', () => {
  test('a payload that lasts 0 units is refused and counted', () => {
    const buffer = new JitterBuffer({ packetSamples: () => 0 })
    buffer.push(0, 0, new Uint8Array(20), 0, 20, 0)
    expect(buffer.counters.refused).toBe(1)
    expect(buffer.pull(new Uint8Array(960), 100)).toBe(-1)
    expect(buffer.peekNext(new Uint8Array(960))).toBe(0)
  })

  test('packets of random numbers, sizes and durations never throw and never hang', () => {
    const random = seeded(9)
    const buffer = new JitterBuffer({
      ...{ clockRateHz: 48_000, frameSamples: 960 },
      packetSamples: (payload, at) => payload[at]! * 120,
    })
    const payload = new Uint8Array(2000)
    const out = new Uint8Array(960)
    for (let i = 0; i < 30_000; i++) {
      const wild = random() < 0.2
      const sequence = wild ? Math.floor(random() * 65536) : i & 0xffff
      const timestamp = wild ? Math.floor(random() * 2 ** 32) : (i * 960) >>> 0
      payload[0] = random() * 50
      buffer.push(sequence, timestamp, payload, 0, Math.floor(random() * 1000), i * 20)
      if (random() < 0.1) buffer.pushOther(Math.floor(random() * 65536))
      const bytes = buffer.pull(out, i * 20 + 3, Math.floor(random() * 960))
      expect(bytes).toBeGreaterThanOrEqual(-1)
      expect(buffer.playSamples).toBeGreaterThan(0)
      if (bytes === 0) buffer.peekNext(out)
    }
  })
})
