import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { emptyRtpHeader, isRtcp, type RtpHeader, readRtp, writeRtp } from '../../engine/dsp/rtp.ts'
import type { Protection } from '../../engine/media/agreement.ts'
import type {
  AddressedRtpPort,
  AddressedRtpPorts,
  RtpTarget,
} from '../../engine/media/rtp/rtp-port.ts'
import { SRTP_GROWTH_BYTES, SrtpSession } from '../../engine/media/rtp/srtp.ts'
import { bindUdp, closeUdp } from '../../engine/media/rtp/udp-socket.ts'

type Got = RtpHeader & { readonly payload: Buffer; readonly fromPort: number }

function parse(packet: Uint8Array, bytes: number, fromPort = 0): Got {
  const header = emptyRtpHeader()
  if (!readRtp(packet, bytes, header)) throw new Error('not RTP')
  const { payloadOffset, payloadLength } = header
  const payload = Buffer.from(packet.subarray(payloadOffset, payloadOffset + payloadLength))
  return { ...header, payload, fromPort }
}

interface ToSend {
  readonly type?: number
  readonly sequence?: number
  readonly timestamp?: number
  readonly ssrc?: number
  readonly payload?: Uint8Array
}

const rtp = ({ type = 0, sequence = 100, timestamp = 0, ssrc = 9, payload }: ToSend): Buffer => {
  const body = payload ?? new Uint8Array(160).fill(sequence & 0xff)
  const packet = Buffer.alloc(12 + body.length)
  writeRtp(packet, 0, type, false, sequence, timestamp, ssrc)
  packet.set(body, 12)
  return packet
}

const target: Omit<RtpTarget, 'protection'> = {
  remote: null,
  natAddress: undefined,
  formats: [
    { payloadType: 0, codec: 'PCMU', clockHz: 8000 },
    { payloadType: 101, codec: 'telephone-event', clockHz: 8000 },
    { payloadType: 8, codec: 'PCMA', clockHz: 8000 },
    { payloadType: 97, codec: 'G722', clockHz: 8000 },
  ],
}

/** A way to the network, and when what was aimed last is ready; default: soon. */
export interface PortsUnderTest extends AddressedRtpPorts {
  settled?(): Promise<void>
}

/** What every way to the network must do, run against each of them. */
export function rtpPortCases(
  name: string,
  start: () => Promise<PortsUnderTest>,
  protection: Exclude<Protection, { kind: 'webrtc' }> = { kind: 'none' },
): void {
  let ports: PortsUnderTest
  const sockets: Socket[] = []
  const mouths = new Map<Socket, SrtpSession>()
  const opened: AddressedRtpPort[] = []

  beforeAll(async () => {
    ports = await start()
  })
  afterAll(() => ports.close())
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.close()
    await Promise.all(opened.splice(0).map((port) => port.close()))
  })

  async function phone(
    address = '127.0.0.1',
  ): Promise<{ socket: Socket; got: Got[]; port: number }> {
    const socket = createSocket('udp4')
    sockets.push(socket)
    socket.bind(0, address)
    await once(socket, 'listening')
    const got: Got[] = []
    const ear = protection.kind === 'sdes' ? new SrtpSession(protection.ours) : undefined
    if (protection.kind === 'sdes') mouths.set(socket, new SrtpSession(protection.theirs))
    socket.on('message', (packet, from) => {
      const bytes = ear ? ear.unprotect(packet, packet.length) : packet.length
      got.push(parse(packet, bytes, from.port))
    })
    return { socket, got, port: socket.address().port }
  }

  async function open(): Promise<{ port: AddressedRtpPort; heard: Got[] }> {
    const port = await ports.open()
    opened.push(port)
    const heard: Got[] = []
    port.onPacket = (packet, bytes) => heard.push(parse(packet, bytes))
    return { port, heard }
  }

  const aim = async (port: AddressedRtpPort, to: number, natAddress?: string): Promise<void> => {
    port.aim({ ...target, protection, remote: { address: '127.0.0.1', port: to }, natAddress })
    await (ports.settled?.() ?? sleep(100))
  }

  const until = async (done: () => boolean): Promise<void> => {
    for (let n = 0; n < 3_000 && !done(); n++) await sleep(10)
  }

  function sealed(socket: Socket, packet: Buffer): Buffer {
    const mouth = mouths.get(socket)
    if (!mouth || isRtcp(packet, packet.length)) return packet
    const room = Buffer.concat([packet, Buffer.alloc(SRTP_GROWTH_BYTES)])
    return room.subarray(0, mouth.protect(room, packet.length))
  }

  async function sendAll(
    socket: Socket,
    port: AddressedRtpPort,
    packets: readonly Buffer[],
  ): Promise<void> {
    for (const packet of packets) {
      socket.send(sealed(socket, packet), port.localPort, '127.0.0.1')
      await sleep(3)
    }
  }

  const numbered = (count: number, more: ToSend = {}): Buffer[] =>
    Array.from({ length: count }, (_, n) =>
      rtp({ ...more, sequence: 65_530 + n, timestamp: 0xffff_ff00 + 160 * n }),
    )

  describe(name, () => {
    test('what the peer sends arrives whole and in step, across every wrap', async () => {
      const { port, heard } = await open()
      const { socket, port: from } = await phone()
      await aim(port, from)
      await sendAll(socket, port, numbered(20))
      await until(() => heard.length === 20)
      expect(heard.map(({ payload }) => payload[159])).toEqual(
        Array.from({ length: 20 }, (_, n) => (65_530 + n) & 0xff),
      )
      for (const [n, packet] of heard.entries()) {
        expect((packet.sequence - heard[0]!.sequence) & 0xffff).toBe(n)
        expect((packet.timestamp - heard[0]!.timestamp) >>> 0).toBe(160 * n)
        expect(packet.payloadType).toBe(0)
      }
      expect(port.statistics()).toMatchObject({ packetsReceived: 20, packetsFromStrangers: 0 })
    })

    test('what we send arrives from the port in the SDP, one stream, also when the buffer is reused', async () => {
      const { port } = await open()
      const { got, port: to } = await phone()
      await aim(port, to)
      const buffer = Buffer.alloc(200)
      for (let n = 0; n < 10; n++) {
        rtp({ sequence: 65_530 + n, timestamp: 0xffff_ff00 + 160 * n, ssrc: 77 }).copy(buffer)
        port.send(buffer, 172)
      }
      await until(() => got.length === 10)
      expect(got.map(({ payload }) => payload.length)).toEqual(Array(10).fill(160))
      expect(got.map(({ payload }) => payload[0])).toEqual(
        Array.from({ length: 10 }, (_, n) => (65_530 + n) & 0xff),
      )
      expect(new Set(got.map(({ ssrc }) => ssrc)).size).toBe(1)
      for (const [n, packet] of got.entries()) {
        expect(packet.fromPort).toBe(port.localPort)
        expect((packet.sequence - got[0]!.sequence) & 0xffff).toBe(n)
        expect((packet.timestamp - got[0]!.timestamp) >>> 0).toBe(160 * n)
      }
      expect(port.statistics().packetsSent).toBe(10)
    })

    test('telephone events and every agreed payload type pass, in both directions', async () => {
      const { port, heard } = await open()
      const { socket, got, port: from } = await phone()
      await aim(port, from)
      const event = Uint8Array.of(5, 0x8a, 3, 32)
      const mixed = [0, 101, 8, 97, 101, 0].map((type, n) => {
        const payload = type === 101 ? event : new Uint8Array(160).fill(n)
        return rtp({ type, sequence: n, timestamp: 160 * n, payload })
      })
      await sendAll(socket, port, mixed)
      for (const packet of mixed) port.send(packet, packet.length)
      await until(() => heard.length === 6 && got.length === 6)
      for (const side of [heard, got]) {
        expect(side.map(({ payloadType }) => payloadType)).toEqual([0, 101, 8, 97, 101, 0])
        expect([...side[1]!.payload]).toEqual([...event])
        expect(side[3]!.payload[0]).toBe(3)
      }
    })

    test('a lost packet stays a gap', async () => {
      const { port, heard } = await open()
      const { socket, port: from } = await phone()
      await aim(port, from)
      const packets = numbered(6)
      await sendAll(socket, port, [...packets.slice(0, 2), ...packets.slice(4)])
      await until(() => heard.length === 4)
      expect(heard.map(({ sequence }) => (sequence - heard[0]!.sequence) & 0xffff)).toEqual([
        0, 1, 4, 5,
      ])
    })

    test('before the peer is known nothing goes out and nothing comes in', async () => {
      const { port, heard } = await open()
      const { socket, got } = await phone()
      await sendAll(socket, port, numbered(3))
      port.send(rtp({}), 172)
      await until(() => port.statistics().packetsFromStrangers === 3)
      await sleep(50)
      expect([heard, got]).toEqual([[], []])
      expect(port.statistics()).toMatchObject({ packetsReceived: 0, packetsFromStrangers: 3 })
    })

    test('strangers are counted, not heard and never answered', async () => {
      const { port, heard } = await open()
      const [peer, other, far] = [await phone(), await phone(), await phone('127.0.0.3')]
      await aim(port, peer.port)
      await sendAll(peer.socket, port, numbered(3))
      await sendAll(other.socket, port, numbered(5))
      await sendAll(far.socket, port, numbered(5))
      for (let n = 0; n < 5; n++) port.send(rtp({ sequence: n }), 172)
      await until(() => heard.length === 3 && peer.got.length === 5)
      await until(() => port.statistics().packetsFromStrangers === 10)
      expect(heard).toHaveLength(3)
      expect(peer.got).toHaveLength(5)
      expect([other.got, far.got]).toEqual([[], []])
      expect(port.statistics().packetsFromStrangers).toBe(10)
    })

    test('behind a NAT the peer is learnt from its fourth packet on', async () => {
      const { port, heard } = await open()
      const [nat, claimed] = [await phone(), await phone()]
      await aim(port, claimed.port, '127.0.0.1')
      await sendAll(nat.socket, port, numbered(6))
      await until(() => heard.length === 3)
      expect(heard).toHaveLength(3)
      for (let n = 0; n < 3; n++) port.send(rtp({ sequence: n }), 172)
      await until(() => nat.got.length === 3)
      expect(nat.got).toHaveLength(3)
      expect(claimed.got).toEqual([])
    })

    test('a new aim moves the stream; no aim stops it', async () => {
      const { port, heard } = await open()
      const [first, second] = [await phone(), await phone()]
      await aim(port, first.port)
      await sendAll(first.socket, port, numbered(2))
      await until(() => heard.length === 2)
      await aim(port, second.port)
      await sendAll(first.socket, port, numbered(2))
      port.send(rtp({}), 172)
      await until(() => second.got.length === 1)
      expect([first.got.length, second.got.length, heard.length]).toEqual([0, 1, 2])
      port.aim({ ...target, protection, remote: null })
      port.send(rtp({}), 172)
      await sendAll(second.socket, port, numbered(2))
      await sleep(30)
      expect([second.got.length, heard.length]).toEqual([1, 2])
    })

    test('RTCP is nobody’s packet, and garbage harms nothing', async () => {
      const { port, heard } = await open()
      const { socket, port: from } = await phone()
      await aim(port, from)
      const bye = Buffer.from([0x81, 203, 0, 1, 0, 0, 0, 7])
      await sendAll(socket, port, [bye, ...numbered(1)])
      socket.send(bye, port.localPort + 1, '127.0.0.1')
      await until(() => heard.length === 1)
      expect(heard).toHaveLength(1)
      port.onPacket = () => {}
      for (let length = 0; length < 30; length++) {
        socket.send(Buffer.alloc(length, 0x80), port.localPort, '127.0.0.1')
      }
      await sleep(30)
    })

    test('RTCP hijack, forged BYE, compound RTCP: the peer’s alone counts, and ends nothing', async () => {
      const { port, heard } = await open()
      const { socket, port: from } = await phone()
      const { socket: stranger } = await phone('127.0.0.4')
      await aim(port, from)
      const bye = Buffer.from([0x81, 203, 0, 1, 0, 0, 0, 7])
      const report = Buffer.from([0x80, 201, 0, 1, 0, 0, 0, 7])
      const compound = Buffer.concat([report, bye])
      const short = Array.from({ length: 8 }, (_, length) => bye.subarray(0, length))
      const rtcp = port.localPort + 1
      for (const packet of [bye, compound, report]) {
        stranger.send(packet, rtcp, '127.0.0.1')
        stranger.send(packet, port.localPort, '127.0.0.1')
      }
      for (const packet of short) socket.send(packet, rtcp, '127.0.0.1')
      await sleep(30)
      expect([port.heard, port.heardRtcp]).toEqual([0, 0])
      for (const packet of [bye, compound]) socket.send(packet, rtcp, '127.0.0.1')
      await until(() => port.heardRtcp === 2)
      expect(port.statistics()).toMatchObject({ rtcpReceived: 2, packetsReceived: 0 })
      await sendAll(socket, port, numbered(2))
      await until(() => heard.length === 2)
      expect(heard).toHaveLength(2)
    })

    test('closing frees both ports, ends everything and may be repeated', async () => {
      const { port, heard } = await open()
      const { socket, got, port: from } = await phone()
      await aim(port, from)
      await Promise.all([port.close(), port.close()])
      await sendAll(socket, port, numbered(2))
      port.send(rtp({}), 172)
      await sleep(30)
      expect([heard, got]).toEqual([[], []])
      await closeUdp(await bindUdp('127.0.0.1', port.localPort))
      await closeUdp(await bindUdp('127.0.0.1', port.localPort + 1))
    })
  })
}
