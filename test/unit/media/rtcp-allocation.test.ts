import { PerformanceObserver } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { writeRtp } from '../../../engine/dsp/rtp.ts'
import { RtcpSession } from '../../../engine/media/rtp/rtcp-session.ts'

const LEGS = 250
const TICKS = 5000
const BYTES = 172

test('what RTCP counts of the packets of 250 legs causes no garbage collection', async () => {
  const collections: number[] = []
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) collections.push(entry.startTime)
  })
  observer.observe({ entryTypes: ['gc'] })
  const sessions = Array.from({ length: LEGS }, () => {
    const env = { nowMs: () => Math.trunc(performance.now()), random: () => 0.5, epochMs: 0 }
    const session = new RtcpSession({ ...env, send: () => {} })
    session.agree([{ payloadType: 0, codec: 'PCMU', clockHz: 8000 }], undefined)
    return session
  })
  const packet = Buffer.alloc(BYTES)
  const run = (from: number, to: number): void => {
    for (let n = from; n < to; n++) {
      // An iterator would allocate.
      for (let at = 0; at < LEGS; at++) {
        const session = sessions[at]!
        writeRtp(packet, 0, 0, false, n & 0xffff, (n * 160) | 0, -at)
        session.sent(packet, BYTES)
        // Every now and then one is lost.
        if ((n * 7 + at) % 50 !== 0) session.received(packet, BYTES)
      }
    }
  }
  run(0, 1000)
  global.gc?.()
  const startMs = performance.now()
  run(1000, 1000 + TICKS)
  const endMs = performance.now()
  await nextTurn()
  await nextTurn()
  observer.disconnect()
  expect(collections.length).toBeGreaterThan(0)
  expect(collections.filter((atMs) => atMs >= startMs && atMs <= endMs)).toEqual([])
  expect(sessions[1]?.figures().lossPercent).toBeGreaterThan(1)
})
