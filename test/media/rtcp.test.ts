/** RTCP of our own ports over real sockets: between two of them, and with a peer that is none of ours. */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { type RtcpCompound, readRtcp } from '../../engine/dsp/rtcp.ts'
import { writeRtp } from '../../engine/dsp/rtp.ts'
import { type Protection, type RtcpTerms, srtpSuites } from '../../engine/media/agreement.ts'
import { PlainRtpPorts } from '../../engine/media/rtp/plain-rtp-port.ts'
import type { AddressedRtpPort, RtpFormat } from '../../engine/media/rtp/rtp-port.ts'
import { newKey } from './srtp-key.ts'

/** Time runs faster for the ports: a report is due every quarter of a second or so. */
const HASTE = 20
const BYTES = 172
const ports = new PlainRtpPorts({
  bindAddress: '127.0.0.1',
  first: 28_900,
  last: 28_949,
  restMs: 0,
  nowMs: () => Math.trunc(performance.now() * HASTE),
  random: Math.random,
})
const sockets: Socket[] = []
const timers: NodeJS.Timeout[] = []
afterEach(() => {
  for (const timer of timers.splice(0)) clearInterval(timer)
  for (const socket of sockets.splice(0)) socket.close()
})
afterAll(() => ports.close())

const formats: readonly RtpFormat[] = [{ payloadType: 0, codec: 'PCMU', clockHz: 8000 }]
const open = { kind: 'none' } as const
const xr = { roundTrip: true, voip: true }

function talk(port: AddressedRtpPort, ssrc: number): void {
  const packet = Buffer.alloc(BYTES)
  let n = 0
  const timer = setInterval(() => {
    n += 1
    writeRtp(packet, 0, 0, false, n & 0xffff, (n * 160) | 0, ssrc)
    port.send(packet, BYTES)
  }, 10)
  timers.push(timer)
}

const aimAt = (
  port: AddressedRtpPort,
  at: number,
  protection: Protection = open,
  rtcp?: RtcpTerms,
): void =>
  port.aim({
    remote: { address: '127.0.0.1', port: at },
    natAddress: undefined,
    formats,
    protection,
    rtcp,
  })

const muxedAt = (port: number): RtcpTerms => ({
  remote: { address: '127.0.0.1', port },
  mux: true,
  xr: { roundTrip: false, voip: false },
})

async function socketAt(address = '127.0.0.1', port = 0): Promise<Socket> {
  const socket = createSocket('udp4').bind(port, address)
  sockets.push(socket)
  await once(socket, 'listening')
  return socket
}

/** Every whole RTCP datagram that comes to the socket. */
function reportsTo(socket: Socket): RtcpCompound[] {
  const got: RtcpCompound[] = []
  socket.on('message', (packet) => {
    const read = readRtcp(packet, packet.length)
    if (read) got.push(read)
  })
  return got
}

describe('between two ports of ours', () => {
  const suites = srtpSuites.map((suite) => [suite, false] as const)
  test.each([['plain', false], ['plain', true], ...suites, ['AEAD_AES_128_GCM', true]] as const)(
    '%s, on one port: %s',
    async (suite, mux) => {
      const [a, b] = [await ports.open(), await ports.open()]
      const [ofA, ofB] = suite === 'plain' ? [] : [newKey(suite), newKey(suite)]
      const of = (ours = ofA, theirs = ofB): Protection =>
        ours && theirs ? { kind: 'sdes', ours, theirs } : open
      aimAt(a, b.localPort, of(), mux ? muxedAt(b.localPort) : undefined)
      aimAt(b, a.localPort, of(ofB, ofA), mux ? muxedAt(a.localPort) : undefined)
      talk(a, 7)
      talk(b, -8)
      for (const port of [a, b]) {
        await expect.poll(() => port.link().roundTripMs).not.toBeNull()
        expect(port.link()).toMatchObject({ lossPercent: 0, remoteLossPercent: 0 })
        expect(port.statistics()).toMatchObject({ packetsFromStrangers: 0, packetsForged: 0 })
      }
      await Promise.all([a.close(), b.close()])
    },
  )
})

describe('with another peer', () => {
  /** Two sockets, the second above the first where that is asked for. */
  async function pair(above: boolean): Promise<[Socket, Socket]> {
    for (let attempt = 0; ; attempt++) {
      const rtp = await socketAt()
      try {
        return [rtp, await socketAt('127.0.0.1', above ? rtp.address().port + 1 : 0)]
      } catch (error) {
        // Somebody else has it.
        if (attempt === 9) throw error
      }
    }
  }

  async function peer(above: boolean) {
    const [rtp, rtcp] = await pair(above)
    const port = await ports.open()
    return { rtp, rtcp, port, reports: reportsTo(rtcp), onRtp: reportsTo(rtp) }
  }

  test('reports go to the port above, or to that of a=rtcp, with a name, and BYE at the end', async () => {
    for (const above of [true, false]) {
      const { rtp, rtcp, port, reports, onRtp } = await peer(above)
      const at = { address: '127.0.0.1', port: rtcp.address().port }
      aimAt(port, rtp.address().port, open, above ? undefined : { remote: at, mux: false, xr })
      talk(port, 9)
      await expect.poll(() => reports.length).toBeGreaterThan(0)
      expect(reports[0]).toMatchObject({ senderSsrc: 9, hasBye: false })
      expect(reports[0]?.cname).toMatch(/^\w{20}$/)
      await port.close()
      await expect.poll(() => reports.at(-1)?.hasBye).toBe(true)
      expect(onRtp).toEqual([])
    }
  })

  test('nobody who is not the peer changes a figure, and a BYE of the peer ends nothing', async () => {
    const { rtp, rtcp, port } = await peer(true)
    aimAt(port, rtp.address().port)
    talk(port, 9)
    const heard: number[] = []
    port.onPacket = (_packet, bytes) => heard.push(bytes)
    const bad = Buffer.alloc(32)
    bad.writeUInt32BE(0x81c90007)
    bad.writeInt32BE(77, 4)
    bad.writeInt32BE(9, 8)
    bad.writeUInt32BE(0xff00_00ff, 12)
    const bye = Buffer.from([0x80, 201, 0, 1, 0, 0, 0, 77, 0x81, 203, 0, 1, 0, 0, 0, 77])
    const strangers = [await socketAt('127.0.0.3'), await socketAt('127.0.0.1')]
    await expect.poll(() => port.statistics().packetsSent).toBeGreaterThan(2)
    for (const stranger of strangers) {
      for (const packet of [bad, bye]) {
        stranger.send(packet, port.localPort, '127.0.0.1')
        stranger.send(packet, port.localPort + 1, '127.0.0.1')
      }
    }
    await expect.poll(() => port.statistics().packetsFromStrangers).toBeGreaterThanOrEqual(6)
    expect(port.link().remoteLossPercent).toBeNull()
    rtcp.send(bad, port.localPort + 1, '127.0.0.1')
    rtcp.send(bye, port.localPort + 1, '127.0.0.1')
    await expect.poll(() => port.link().remoteLossPercent).not.toBeNull()
    const packet = Buffer.alloc(BYTES)
    writeRtp(packet, 0, 0, false, 1, 160, 77)
    rtp.send(packet, port.localPort, '127.0.0.1')
    await expect.poll(() => heard).toEqual([BYTES])
    await port.close()
  })
})
