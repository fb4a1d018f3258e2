import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { RtpPeer } from './rtp-peer.ts'
import { callId, startForTest } from './start.ts'

test('200 legs: every tick is there, and their lateness is small', async () => {
  // More ports than they need: some may be taken.
  const { media } = await startForTest(31_000, { rtpPorts: { first: 31_000, last: 31_499 } })
  const peer = await RtpPeer.open()
  await Promise.all(
    Array.from({ length: 200 }, async (_, n) => {
      await media.answer(callId(`l${n}`), peer.sdp())
      void media.play(callId(`l${n}`), { kind: 'tone', tone: 'ringback' })
    }),
  )
  const before = await media.stats()
  await sleep(3000)
  const after = await media.stats()
  const run = after.tickLateness.count - before.tickLateness.count
  const skipped = after.ticksSkipped - before.ticksSkipped
  const { tickLateness, tickDuration, cpuMs, upMs } = after
  const cpuShare = (cpuMs - before.cpuMs) / (upMs - before.upMs)
  console.log('200 legs sending', { tickLateness, tickDuration, cpuShare })
  expect(run + skipped).toBeGreaterThanOrEqual(Math.floor((upMs - before.upMs) / 20) - 1)
  // The machine may be busy with other tests: wide, but no more than one tick.
  expect(tickLateness.p50Ms).toBeLessThan(20)
  // In each that was run every leg has sent.
  expect(run).toBeGreaterThan(100)
  expect(after.packetsSent - before.packetsSent).toBeGreaterThanOrEqual(200 * (run - 2))
  await media.shutDown()
  peer.close()
})
