import { createSocket } from 'node:dgram'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { emptyRtpHeader, readRtp, writeRtp } from '../../engine/dsp/rtp.ts'
import type { WebRtcEnd } from '../../engine/media/agreement.ts'
import { openPorts } from '../../engine/media/rtp/open-ports.ts'
import type { RtpFormat, RtpPorts, WebRtcPort } from '../../engine/media/rtp/rtp-port.ts'
import { mediasoupWorkersOf } from '../support/child-processes.ts'
import { eventually } from '../support/engine-process.ts'
import { Chromium } from './support/chromium.ts'
import { PeerPage, peerOf, sdpOf } from './support/peer-page.ts'

const formats: readonly RtpFormat[] = [
  { payloadType: 111, codec: 'opus', clockHz: 48000 },
  { payloadType: 110, codec: 'telephone-event', clockHz: 48000 },
  { payloadType: 0, codec: 'PCMU', clockHz: 8000 },
  { payloadType: 126, codec: 'telephone-event', clockHz: 8000 },
]
/** DTLS 1.2 ClientHello that knows one cipher: TLS_NULL_WITH_NULL_NULL (RFC 5246 section 7.4.1.2, RFC 6347). */
const helloBody = Buffer.concat([
  Buffer.from('fefd', 'hex'),
  Buffer.alloc(32, 7),
  Buffer.from('00' + '00' + '00020000' + '0100', 'hex'),
])
const nullCipherHello = Buffer.concat([
  Buffer.from('16feff0000000000000000', 'hex'),
  Buffer.of(0, helloBody.length + 12),
  Buffer.of(1, 0, 0, helloBody.length, 0, 0, 0, 0, 0, 0, 0, helloBody.length),
  helloBody,
])
const types = '111 110 0 126'
/** A browser chooses which of the two. */
const isEvent = (payloadType: number): boolean => payloadType === 110 || payloadType === 126

let chromium: Chromium
let ports: RtpPorts
const troubles: string[] = []
const closers: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  chromium = await Chromium.start()
  ports = await openPorts(
    {
      index: 0,
      firstPort: 28_400,
      lastPort: 28_449,
      bindAddress: '0.0.0.0',
      portRestMs: 0,
      plainRtp: 'sockets',
      inbandDtmf: 'off',
      silence: { lostMs: 0, endMs: 0 },
      webRtc: { port: 0, addresses: [], publicAddress: '127.0.0.1' },
    },
    { nowMs: () => performance.now(), random: Math.random, trouble: (line) => troubles.push(line) },
  )
})
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})
afterAll(async () => {
  await ports.close()
  await chromium.stop()
})

interface Heard {
  readonly payloadType: number
  readonly marker: boolean
  readonly timestamp: number
  readonly payload: Uint8Array
}

/** A port of ours, with what it hears, and an Opus stream of its own that it sends. */
class OurSide {
  readonly port: WebRtcPort
  readonly heard: Heard[] = []
  readonly states: string[] = []
  #sequence = 65_500
  #timestamp = 0xffff_0000

  constructor(port: WebRtcPort) {
    this.port = port
    port.onConnection = (state) => this.states.push(state)
    port.onPacket = (packet, bytes) => {
      const header = emptyRtpHeader()
      if (!readRtp(packet, bytes, header)) throw new Error('no RTP')
      const { payloadOffset: at, payloadLength } = header
      this.heard.push({ ...header, payload: packet.slice(at, at + payloadLength) })
    }
  }

  aim(sdp: string, known: 'ssrc' | 'mid' = 'ssrc'): void {
    const protection = { kind: 'webrtc', peer: peerOf(sdp, known) } as const
    this.port.aim({ remote: null, natAddress: undefined, formats, protection })
  }

  /** One packet of 20 ms Opus: silence in the fewest bytes (RFC 6716 section 3.1: one frame, CELT). */
  say(payloadType = 111, payload: Uint8Array = Uint8Array.of(0xf8, 0xff, 0xfe)): void {
    this.#sequence = (this.#sequence + 1) & 0xffff
    this.#timestamp = (this.#timestamp + 960) >>> 0
    const packet = Buffer.alloc(12 + payload.length)
    writeRtp(packet, 0, payloadType, false, this.#sequence, this.#timestamp, 77)
    packet.set(payload, 12)
    this.port.send(packet, packet.length)
  }

  audio(): number {
    return this.heard.filter(({ payloadType }) => payloadType === 111).length
  }
}

async function both(): Promise<{ ours: OurSide; browser: PeerPage }> {
  const ours = new OurSide(await ports.openWebRtc())
  closers.push(() => ours.port.close())
  const browser = await PeerPage.open(chromium)
  closers.push(() => browser.close())
  return { ours, browser }
}

const talk = async (ours: OurSide, packets: number): Promise<void> => {
  for (let n = 0; n < packets; n++) {
    ours.say()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** What was heard begins to grow, and grows on. */
async function expectAudio(ours: OurSide): Promise<void> {
  const before = ours.audio()
  await eventually(
    async () => ours.audio(),
    (count) => count >= before + 25,
  )
}

/** So many packets, and more: what the browser tells of what it receives then. */
const receives = (browser: PeerPage, count: number) =>
  eventually(
    () => browser.report('inbound-rtp'),
    (report) => Number(report?.['packetsReceived'] ?? 0) > count,
  )

async function connect(
  { ours, browser }: { ours: OurSide; browser: PeerPage },
  end: WebRtcEnd = ours.port.end,
): Promise<void> {
  ours.aim(await browser.answer(sdpOf(end, 'actpass', types)))
  await eventually(
    async () => ours.states,
    (states) => states.includes('up'),
  )
}

test('our offer: Opus and digits both ways, and RTCP tells the browser of them', async () => {
  const { ours, browser } = await both()
  await connect({ ours, browser })
  await expectAudio(ours)
  await browser.press('5#')
  const keys = await eventually(
    async () => ours.heard.filter(({ payloadType }) => isEvent(payloadType)),
    (events) => events.some(({ payload }) => payload[0] === 11 && payload[1]! >= 0x80),
  )
  expect(new Set(keys.map(({ payload }) => payload[0]))).toEqual(new Set([5, 11]))
  await talk(ours, 100)
  const inbound = await receives(browser, 90)
  expect(inbound).toMatchObject({ kind: 'audio', packetsLost: 0 })
  const theirs = await eventually(
    () => browser.report('remote-inbound-rtp'),
    (report) => report?.['roundTripTime'] !== undefined,
  )
  expect(theirs).toMatchObject({ fractionLost: 0, packetsLost: 0 })
  // Seconds, and below milliseconds: on a busy machine more than they would be.
  expect(theirs?.['roundTripTime']).toBeLessThan(2)
  // The same way round: what mediasoup has heard of the browser's reports.
  const link = await eventually(
    async () => ours.port.link(),
    ({ roundTripMs }) => roundTripMs !== null,
  )
  expect(link).toMatchObject({ lossPercent: 0, remoteLossPercent: 0 })
  expect(link.roundTripMs).toBeLessThan(2000)
  expect(link.jitterMs).toBeLessThan(1000)
  expect(link.bytesReceived).toBeGreaterThan(1000)
  expect(await browser.protocol()).toBe('udp')
  expect(ours.states).toEqual(['up'])
  expect(troubles).toEqual([])
})

test('the offer of a browser; ICE restarts of both sides', async () => {
  const { ours, browser } = await both()
  const offer = await browser.offer()
  await browser.answered(sdpOf(ours.port.end, 'passive', types))
  ours.aim(offer)
  await expectAudio(ours)

  const again = await browser.offer(true)
  const theirs = await ours.port.restartIce()
  await browser.answered(sdpOf(theirs, 'passive', types))
  ours.aim(again)
  await usesFragment(browser, theirs)
  await expectAudio(ours)

  const mine = await ours.port.restartIce()
  expect(mine.iceUsernameFragment).not.toBe(theirs.iceUsernameFragment)
  expect(mine.fingerprints).toEqual(theirs.fingerprints)
  ours.aim(await browser.answer(sdpOf(mine, 'actpass', types)))
  await usesFragment(browser, mine)
  await expectAudio(ours)
  await talk(ours, 25)
  await receives(browser, 20)
  expect(ours.states).toEqual(['up'])
  expect(troubles).toEqual([])
})

test('a browser whose packets are known by their mid alone', async () => {
  const { ours, browser } = await both()
  ours.aim(await browser.answer(sdpOf(ours.port.end, 'actpass', types)), 'mid')
  await expectAudio(ours)
})

test('DTLS hello race: a third party that says hello first, and again and again, changes nothing', async () => {
  const { ours, browser } = await both()
  const { end } = ours.port
  const udp = end.candidates.find(({ protocol }) => protocol === 'udp')
  const stranger = createSocket('udp4')
  closers.push(async () => stranger.close())
  const race = setInterval(() => {
    for (let n = 0; n < 20; n++) stranger.send(nullCipherHello, udp?.port ?? 0, '127.0.0.1')
  }, 5)
  try {
    await connect({ ours, browser }, end)
    await expectAudio(ours)
  } finally {
    clearInterval(race)
  }
  expect(ours.states).toEqual(['up'])
})

test('where UDP does not get through, TCP does', async () => {
  const { ours, browser } = await both()
  const { end } = ours.port
  const candidates = end.candidates.filter(({ protocol }) => protocol === 'tcp')
  await connect({ ours, browser }, { ...end, candidates })
  await expectAudio(ours)
  await talk(ours, 25)
  await receives(browser, 20)
  expect(await browser.protocol()).toBe('tcp')
})

test('a browser that leaves is noticed at once', async () => {
  const { ours, browser } = await both()
  await connect({ ours, browser })
  await expectAudio(ours)
  await browser.hangUp()
  await eventually(
    async () => ours.states,
    (states) => states.length === 2,
    // ICE alone would tell after half a minute.
    10_000,
  )
  expect(ours.states).toEqual(['up', 'lost'])
})

test('a browser that is no more, and says nothing, is noticed before mediasoup notices', async () => {
  const { ours, browser } = await both()
  await connect({ ours, browser })
  await expectAudio(ours)
  browser.crash()
  await eventually(
    async () => ours.states,
    (states) => states.length === 2,
  )
  expect(ours.states).toEqual(['up', 'lost'])
})

test('a worker that is killed: legs are told, come back by ICE restart, and new ones work', async () => {
  const { ours, browser } = await both()
  await connect({ ours, browser })
  await expectAudio(ours)
  const before = ours.port.end
  process.kill(workerPid(), 'SIGKILL')
  await eventually(
    async () => ours.states,
    (states) => states.at(-1) === 'broken',
    // At once, on a machine that may be busy.
    5000,
  )
  const end = await ours.port.restartIce()
  expect(end.fingerprints).not.toEqual(before.fingerprints)
  ours.aim(await browser.answer(sdpOf(end, 'actpass', types)))
  await expectAudio(ours)
  await talk(ours, 25)
  expect(ours.states).toEqual(['up', 'broken', 'up'])
  const next = await both()
  await connect(next)
  await expectAudio(next.ours)
  expect(troubles).toHaveLength(1)
  expect(troubles[0]).toMatch(/died/)
})

/** The browser has a working pair under these credentials of ours. */
const usesFragment = (browser: PeerPage, end: WebRtcEnd): Promise<unknown> =>
  eventually(
    () => browser.remoteFragment(),
    (fragment) => fragment === end.iceUsernameFragment,
  )

/** The one mediasoup worker of this process. */
function workerPid(): number {
  const found = mediasoupWorkersOf(process.pid)
  expect(found).toHaveLength(1)
  return Number(found[0])
}
