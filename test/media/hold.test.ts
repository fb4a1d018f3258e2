/** Hold from either side, the tune that is heard meanwhile, and another codec in mid-call. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { toneDbfs } from '../../engine/dsp/goertzel.ts'
import { rmsDbfs } from '../../engine/dsp/levels.ts'
import type { RunningMedia } from '../../engine/media/index.ts'
import { type PeerOptions, RtpPeer, sine } from './rtp-peer.ts'
import { callId, type Seen, startForTest } from './start.ts'

let media: RunningMedia
let seen: Seen
const peers: RtpPeer[] = []

beforeAll(async () => {
  ;({ media, seen } = await startForTest(27_600, { portRestMs: 0 }))
})

afterAll(() => media.shutDown())

afterEach(() => {
  seen.held.length = 0
  for (const peer of peers.splice(0)) peer.close()
})

async function openPeer(options: PeerOptions = {}): Promise<RtpPeer> {
  const peer = await RtpPeer.open(options)
  peers.push(peer)
  return peer
}

/** What the peer hears within this time. */
async function heardWithin(peer: RtpPeer, durationMs: number): Promise<Int16Array> {
  await peer.forget()
  await sleep(durationMs)
  return peer.heard()
}

test.each([
  ['sendonly', (sdp: string) => sdp.replace('sendrecv', 'sendonly'), 'recvonly'],
  ['inactive', (sdp: string) => sdp.replace('sendrecv', 'inactive'), 'inactive'],
  ['the address 0.0.0.0', (sdp: string) => sdp.replace(/c=.*/, 'c=IN IP4 0.0.0.0'), 'recvonly'],
])('a phone that holds by %s', async (_how, change, answered) => {
  const id = callId(`by ${answered}`)
  const peer = await openPeer()
  peer.aim(await media.answer(id, peer.sdp()))
  expect(seen.held).toEqual([])
  const answer = await media.answer(id, change(peer.sdp()))
  expect(answer).toContain(`a=${answered}`)
  // Said again it is no news.
  await media.answer(id, change(peer.sdp()))
  expect(await media.answer(id, peer.sdp())).toContain('a=sendrecv')
  expect(seen.held).toEqual([
    { callId: id, held: true },
    { callId: id, held: false },
  ])
  await media.close(id)
})

test('our hold: the phone is not heard, and hears the tune at a sane level, until it ends', async () => {
  const [id, other] = [callId('ours'), callId('other')]
  const [peer, partner] = [await openPeer(), await openPeer()]
  peer.aim(await media.answer(id, peer.sdp()))
  partner.aim(await media.answer(other, partner.sdp()))
  await media.bridge(id, other)
  const offer = await media.offer(id, { direction: 'sendonly' })
  expect(offer).toContain('a=sendonly')
  // Not before the phone has agreed.
  const spoken = peer.talk(sine(1000, 400))
  const heard = await heardWithin(partner, 400)
  await spoken
  expect(toneDbfs(heard, 1000)).toBeGreaterThan(-30)
  await media.complete(id, peer.sdp().replace('sendrecv', 'recvonly'))
  void media.play(id, { kind: 'tone', tone: 'hold' })
  await sleep(100)
  const talking = Promise.all([peer.talk(sine(1000, 400)), partner.talk(sine(700, 400))])
  const [tune, silence] = await Promise.all([heardWithin(peer, 400), heardWithin(partner, 400)])
  await talking
  expect(rmsDbfs(tune)).toBeGreaterThan(-35)
  expect(rmsDbfs(tune)).toBeLessThan(-20)
  expect(toneDbfs(tune, 700)).toBeLessThan(-50)
  expect(toneDbfs(silence, 1000)).toBeLessThan(-60)
  // An offer of the phone in between does not end it.
  expect(await media.answer(id, peer.sdp())).toContain('a=sendonly')
  media.stop(id)
  expect(await media.offer(id, { direction: 'sendrecv' })).toContain('a=sendrecv')
  await media.complete(id, peer.sdp())
  const again = peer.talk(sine(1000, 400))
  expect(toneDbfs(await heardWithin(partner, 400), 1000)).toBeGreaterThan(-30)
  await again
  expect(seen.held).toEqual([])
  await Promise.all([media.close(id), media.close(other)])
})

test('both hold at once, and come back one after the other', async () => {
  const id = callId('both')
  const peer = await openPeer()
  peer.aim(await media.answer(id, peer.sdp()))
  await media.offer(id, { direction: 'sendonly' })
  await media.complete(id, peer.sdp().replace('sendrecv', 'inactive'))
  expect(seen.held).toEqual([{ callId: id, held: true }])
  expect(await media.answer(id, peer.sdp())).toContain('a=sendonly')
  expect(seen.held).toHaveLength(2)
  await media.offer(id, { direction: 'sendrecv' })
  await media.complete(id, peer.sdp())
  expect(await media.answer(id, peer.sdp())).toContain('a=sendrecv')
  await media.close(id)
})

test('an offer of ours that is refused changes nothing', async () => {
  const id = callId('refused')
  const peer = await openPeer()
  peer.aim(await media.answer(id, peer.sdp()))
  await media.offer(id, { direction: 'sendonly' })
  expect(await media.answer(id, peer.sdp())).toContain('a=sendrecv')
  await media.close(id)
})

test('a phone of a bridge changes to another codec and back: both hear each other all the time', async () => {
  const [id, other] = [callId('changes'), callId('stays')]
  const [ulaw, partner] = [await openPeer(), await openPeer()]
  ulaw.aim(await media.answer(id, ulaw.sdp()))
  partner.aim(await media.answer(other, partner.sdp()))
  await media.bridge(id, other)
  const alaw = await openPeer({ codec: 'PCMA' })
  for (const [peer, payloadType] of [
    [ulaw, 0],
    [alaw, 8],
    [ulaw, 0],
  ] as const) {
    peer.aim(await media.answer(id, peer.sdp()))
    await sleep(40)
    const talking = Promise.all([peer.talk(sine(1000, 600)), partner.talk(sine(700, 600))])
    const [here, there] = await Promise.all([heardWithin(peer, 600), heardWithin(partner, 600)])
    await talking
    expect(toneDbfs(here, 700)).toBeGreaterThan(-30)
    expect(toneDbfs(there, 1000)).toBeGreaterThan(-30)
    expect(new Set(peer.received.map((packet) => packet.payloadType))).toEqual(
      new Set([payloadType]),
    )
    expect(new Set(partner.received.map((packet) => packet.payloadType))).toEqual(new Set([0]))
  }
  await Promise.all([media.close(id), media.close(other)])
})
