/** A phone that falls silent, by real sockets: what counts as a sign of life, and from whom. */
import { createSocket } from 'node:dgram'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunningMedia } from '../../engine/media/index.ts'
import { RtpPeer, sine } from './rtp-peer.ts'
import { callId, type Seen, startForTest } from './start.ts'

let media: RunningMedia
let seen: Seen
beforeAll(async () => {
  const silence = { lostMs: 1000, endMs: 3000 }
  ;({ media, seen } = await startForTest(27_700, { portRestMs: 0, silence }))
})
afterAll(() => media.shutDown())

const toldOf = (name: string) =>
  seen.silences.filter((one) => one.callId === name).map(({ change }) => change)

test('lost, back with the first packet, lost again and gone; one that was not watched is not told of', async () => {
  const [peer, other] = [await RtpPeer.open(), await RtpPeer.open()]
  peer.aim(await media.answer(callId('one'), peer.sdp()))
  await media.answer(callId('early'), other.sdp())
  media.watch(callId('one'))
  await expect.poll(() => toldOf('one')).toContain('lost')
  await peer.talk(sine(800, 400))
  await expect.poll(() => toldOf('one')).toContain('back')
  await expect.poll(() => toldOf('one')).toContain('end')
  expect(toldOf('one').filter((change) => change === 'end')).toHaveLength(1)
  expect(toldOf('early')).toEqual([])
  for (const name of ['one', 'early']) await media.close(callId(name))
  for (const socket of [peer, other]) socket.close()
})

test('RTCP of the peer keeps a call, that of a stranger does not', async () => {
  const receiverReport = Buffer.from([0x80, 201, 0, 1, 1, 2, 3, 4])
  const rtcp = createSocket('udp4')
  const stranger = createSocket('udp4')
  await new Promise<void>((done) => rtcp.bind(0, '127.0.0.1', done))
  await new Promise<void>((done) => stranger.bind(0, '127.0.0.7', done))
  const [peer, other] = [await RtpPeer.open(), await RtpPeer.open()]
  peer.aim(await media.answer(callId('rtcp'), peer.sdp()))
  other.aim(await media.answer(callId('strange'), other.sdp()))
  media.watch(callId('rtcp'))
  media.watch(callId('strange'))
  const until = performance.now() + 20_000
  while (!toldOf('strange').includes('end') && performance.now() < until) {
    rtcp.send(receiverReport, peer.remotePort + 1, '127.0.0.1')
    stranger.send(receiverReport, other.remotePort + 1, '127.0.0.1')
    await sleep(200)
  }
  expect(toldOf('strange')).toEqual(['lost', 'end'])
  expect(toldOf('rtcp')).not.toContain('end')
  for (const name of ['rtcp', 'strange']) await media.close(callId(name))
  for (const socket of [peer, other, rtcp, stranger]) socket.close()
})
