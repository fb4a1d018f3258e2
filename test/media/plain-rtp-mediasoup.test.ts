import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { bindUdp, closeUdp } from '../../engine/media/rtp/udp-socket.ts'
import { mediasoupWorkersOf } from '../support/child-processes.ts'
import { RtpPeer } from './rtp-peer.ts'
import { callId, startForTest } from './start.ts'
import { talkTogether } from './talk-together.ts'

test('a whole call with plain RTP through mediasoup: bridge, both codecs, keys', async () => {
  const { media, seen } = await startForTest(28_100, { plainRtp: 'mediasoup', portRestMs: 0 })
  const a = await RtpPeer.open({ codec: 'PCMU' })
  const b = await RtpPeer.open({ codec: 'PCMA', eventType: 97 })
  a.aim(await media.answer(callId('a'), a.sdp()))
  b.aim(await media.offer(callId('b')))
  await media.complete(callId('b'), b.sdp())
  await media.bridge(callId('a'), callId('b'))
  await talkTogether(a, b)
  await a.press(7)
  const ends = () =>
    b.received.filter((packet) => packet.payloadType === 97 && packet.payload[1]! & 0x80)
  await expect.poll(() => ends().length).toBeGreaterThanOrEqual(3)
  await sleep(200)
  expect(seen.digits.map(({ digit }) => digit)).toEqual(['7'])
  const events = b.received.filter((packet) => packet.payloadType === 97)
  expect(events.map((packet) => packet.payload[0])).toEqual(events.map(() => 7))
  expect(ends()).toHaveLength(3)
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
  const before = workerPid()
  process.kill(before, 'SIGKILL')
  await expect.poll(() => workerPids().filter((pid) => pid !== before).length).toBe(1)
  await talkTogether(a, b, 0.95)
  expect([media.ready(), seen.lost]).toEqual([true, []])
  await media.shutDown()
  a.close()
  b.close()
})

test('a media thread that dies takes its worker along; with the next ones the call goes on', async () => {
  let thread: Worker | undefined
  const { media, seen } = await startForTest(28_150, {
    ...{ plainRtp: 'mediasoup', webRtc: { port: 28_199, addresses: ['127.0.0.1'] } },
    newWorker: (workerData) => {
      thread = new Worker(new URL('../../engine/media/worker.ts', import.meta.url), { workerData })
      return thread
    },
  })
  const [a, b] = [await RtpPeer.open(), await RtpPeer.open()]
  a.aim(await media.answer(callId('a'), a.sdp()))
  b.aim(await media.answer(callId('b'), b.sdp()))
  await media.bridge(callId('a'), callId('b'))
  const before = workerPid()
  await thread?.terminate()
  for (let n = 0; n < 250 && (await media.stats()).legs < 2; n++) await sleep(20)
  await expect.poll(workerPid).not.toBe(before)
  await talkTogether(a, b, 0.95)
  expect([media.ready(), seen.lost, seen.connections]).toEqual([true, [], []])
  await media.shutDown()
  a.close()
  b.close()
})

/** The mediasoup workers of this process. */
function workerPids(): number[] {
  // Nobody waits for the child of a thread that is no more: it stays in the list as a zombie.
  return mediasoupWorkersOf(process.pid).filter((pid) => !isZombie(pid))
}

function isZombie(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    // Gone since it was listed.
    return true
  }
}

function workerPid(): number {
  const pids = workerPids()
  expect(pids).toHaveLength(1)
  return pids[0]!
}
