import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { toneDbfs } from '../../engine/dsp/goertzel.ts'
import type { RunningMedia } from '../../engine/media/index.ts'
import { type PeerOptions, RtpPeer, sine } from './rtp-peer.ts'
import { callId, startForTest } from './start.ts'

let media: RunningMedia
const peers: RtpPeer[] = []

beforeAll(async () => {
  media = (await startForTest(27_400, { portRestMs: 0 })).media
})

afterAll(() => media.shutDown())

afterEach(() => {
  for (const peer of peers.splice(0)) peer.close()
})

async function openPeer(options: PeerOptions = {}): Promise<RtpPeer> {
  const peer = await RtpPeer.open(options)
  peers.push(peer)
  return peer
}

/** The peer gets packets from now on. */
async function hearsOn(peer: RtpPeer): Promise<void> {
  const before = peer.received.length
  await expect.poll(() => peer.received.length).toBeGreaterThan(before + 5)
}

/** How many packets come to the peer within 200 ms: of those that were sent before none. */
async function countFromNow(peer: RtpPeer): Promise<number> {
  await peer.forget()
  await sleep(200)
  return peer.received.length
}

test('our offer: nothing is sent or heard before the answer, then both', async () => {
  const id = callId('offer')
  const peer = await openPeer({ codec: 'PCMA' })
  peer.aim(await media.offer(id))
  await peer.talk(sine(1000, 100))
  expect(peer.received).toEqual([])
  // Early media and the final answer may be the same text.
  await media.complete(id, peer.sdp())
  await media.complete(id, peer.sdp())
  void media.play(id, { kind: 'tone', tone: 'busy' })
  await peer.talk(sine(1000, 400))
  await expect.poll(() => media.figures(id)).toMatchObject({ packetsReceived: 20 })
  const statistics = await media.close(id)
  expect(statistics).toMatchObject({ codec: 'PCMA', packetsReceived: 20, packetsFromStrangers: 5 })
  expect(toneDbfs(peer.heard(), 480)).toBeGreaterThan(-30)
})

test('hold stops our packets, resume brings them back in the same stream', async () => {
  const id = callId('hold')
  const peer = await openPeer()
  peer.aim(await media.answer(id, peer.sdp()))
  await hearsOn(peer)
  const ssrc = peer.received[0]?.ssrc
  const held = peer.sdp().replace('a=sendrecv', 'a=sendonly')
  expect(await media.answer(id, held)).toContain('a=recvonly')
  expect(await countFromNow(peer)).toBe(0)
  expect(await media.answer(id, peer.sdp())).toContain('a=sendrecv')
  await hearsOn(peer)
  expect(peer.received[0]?.ssrc).toBe(ssrc)
  await media.close(id)
})

test('a re-INVITE from another address moves the audio there, and locks out the old one', async () => {
  const id = callId('moved')
  const old = await openPeer()
  old.aim(await media.answer(id, old.sdp()))
  await old.talk(sine(1000, 100))
  const next = await openPeer({ codec: 'PCMA' })
  next.aim(await media.answer(id, next.sdp()))
  expect(next.remotePort).toBe(old.remotePort)
  expect(await countFromNow(old)).toBe(0)
  await hearsOn(next)
  await old.talk(sine(1000, 100))
  await expect.poll(() => media.figures(id)).toMatchObject({ packetsFromStrangers: 5 })
  expect(await media.close(id)).toMatchObject({
    codec: 'PCMA',
    packetsReceived: 5,
    packetsFromStrangers: 5,
  })
})

test('one socket serves IPv4 and IPv6 peers when it is bound to ::', async () => {
  const both = await startForTest(27_450, {
    bindAddress: '::',
    publicAddress: '::1',
    portRestMs: 0,
  })
  const four = await openPeer()
  four.aim(await both.media.answer(callId('four'), four.sdp()))
  const six = createSocket('udp6')
  six.bind(0, '::1')
  await once(six, 'listening')
  let arrived = 0
  six.on('message', () => {
    arrived += 1
  })
  const { port } = six.address()
  const sdp = four
    .sdp()
    .replaceAll('IP4 127.0.0.1', 'IP6 ::1')
    .replace(`${four.port} RTP`, `${port} RTP`)
  const answer = await both.media.answer(callId('six'), sdp)
  expect(answer).toContain('c=IN IP6 ::1')
  const target = Number(/^m=audio (\d+)/m.exec(answer)?.[1])
  await four.talk(sine(1000, 100))
  const packet = Buffer.alloc(172)
  packet[0] = 0x80
  for (let n = 0; n < 5; n++) six.send(packet, target, '::1')
  await expect.poll(() => four.received.length).toBeGreaterThan(3)
  await expect.poll(() => arrived).toBeGreaterThan(3)
  for (const name of ['four', 'six']) {
    const figures = () => both.media.figures(callId(name))
    await expect.poll(figures).toMatchObject({ packetsReceived: 5 })
  }
  const closed = await Promise.all(['four', 'six'].map((name) => both.media.close(callId(name))))
  expect(closed.map(({ packetsReceived }) => packetsReceived)).toEqual([5, 5])
  six.close()
  await both.media.shutDown()
})

describe('refusals', () => {
  test('an offer that can not be used takes no port', async () => {
    const before = (await media.stats()).legs
    await expect(media.answer(callId('bad'), 'v=0\r\n')).rejects.toMatchObject({
      code: 'invalid_request',
    })
    expect((await media.stats()).legs).toBe(before)
  })

  test('a bad re-INVITE leaves the leg as it was', async () => {
    const id = callId('kept')
    const peer = await openPeer()
    peer.aim(await media.answer(id, peer.sdp()))
    const bad = peer.sdp().replace('RTP/AVP', 'RTP/SAVP')
    await expect(media.answer(id, bad)).rejects.toMatchObject({ code: 'invalid_request' })
    await hearsOn(peer)
    await media.close(id)
  })

  test('commands about a leg that is not there are mild', async () => {
    const id = callId('nobody')
    expect(await media.play(id, { kind: 'tone', tone: 'beep' })).toBe('legClosed')
    media.stop(id)
    await media.sendDigits(id, '1')
    await media.bridge(id, callId('nobody else'))
    await media.unbridge(id)
    await media.stopRecording(id)
    await media.complete(id, 'v=0')
    expect(await media.close(id)).toMatchObject({ codec: null, packetsSent: 0 })
  })

  test('closing ends what is under way: a sound, keys, an opening', async () => {
    const id = callId('closed')
    const peer = await openPeer()
    await media.answer(id, peer.sdp())
    const sound = media.play(id, { kind: 'tone', tone: 'ringback' })
    const keys = media.sendDigits(id, '123456789')
    await media.close(id)
    expect(await sound).toBe('legClosed')
    await keys
    const opening = media.offer(callId('opening'))
    const closing = media.close(callId('opening'))
    await expect(opening).rejects.toMatchObject({ code: 'call_ended' })
    await closing
    expect((await media.stats()).legs).toBe(0)
  })
})
