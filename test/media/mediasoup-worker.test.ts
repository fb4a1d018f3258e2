// The media worker as set-up gets it: it starts, and RTP passes through it unharmed, in the clear
// and under every SRTP suite. This is the proof for a worker that was built on this machine.

import { createHash } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { createWorker } from 'mediasoup'
import type {
  PlainTransport,
  ProducerOptions,
  Router,
  SrtpCryptoSuite,
  Worker,
} from 'mediasoup/types'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const packetCount = 50
const payloadType = 0
const ssrc = 0x1234_5678
const loopback = { listenInfo: { protocol: 'udp', ip: '127.0.0.1' } } as const
const pcmu = {
  kind: 'audio',
  mimeType: 'audio/PCMU',
  clockRate: 8000,
  channels: 1,
  preferredPayloadType: payloadType,
} as const
const producing: ProducerOptions = {
  kind: 'audio',
  rtpParameters: {
    codecs: [{ mimeType: 'audio/PCMU', clockRate: 8000, channels: 1, payloadType }],
    encodings: [{ ssrc }],
  },
}
const hearing = {
  codecs: [{ ...pcmu, rtcpFeedback: [] }],
  headerExtensions: [],
}

let worker: Worker
let router: Router

beforeAll(async () => {
  worker = await createWorker({ logLevel: 'error' })
  router = await worker.createRouter({ mediaCodecs: [pcmu] })
})
afterAll(() => worker.close())

/** A 20 ms PCMU packet whose payload names it. */
function rtpPacket(index: number): Buffer {
  const packet = Buffer.alloc(12 + 160, index)
  packet.writeUInt8(0x80, 0)
  packet.writeUInt8(payloadType, 1)
  packet.writeUInt16BE(1000 + index, 2)
  packet.writeUInt32BE(160 * index, 4)
  packet.writeUInt32BE(ssrc, 8)
  return packet
}

/** A digest of the payload; the router puts a header extension of its own before it (RFC 8285). */
function fingerprint(packet: Buffer): string {
  const hasExtension = ((packet[0] ?? 0) & 0x10) !== 0
  const start = hasExtension ? 16 + 4 * packet.readUInt16BE(14) : 12
  return createHash('sha1').update(packet.subarray(start)).digest('hex').slice(0, 8)
}

const payloads = (packets: readonly Buffer[]) => packets.map(fingerprint).toSorted()
const sent = Array.from({ length: packetCount }, (_, index) => rtpPacket(index))

async function sendAll(send: (packet: Buffer) => void): Promise<void> {
  for (const packet of sent) {
    send(packet)
    await new Promise((next) => setTimeout(next, 2))
  }
}

/** Collects packets until all have come or half a minute has passed. */
function collect(): { readonly take: (packet: Buffer) => void; readonly all: Promise<Buffer[]> } {
  const got: Buffer[] = []
  const { promise, resolve } = Promise.withResolvers<Buffer[]>()
  const timer = setTimeout(() => resolve(got), 30_000)
  return {
    take(packet) {
      got.push(Buffer.from(packet))
      if (got.length < packetCount) return
      clearTimeout(timer)
      resolve(got)
    },
    all: promise,
  }
}

const isRtp = (packet: Buffer) => ((packet[1] ?? 0) & 0x7f) === payloadType

async function udp(): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket
}

/** Packets arrive at `from`; what then leaves `to` is heard by whoever `to` is connected to. */
async function bridge(from: PlainTransport, to: PlainTransport): Promise<void> {
  const producer = await from.produce(producing)
  await to.consume({ producerId: producer.id, rtpCapabilities: hearing })
}

describe('plain RTP', () => {
  test('50 of 50 packets pass from one plain transport to another', async () => {
    const [phone, far] = [await udp(), await udp()]
    const into = await router.createPlainTransport({ ...loopback, rtcpMux: true, comedia: true })
    const out = await router.createPlainTransport({ ...loopback, rtcpMux: true })
    await out.connect({ ip: '127.0.0.1', port: far.address().port })
    await bridge(into, out)
    const heard = collect()
    far.on('message', (packet) => isRtp(packet) && heard.take(packet))
    await sendAll((packet) => phone.send(packet, into.tuple.localPort, '127.0.0.1'))
    expect(payloads(await heard.all)).toEqual(payloads(sent))
    for (const closed of [phone, far, into, out]) closed.close()
  })

  test('50 of 50 packets echo through a direct transport', async () => {
    const phone = await udp()
    const line = await router.createPlainTransport({ ...loopback, rtcpMux: true, comedia: true })
    const direct = await router.createDirectTransport()
    const fromPhone = await line.produce(producing)
    const ear = await direct.consume({ producerId: fromPhone.id, rtpCapabilities: hearing })
    const mouth = await direct.produce(producing)
    await line.consume({ producerId: mouth.id, rtpCapabilities: hearing })
    const echo = Promise.withResolvers<void>()
    let inside = 0
    ear.on('rtp', (packet) => {
      // The router gives streams an SSRC of its own; what we send in must carry ours.
      packet.writeUInt32BE(ssrc, 8)
      mouth.send(packet)
      if (++inside === packetCount) echo.resolve()
    })
    const heard = collect()
    phone.on('message', (packet) => isRtp(packet) && heard.take(packet))
    await sendAll((packet) => phone.send(packet, line.tuple.localPort, '127.0.0.1'))
    expect(payloads(await heard.all)).toEqual(payloads(sent))
    await echo.promise
    for (const closed of [phone, line, direct]) closed.close()
  })
})

describe('SRTP between two transports', () => {
  const suites: readonly SrtpCryptoSuite[] = [
    'AES_CM_128_HMAC_SHA1_80',
    'AES_CM_128_HMAC_SHA1_32',
    'AEAD_AES_128_GCM',
    'AEAD_AES_256_GCM',
  ]
  test.each(suites)('50 of 50 packets pass under %s', async (srtpCryptoSuite) => {
    const [phone, far] = [await udp(), await udp()]
    const secure = { ...loopback, rtcpMux: true, enableSrtp: true, srtpCryptoSuite }
    const into = await router.createPlainTransport({ ...loopback, rtcpMux: true, comedia: true })
    const cipher = await router.createPlainTransport(secure)
    const other = await worker.createRouter({ mediaCodecs: [pcmu] })
    const decipher = await other.createPlainTransport(secure)
    const out = await other.createPlainTransport({ ...loopback, rtcpMux: true })
    await out.connect({ ip: '127.0.0.1', port: far.address().port })
    await bridgeSecurely(cipher, decipher)
    const producer = await into.produce(producing)
    const wire = await cipher.consume({ producerId: producer.id, rtpCapabilities: hearing })
    const landed = await decipher.produce({ kind: 'audio', rtpParameters: wire.rtpParameters })
    await out.consume({ producerId: landed.id, rtpCapabilities: hearing })
    const heard = collect()
    far.on('message', (packet) => isRtp(packet) && heard.take(packet))
    await sendAll((packet) => phone.send(packet, into.tuple.localPort, '127.0.0.1'))
    expect(payloads(await heard.all)).toEqual(payloads(sent))
    for (const closed of [phone, far, into, other, cipher]) closed.close()
  })
})

/** Connects two SRTP transports with each other's address and keys. */
async function bridgeSecurely(a: PlainTransport, b: PlainTransport): Promise<void> {
  const side = (t: PlainTransport) => ({
    ip: '127.0.0.1',
    port: t.tuple.localPort,
    srtpParameters: t.srtpParameters!,
  })
  await a.connect(side(b))
  await b.connect(side(a))
}
