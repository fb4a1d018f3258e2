import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { bindUdp, closeUdp } from '../../engine/media/rtp/udp-socket.ts'
import { mediasoupWorkersOf } from '../support/child-processes.ts'
import { likeness, noise, RtpPeer } from './rtp-peer.ts'
import { callId, startForTest } from './start.ts'

test('a whole call with plain RTP through mediasoup: bridge, both codecs, keys', async () => {
  const { media, seen } = await startForTest(28_100, { plainRtp: 'mediasoup', portRestMs: 0 })
  const a = await RtpPeer.open({ codec: 'PCMU' })
  const b = await RtpPeer.open({ codec: 'PCMA', eventType: 97 })
  a.aim(await media.answer(callId('a'), a.sdp()))
  b.aim(await media.offer(callId('b')))
  await media.complete(callId('b'), b.sdp())
  await media.bridge(callId('a'), callId('b'))
  await sleep(200)
  const [fromA, fromB] = [noise(1200, 1), noise(1200, 2)]
  await Promise.all([a.talk(fromA), b.talk(fromB)])
  await a.press(7)
  await sleep(400)
  for (const [said, heard] of [
    [fromA, b.heard()],
    [fromB, a.heard()],
  ] as const) {
    expect(likeness(said, heard)).toBeGreaterThan(0.98)
  }
  expect(seen.digits.map(({ digit }) => digit)).toEqual(['7'])
  const events = b.received.filter((packet) => packet.payloadType === 97)
  expect(events.map((packet) => packet.payload[0])).toEqual(events.map(() => 7))
  expect(events.filter((packet) => packet.payload[1]! & 0x80)).toHaveLength(3)
  const ports = [a.remotePort, b.remotePort]
  await media.shutDown()
  expect(seen.lost).toEqual([])
  for (const port of ports) await closeUdp(await bindUdp('127.0.0.1', port))
  a.close()
  b.close()
})

test('a mediasoup worker that is killed is replaced, and calls go on', async () => {
  const { media, seen } = await startForTest(28_150, { plainRtp: 'mediasoup', portRestMs: 0 })
  const [a, b] = [await RtpPeer.open(), await RtpPeer.open()]
  a.aim(await media.answer(callId('a'), a.sdp()))
  b.aim(await media.answer(callId('b'), b.sdp()))
  await media.bridge(callId('a'), callId('b'))
  process.kill(workerPid(), 'SIGKILL')
  await sleep(1000)
  b.received.length = 0
  await a.talk(noise(1600))
  expect(likeness(noise(1600), b.heard())).toBeGreaterThan(0.95)
  expect([media.ready(), seen.lost]).toEqual([true, []])
  await media.shutDown()
  a.close()
  b.close()
})

/** The one mediasoup worker of this process. */
function workerPid(): number {
  const found = mediasoupWorkersOf(process.pid)
  expect(found).toHaveLength(1)
  return Number(found[0])
}
