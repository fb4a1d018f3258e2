import { describe, expect, test } from 'vitest'
import { JitterBuffer } from '../../../engine/dsp/jitter-buffer.ts'
import {
  concealed,
  greatestDelayMs,
  play,
  played,
  START_MS,
  seeded,
  trace,
} from './packet-trace.ts'

const TEN_MINUTES = 30_000
const phases = [0.5, 5, 10, 15, 19.5]

describe('a clean network', () => {
  test.each(phases)('ticks %d ms behind the packets: 10 min, <= 30 ms, 0 concealed', (phaseMs) => {
    const random = seeded(1)
    const packets = trace({ packets: TEN_MINUTES, delayMs: () => random() * 2 })
    const { frames, buffer } = play(packets, { phaseMs })
    expect(concealed(frames)).toHaveLength(0)
    expect(greatestDelayMs(frames)).toBeLessThanOrEqual(30)
    expect(played(frames).length).toBeGreaterThanOrEqual(TEN_MINUTES - 2)
    expect(buffer.counters).toMatchObject({ late: 0, lost: 0, resets: 0, dropped: 0, repeated: 0 })
  })

  test.each([10, 30, 40, 60])('packets of %d ms', (ptimeMs) => {
    const packets = trace({ packets: 3000, ptimeMs })
    const { frames } = play(packets)
    expect(concealed(frames)).toHaveLength(0)
    expect(greatestDelayMs(frames)).toBeLessThanOrEqual(40)
    expect(played(frames).length).toBeGreaterThanOrEqual(2998)
  })

  test('every frame is played once and in order', () => {
    const { frames } = play(trace({ packets: 500 }))
    const spoken = played(frames).map((f) => f.tickMs - f.delayMs)
    expect(spoken).toEqual(spoken.map((_, i) => START_MS + 20 * i))
  })
})

describe('jitter', () => {
  test.each(phases)('uniform 0-40 ms, phase %d: <= 0.1 % concealed, <= 80 ms', (phaseMs) => {
    const random = seeded(2)
    const packets = trace({ packets: TEN_MINUTES, delayMs: () => random() * 40 })
    const { frames } = play(packets, { phaseMs })
    expect(concealed(frames).length).toBeLessThanOrEqual(TEN_MINUTES / 1000)
    expect(greatestDelayMs(frames)).toBeLessThanOrEqual(80)
  })

  test('jitter that sets in after a clean minute is met within two seconds', () => {
    const random = seeded(3)
    const packets = trace({ packets: 9000, delayMs: (i) => (i < 3000 ? 0 : random() * 40) })
    const { frames } = play(packets)
    const bad = concealed(frames).map((f) => (f.tickMs - START_MS) / 20)
    expect(bad.filter((i) => i > 3100).length).toBeLessThanOrEqual(6)
    expect(bad.length).toBeLessThan(50)
  })

  test('after jitter has gone the delay comes back to that of a clean network', () => {
    const random = seeded(4)
    const packets = trace({ packets: 6000, delayMs: (i) => (i < 3000 ? random() * 40 : 0) })
    const { frames } = play(packets)
    expect(greatestDelayMs(frames.slice(-1500))).toBeLessThanOrEqual(50)
  })

  test('bursts of 200 ms every 10 s: back to <= 60 ms within 5 s, no growth', () => {
    const packets = trace({
      packets: TEN_MINUTES,
      delayMs: (i) => {
        const ms = (i * 20) % 10_000
        return ms >= 5000 && ms < 5200 ? 5200 - ms : 0
      },
    })
    const { frames } = play(packets)
    const settled = frames.filter((f) => {
      const ms = (f.tickMs - START_MS) % 10_000
      return ms < 5000
    })
    expect(greatestDelayMs(settled)).toBeLessThanOrEqual(60)
    expect(concealed(settled)).toHaveLength(0)
    expect(concealed(frames).length).toBeLessThanOrEqual(60 * 10)
  })

  test('a path that becomes 150 ms longer for good: speech is back within 200 ms', () => {
    const packets = trace({ packets: 3000, delayMs: (i) => (i < 1500 ? 0 : 150) })
    const { frames, buffer } = play(packets)
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
    const { frames } = play(packets)
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
    const { frames, buffer } = play(packets)
    const lost = TEN_MINUTES - packets.length
    expect(Math.abs(concealed(frames).length - lost)).toBeLessThanOrEqual(1)
    expect(Math.abs(buffer.counters.lost - lost)).toBeLessThanOrEqual(1)
  })

  test('bursts of three (Gilbert): concealed = lost +-1', () => {
    const random = seeded(5)
    let bad = false
    const isLost = Array.from({ length: TEN_MINUTES }, (_, i) => {
      bad = bad ? random() < 2 / 3 : random() < 0.02
      return i > 0 && bad
    })
    const packets = trace({ packets: TEN_MINUTES, lost: (i) => isLost[i]! })
    const { frames } = play(packets)
    const filled = frames.slice(1, -1).filter((f) => f.bytes <= 0).length
    expect(Math.abs(filled - (TEN_MINUTES - packets.length))).toBeLessThanOrEqual(2)
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
    const { buffer, frames } = play(packets, { minDelayMs: 30 })
    expect(concealed(frames)).toHaveLength(0)
    expect(buffer.counters.duplicate).toBe(packets.length - TEN_MINUTES)
    expect(buffer.counters.lost).toBe(0)
  })

  test('late packets are counted and not played', () => {
    const isLate = (i: number) => i > 500 && i % 100 === 50
    const packets = trace({ packets: 2500, delayMs: (i) => (isLate(i) ? 70 : 0) })
    const { buffer, frames } = play(packets)
    expect(buffer.counters.late).toBe(20)
    expect(concealed(frames)).toHaveLength(20)
  })

  test('of lost packets of 30 ms as much is concealed as they lasted', () => {
    const packets = trace({ packets: 2000, ptimeMs: 30, lost: (i) => i % 100 === 50 })
    const { buffer } = play(packets)
    expect(buffer.counters.lost).toBe(20)
    expect(buffer.counters.concealedSamples).toBe(20 * 240)
  })
})

describe('numbers', () => {
  const rows = [
    { name: 'sequence wraps', firstSequence: 65_000, firstTimestamp: 0 },
    { name: 'timestamp wraps', firstSequence: 0, firstTimestamp: 2 ** 32 - 80_000 },
    { name: 'timestamp passes 2^31', firstSequence: 0, firstTimestamp: 2 ** 31 - 80_000 },
    { name: 'both wrap at once', firstSequence: 65_535, firstTimestamp: 2 ** 32 - 160 },
  ]
  test.each(rows)('$name', (row) => {
    const { frames, buffer } = play(trace({ packets: 2000, ...row }))
    expect(concealed(frames)).toHaveLength(0)
    expect(played(frames).length).toBeGreaterThanOrEqual(1998)
    expect(buffer.counters).toMatchObject({ lost: 0, late: 0, resets: 0, refused: 0 })
  })

  const jumps = [
    {
      name: 'a new sequence and timestamp',
      sequence: 30_000,
      timestamp: 3_000_000_000,
      reset: true,
    },
    { name: 'sequence back by 5,000', sequence: -5000, timestamp: 0, reset: true },
    { name: 'timestamp ahead by 10 s', sequence: 0, timestamp: 80_000, reset: false },
    { name: 'timestamp back by 10 s', sequence: 0, timestamp: -80_000, reset: false },
    { name: 'timestamp ahead by 100 ms', sequence: 0, timestamp: 800, reset: false },
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
    const { frames } = play(packets)
    const gap = frames.filter((f) => f.bytes <= 0 && f.tickMs > START_MS + 1000)
    expect(gap.length).toBeLessThanOrEqual(5)
    expect(greatestDelayMs(frames.slice(-400))).toBeLessThanOrEqual(40)
  })

  test('reset on a new SSRC: audio again within 100 ms', () => {
    const buffer = new JitterBuffer()
    const payload = new Uint8Array(160)
    const out = new Uint8Array(160)
    for (let i = 0; i < 100; i++) {
      buffer.push(i, i * 160, payload, 0, 160, i * 20)
      buffer.pull(out, i * 20 + 7)
    }
    buffer.reset()
    buffer.reset()
    expect(buffer.pull(out, 2007)).toBe(-1)
    const results = Array.from({ length: 5 }, (_, k) => {
      const nowMs = 2020 + k * 20
      buffer.push(40_000 + k, 999 + k * 160, payload, 0, 160, nowMs)
      return buffer.pull(out, nowMs + 7)
    })
    expect(results.slice(1)).toEqual([160, 160, 160, 160])
    expect(buffer.counters.resets).toBe(1)
  })

  test('one stray packet far off changes nothing', () => {
    const packets = trace({ packets: 500 })
    const stray = { ...packets[250]!, sequence: 20_000, timestamp: 77 }
    const { frames, buffer } = play(packets.toSpliced(250, 0, stray))
    expect(concealed(frames)).toHaveLength(0)
    expect(buffer.counters).toMatchObject({ refused: 1, resets: 0, lost: 0 })
  })
})

describe('silence suppression', () => {
  test('5 s of silence: no audio, at most 100 ms concealed, then speech without delay', () => {
    const packets = trace({ packets: 1000, silenceBeforeMs: (i) => (i % 250 === 249 ? 5000 : 0) })
    const { frames, buffer } = play(packets)
    expect(buffer.counters.lost).toBe(0)
    expect(concealed(frames).length).toBeLessThanOrEqual(4 * 5)
    expect(played(frames).length).toBeGreaterThanOrEqual(998)
    expect(greatestDelayMs(frames)).toBeLessThanOrEqual(40)
  })

  test('a sender whose timestamp stands still in the silence is heard again within 100 ms', () => {
    const packets = trace({ packets: 500, silenceBeforeMs: (i) => (i === 250 ? 3000 : 0) })
    const still = packets.map((p) => ({ ...p, timestamp: p.serial * 160 }))
    const { frames } = play(still)
    expect(played(frames).length).toBeGreaterThanOrEqual(493)
    expect(greatestDelayMs(frames.slice(-200))).toBeLessThanOrEqual(60)
  })

  test('telephone events between audio packets are silence, not loss', () => {
    const buffer = new JitterBuffer()
    const payload = new Uint8Array(160)
    const out = new Uint8Array(160)
    const results: number[] = []
    for (let i = 0; i < 60; i++) {
      if (i >= 20 && i < 30) buffer.pushOther(i)
      else buffer.push(i, i * 160, payload, 0, 160, i * 20)
      results.push(buffer.pull(out, i * 20 + 15))
    }
    expect(buffer.counters.lost).toBe(0)
    expect(results.slice(31)).toEqual(Array(29).fill(160))
  })

  test('the end of the stream: five frames concealed, then silence', () => {
    const { frames } = play(trace({ packets: 50 }), { tailMs: 1000 })
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
    const { frames, buffer } = play(packets)
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
  test.each([
    { name: 'empty payload', length: 0 },
    { name: 'payload larger than a slot', length: 961 },
  ])('$name is refused and counted', ({ length }) => {
    const buffer = new JitterBuffer()
    buffer.push(0, 0, new Uint8Array(2000), 0, length, 0)
    expect(buffer.counters.refused).toBe(1)
    expect(buffer.pull(new Uint8Array(160), 100)).toBe(-1)
  })

  test.each([0, 7, 48, -8])('%d slots is a programming error', (slots) => {
    expect(() => new JitterBuffer({ slots })).toThrow(RangeError)
  })

  test('packets of random numbers and sizes never throw and never hang', () => {
    const random = seeded(9)
    const buffer = new JitterBuffer()
    const payload = new Uint8Array(2000)
    const out = new Uint8Array(960)
    for (let i = 0; i < 50_000; i++) {
      const wild = random() < 0.2
      const sequence = wild ? Math.floor(random() * 65536) : i & 0xffff
      const timestamp = wild ? Math.floor(random() * 2 ** 32) : (i * 160) >>> 0
      buffer.push(sequence, timestamp, payload, 0, Math.floor(random() * 1000), i * 20)
      if (random() < 0.1) buffer.pushOther(Math.floor(random() * 65536))
      expect(buffer.pull(out, i * 20 + 3)).toBeGreaterThanOrEqual(-1)
      expect(buffer.playSamples).toBeGreaterThan(0)
    }
  })

  test('a buffer that was not asked for an hour goes on at once', () => {
    const { buffer } = play(trace({ packets: 100 }))
    const hourLater = START_MS + 3_600_000
    const out = new Uint8Array(160)
    const payload = new Uint8Array(160)
    const results = Array.from({ length: 10 }, (_, k) => {
      const nowMs = hourLater + k * 20
      buffer.push(100 + k, (3_600_000 / 20 + k) * 160, payload, 0, 160, nowMs)
      return buffer.pull(out, nowMs + 15)
    })
    expect(results.slice(-5)).toEqual(Array(5).fill(160))
  })
})
