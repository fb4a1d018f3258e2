import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { createWorker } from 'mediasoup'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { writeRtp } from '../../engine/dsp/rtp.ts'
import { type SrtpKey, srtpSuites } from '../../engine/media/agreement.ts'
import { closeMediasoupWorker } from '../../engine/media/mediasoup.ts'
import { PlainRtpPorts } from '../../engine/media/rtp/plain-rtp-port.ts'
import type { AddressedRtpPort } from '../../engine/media/rtp/rtp-port.ts'
import { SRTP_GROWTH_BYTES, SrtpSession } from '../../engine/media/rtp/srtp.ts'
import { newKey } from './srtp-key.ts'

const suite = 'AES_CM_128_HMAC_SHA1_80'
const ports = new PlainRtpPorts({
  bindAddress: '127.0.0.1',
  first: 28_700,
  last: 28_749,
  restMs: 0,
  nowMs: () => performance.now(),
  random: Math.random,
})
let worker: Awaited<ReturnType<typeof createWorker>>
const sockets: Socket[] = []

beforeAll(async () => {
  worker = await createWorker({ logLevel: 'error' })
})
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close()
})
afterAll(async () => {
  await ports.close()
  await closeMediasoupWorker(worker)
})

const rtp = (sequence: number): Buffer => {
  const packet = Buffer.alloc(172 + SRTP_GROWTH_BYTES, sequence & 0xff)
  writeRtp(packet, 0, 0, false, sequence & 0xffff, sequence * 160, 9)
  return packet
}

class Phone {
  readonly socket: Socket
  readonly #port: AddressedRtpPort
  session: SrtpSession

  private constructor(socket: Socket, port: AddressedRtpPort, key: SrtpKey) {
    this.socket = socket
    this.#port = port
    this.session = new SrtpSession(key)
  }

  static async open(port: AddressedRtpPort, key: SrtpKey): Promise<Phone> {
    const socket = createSocket('udp4').bind(0, '127.0.0.1')
    sockets.push(socket)
    await once(socket, 'listening')
    return new Phone(socket, port, key)
  }

  async say(...sequences: readonly number[]): Promise<void> {
    for (const sequence of sequences) {
      const packet = rtp(sequence)
      const length = this.session.protect(packet, 172)
      this.socket.send(packet, 0, length, this.#port.localPort, '127.0.0.1')
    }
    await sleep(50)
  }
}

async function both(ours: SrtpKey, theirs: SrtpKey) {
  const port = await ports.open()
  const phone = await Phone.open(port, theirs)
  const heard: number[] = []
  port.onPacket = (packet, bytes) => {
    expect([bytes, packet[12]]).toEqual([172, packet[3]])
    heard.push((packet[2]! << 8) | packet[3]!)
  }
  const aim = (key = theirs, held = false): void =>
    port.aim({
      remote: held ? null : { address: '127.0.0.1', port: phone.socket.address().port },
      natAddress: undefined,
      formats: [{ payloadType: 0, codec: 'PCMU', clockHz: 8000 }],
      protection: { kind: 'sdes', ours, theirs: key },
    })
  aim()
  return { port, phone, heard, aim }
}

test('SRTP flood ends no call: 10,000 packets under no key are counted, and the peer is heard on', async () => {
  const { port, phone, heard } = await both(newKey(suite), newKey(suite))
  await phone.say(1, 2)
  const forged = rtp(3)
  for (let n = 0; n < 10_000; n++) {
    forged.writeUInt32BE(n, 8)
    phone.socket.send(forged, 0, 182, port.localPort, '127.0.0.1')
    if (n % 20 === 0) await sleep(1)
  }
  for (let n = 0; n < 100 && port.statistics().packetsForged < 9900; n++) await sleep(20)
  await phone.say(3, 4)
  expect(heard).toEqual([1, 2, 3, 4])
  // The system may drop some of so many.
  expect(port.statistics().packetsForged).toBeGreaterThan(9900)
  expect(port.statistics()).toMatchObject({ packetsReceived: 4, packetsFromStrangers: 0 })
})

test('plain RTP is not taken in place of SRTP', async () => {
  const { port, phone, heard } = await both(newKey(suite), newKey(suite))
  phone.socket.send(rtp(1), 0, 172, port.localPort, '127.0.0.1')
  await expect.poll(() => port.statistics().packetsForged).toBe(1)
  expect(heard).toEqual([])
  expect(port.statistics()).toMatchObject({ packetsReceived: 0 })
})

test('a hold with the same keys keeps the rollover counter', async () => {
  const { phone, heard, aim } = await both(newKey(suite), newKey(suite))
  await phone.say(65_534, 65_535, 65_536, 65_537)
  aim(undefined, true)
  await phone.say(65_538)
  aim()
  await phone.say(65_539)
  expect(heard).toEqual([65_534, 65_535, 0, 1, 3])
})

test('a new key of the peer counts at once, the old one until it does', async () => {
  const next = newKey('AEAD_AES_256_GCM')
  const { port, phone, heard, aim } = await both(newKey(suite), newKey(suite))
  await phone.say(1)
  aim(next)
  await phone.say(2)
  const old = phone.session
  phone.session = new SrtpSession(next)
  await phone.say(3)
  phone.session = old
  await phone.say(4)
  expect(heard).toEqual([1, 2, 3])
  expect(port.statistics().packetsForged).toBe(1)
})

test.each(srtpSuites)('%s is that of libsrtp, in both directions', async (name) => {
  const router = await worker.createRouter({
    mediaCodecs: [{ kind: 'audio', mimeType: 'audio/PCMU', clockRate: 8000 }],
  })
  const far = await router.createPlainTransport({
    listenInfo: { protocol: 'udp', ip: '127.0.0.1' },
    enableSrtp: true,
    srtpCryptoSuite: name,
  })
  const theirs = { suite: name, keyBase64: far.srtpParameters?.keyBase64 ?? '' }
  const ours = newKey(name)
  const port = await ports.open()
  port.aim({
    remote: { address: '127.0.0.1', port: far.tuple.localPort },
    natAddress: undefined,
    formats: [{ payloadType: 0, codec: 'PCMU', clockHz: 8000 }],
    protection: { kind: 'sdes', ours, theirs },
  })
  await far.connect({
    ip: '127.0.0.1',
    port: port.localPort,
    srtpParameters: { cryptoSuite: name, keyBase64: ours.keyBase64 },
  })
  // What we say goes through mediasoup and comes back to us.
  const codecs = [{ mimeType: 'audio/PCMU', clockRate: 8000, payloadType: 0 }]
  const said = await far.produce({
    kind: 'audio',
    rtpParameters: { codecs, encodings: [{ ssrc: 9 }] },
  })
  await far.consume({ producerId: said.id, rtpCapabilities: router.rtpCapabilities })
  const heard: number[] = []
  port.onPacket = (packet) => heard.push(packet.at(12) ?? -1)
  for (let n = 65_526; n < 65_546; n++) {
    port.send(rtp(n), 172)
    await sleep(5)
  }
  await expect.poll(() => heard.length).toBe(20)
  expect(port.statistics().packetsForged).toBe(0)
  await port.close()
  router.close()
})
