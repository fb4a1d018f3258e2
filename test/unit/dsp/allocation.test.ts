import { PerformanceObserver } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Concealer } from '../../../engine/dsp/conceal.ts'
import { decodeUlaw, encodeUlaw } from '../../../engine/dsp/g711.ts'
import { JitterBuffer } from '../../../engine/dsp/jitter-buffer.ts'
import { emptyRtpHeader, readRtp, writeRtp } from '../../../engine/dsp/rtp.ts'

const FRAME = 160
const LEGS = 100

/** One leg's way through the library: header, jitter buffer, decoding or concealment, encoding. */
function openLeg() {
  const jitter = new JitterBuffer()
  const concealer = new Concealer()
  const header = emptyRtpHeader()
  const packet = new Uint8Array(12 + FRAME)
  const wire = new Uint8Array(FRAME)
  const pcm = new Int16Array(FRAME)
  return (tick: number): void => {
    const nowMs = tick * 20
    writeRtp(packet, 0, 0, false, tick, tick * FRAME, 7)
    readRtp(packet, packet.length, header)
    const { sequence, timestamp, payloadOffset, payloadLength } = header
    const isLost = (tick * 7) % 31 === 0
    if (!isLost) jitter.push(sequence, timestamp, packet, payloadOffset, payloadLength, nowMs)
    const bytes = jitter.pull(wire, nowMs + 9)
    if (bytes === 0) concealer.conceal(pcm, 0, FRAME)
    else {
      decodeUlaw(wire, 0, FRAME, pcm, 0)
      concealer.good(pcm, 0, FRAME)
    }
    encodeUlaw(pcm, 0, FRAME, packet, 12)
  }
}

test('5,000 ticks of 100 legs cause no garbage collection', async () => {
  const collections: number[] = []
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) collections.push(entry.startTime)
  })
  observer.observe({ entryTypes: ['gc'] })
  const legs = Array.from({ length: LEGS }, openLeg)
  const run = (from: number, to: number) => {
    for (let tick = from; tick < to; tick++) for (const leg of legs) leg(tick)
  }
  run(0, 1000)
  global.gc?.()
  const startMs = performance.now()
  run(1000, 6000)
  const endMs = performance.now()
  await nextTurn()
  await nextTurn()
  observer.disconnect()
  expect(global.gc).toBeDefined()
  expect(collections.length).toBeGreaterThan(0)
  expect(collections.filter((atMs) => atMs >= startMs && atMs <= endMs)).toEqual([])
})
