/** Offers and answers between our legs and a real browser, over the media thread. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { CallId } from '../../engine/core/ids.ts'
import type { RunningMedia } from '../../engine/media/index.ts'
import { RtpPeer, sine } from '../media/rtp-peer.ts'
import { callId, type Seen, startForTest } from '../media/start.ts'
import { Chromium } from './support/chromium.ts'
import { PeerPage } from './support/peer-page.ts'

let chromium: Chromium
let media: RunningMedia
let seen: Seen
const open: { close(): unknown }[] = []

beforeAll(async () => {
  chromium = await Chromium.start()
  const started = await startForTest(27_860, {
    portRestMs: 0,
    bindAddress: '0.0.0.0',
    webRtc: { port: 0, addresses: [] },
  })
  media = started.media
  seen = started.seen
})
afterEach(async () => {
  for (const peer of open.splice(0)) await peer.close()
})
afterAll(async () => {
  await media.shutDown()
  await chromium.stop()
})

/** A page that plays what it hears, as only then it is decoded. */
async function openPage(): Promise<PeerPage> {
  const page = await PeerPage.open(chromium)
  open.push(page)
  await page.page.evaluate(() => {
    const speaker = document.createElement('audio')
    speaker.autoplay = true
    pc.ontrack = ({ streams }) => {
      speaker.srcObject = streams[0] ?? null
    }
  })
  return page
}

async function openListener(): Promise<PeerPage> {
  const page = await openPage()
  await page.page.evaluate(() => {
    const [transceiver] = pc.getTransceivers()
    if (transceiver) transceiver.direction = 'recvonly'
  })
  return page
}

const connected = (page: PeerPage): Promise<void> =>
  expect.poll(() => page.state()).toBe('connected')

const ufragOf = (sdp: string): string | undefined => /a=ice-ufrag:(\S+)/.exec(sdp)?.[1]

/** The browser hears a tone of ours. */
async function expectHeard(id: CallId, page: PeerPage): Promise<void> {
  void media.play(id, { kind: 'tone', tone: 'busy' })
  const energy = async () => Number((await page.report('inbound-rtp'))?.['totalAudioEnergy'])
  await expect.poll(energy).toBeGreaterThan(0)
  media.stop(id)
}

/** It does, and we hear it and its keys. */
async function expectTalk(id: CallId, page: PeerPage): Promise<void> {
  await expectHeard(id, page)
  const received = async () => (await media.figures(id)).packetsReceived
  const soFar = await received()
  // While ICE goes over to another way a key would be lost with the sound.
  await expect.poll(received).toBeGreaterThan(soFar + 25)
  const before = seen.digits.length
  await page.press('7')
  await expect.poll(() => seen.digits.slice(before)).toMatchObject([{ callId: id, digit: '7' }])
}

test('the browser calls, with a camera and a data channel that are refused', async () => {
  const id = callId('in')
  const page = await openPage()
  await page.page.evaluate(() => {
    pc.addTransceiver('video')
    pc.createDataChannel('chat')
  })
  await page.answered(await media.answer(id, await page.offer()))
  await connected(page)
  await expect.poll(() => seen.connections).toContainEqual({ callId: id, state: 'up' })
  expect(media.agreedOn(id)).toEqual({ codec: 'opus', protection: 'webrtc' })
  const directions = await page.page.evaluate(() =>
    pc.getTransceivers().map(({ currentDirection }) => currentDirection),
  )
  expect(directions[0]).toBe('sendrecv')
  expect(directions[1]).not.toBe('sendrecv')
  await expectTalk(id, page)
  expect(await media.close(id)).toMatchObject({ codec: 'opus', packetsLost: 0 })
})

test('a browser without a microphone answers, and hears us', async () => {
  const id = callId('answering listener')
  const page = await openListener()
  const answer = await page.answer(await media.offer(id, { webrtc: true }))
  expect(answer).not.toMatch(/a=ssrc|sdes:mid/)
  await media.complete(id, answer)
  await connected(page)
  await expectHeard(id, page)
  await media.close(id)
})

test('a browser without a microphone calls, and hears us', async () => {
  const id = callId('listener')
  const page = await openListener()
  const answer = await media.answer(id, await page.offer())
  expect(answer).toContain('a=sendonly')
  await page.answered(answer)
  await connected(page)
  await expectHeard(id, page)
  await media.close(id)
})

test.each(['opus', 'G722', 'PCMU'] as const)('we call, and prefer %s', async (codec) => {
  const id = callId(`out ${codec}`)
  const page = await openPage()
  await media.complete(
    id,
    await page.answer(await media.offer(id, { webrtc: true, codecs: [codec] })),
  )
  await connected(page)
  expect(media.agreedOn(id)?.codec).toBe(codec)
  await expectTalk(id, page)
  await media.close(id)
})

describe('in a call', () => {
  async function call(name: string): Promise<[CallId, PeerPage, string]> {
    const id = callId(name)
    const page = await openPage()
    const answer = await media.answer(id, await page.offer())
    await page.answered(answer)
    media.watch(id)
    await connected(page)
    return [id, page, answer]
  }

  test('ICE begins anew by the wish of the browser', async () => {
    const [id, page, first] = await call('their restart')
    const again = await media.answer(id, await page.offer())
    await page.answered(again)
    expect(ufragOf(again)).toBe(ufragOf(first))
    const restarted = await media.answer(id, await page.offer(true))
    await page.answered(restarted)
    expect(ufragOf(restarted)).not.toBe(ufragOf(first))
    await connected(page)
    await expectTalk(id, page)
    await media.close(id)
  })

  test('ICE begins anew by ours, whatever kind is asked for', async () => {
    const [id, page, first] = await call('our restart')
    const offer = await media.offer(id, { iceRestart: true, webrtc: false })
    expect(ufragOf(offer)).not.toBe(ufragOf(first))
    await media.complete(id, await page.answer(offer))
    await connected(page)
    await expectTalk(id, page)
    await media.close(id)
  })

  test('we hold the browser and go on', async () => {
    const [id, page] = await call('hold')
    const direction = () =>
      page.page.evaluate(() => pc.getTransceivers().map((found) => found.currentDirection))
    await media.complete(id, await page.answer(await media.offer(id, { direction: 'sendonly' })))
    expect(await direction()).toEqual(['recvonly'])
    await media.complete(id, await page.answer(await media.offer(id, { direction: 'sendrecv' })))
    expect(await direction()).toEqual(['sendrecv'])
    await expectTalk(id, page)
    await media.close(id)
  })

  test('SDP of a phone does not make it one', async () => {
    const [id, page] = await call('stays')
    const phone = await RtpPeer.open()
    open.push(phone)
    await expect(media.answer(id, phone.sdp())).rejects.toMatchObject({ code: 'invalid_request' })
    await expectTalk(id, page)
    await media.close(id)
  })
})

describe('one call is offered to a phone and to a browser', () => {
  const both = async (name: string) => {
    const id = callId(name)
    const [forBrowser, forPhone] = await Promise.all([
      media.offer(id, { webrtc: true }),
      media.offer(id, { webrtc: false, codecs: ['PCMU'] }),
    ])
    return { id, forBrowser, forPhone }
  }

  test('and the browser answers', async () => {
    const { id, forBrowser } = await both('for both, browser')
    const page = await openPage()
    await media.complete(id, await page.answer(forBrowser))
    media.watch(id)
    await connected(page)
    await expectTalk(id, page)
    expect(await media.close(id)).toMatchObject({ codec: 'opus' })
  })

  test('the browser rings early, and the phone answers', async () => {
    const { id, forBrowser, forPhone } = await both('for both, phone')
    const page = await openPage()
    await media.complete(id, await page.answer(forBrowser))
    const phone = await RtpPeer.open()
    open.push(phone)
    phone.aim(forPhone)
    await media.complete(id, phone.sdp())
    media.watch(id)
    expect(media.agreedOn(id)).toEqual({ codec: 'PCMU', protection: 'none' })
    // Until then the browser may have been heard: from now on it is not, though it goes on.
    let before = -1
    const rests = async () => {
      const now = (await media.figures(id)).packetsReceived
      const isSame = now === before
      before = now
      return isSame
    }
    await expect.poll(rests, { interval: 200 }).toBe(true)
    await phone.talk(sine(1000, 100))
    expect(await media.offer(id, { webrtc: true })).toContain('RTP/AVP')
    const since = async () => (await media.figures(id)).packetsReceived - before
    await expect.poll(since).toBe(5)
    expect(await media.close(id)).toMatchObject({ codec: 'PCMU' })
  })
})
