import { describe, expect, test } from 'vitest'
import { type RtcpCompound, readRtcp } from '../../../engine/dsp/rtcp.ts'
import { writeRtp } from '../../../engine/dsp/rtp.ts'
import { RtcpSession } from '../../../engine/media/rtp/rtcp-session.ts'
import type { RtpFormat } from '../../../engine/media/rtp/rtp-port.ts'

const formats: readonly RtpFormat[] = [
  { payloadType: 0, codec: 'PCMU', clockHz: 8000 },
  { payloadType: 101, codec: 'telephone-event', clockHz: 8000 },
]
const everything = { roundTrip: true, voip: true }
const BYTES = 172

interface Wire {
  nowMs: number
  /** One way. */
  delayMs: number
}

/** One party with its own stream; what it says as RTCP is kept, and handed to the other after the delay. */
class Party {
  readonly said: { atMs: number; read: RtcpCompound }[] = []
  readonly session: RtcpSession
  readonly #packet = Buffer.alloc(BYTES)
  readonly #wire: Wire
  readonly #ssrc: number
  #late: { atMs: number; packet: Buffer; isRtcp: boolean }[] = []
  #sequence = 65_530
  #timestamp = -300
  to: Party | undefined

  constructor(wire: Wire, ssrc: number, xr?: typeof everything) {
    this.#wire = wire
    this.#ssrc = ssrc
    this.session = new RtcpSession({
      nowMs: () => wire.nowMs,
      random: () => 0.5,
      epochMs: 1_700_000_000_000,
      send: (packet, bytes) => {
        const copy = Buffer.from(packet.subarray(0, bytes))
        const read = readRtcp(copy, bytes)
        if (!read) throw new Error('what was said is no RTCP')
        this.said.push({ atMs: wire.nowMs, read })
        this.to?.hand(copy, true)
      },
    })
    this.session.agree(formats, xr)
  }

  talk(isLost = false): void {
    writeRtp(this.#packet, 0, 0, false, this.#sequence, this.#timestamp, this.#ssrc)
    this.#sequence += 1
    this.#timestamp += 160
    this.session.sent(this.#packet, BYTES)
    if (!isLost) this.to?.hand(Buffer.from(this.#packet), false)
  }

  hand(packet: Buffer, isRtcp: boolean): void {
    this.#late.push({ atMs: this.#wire.nowMs + this.#wire.delayMs, packet, isRtcp })
  }

  take(): void {
    const due = this.#late.filter(({ atMs }) => atMs <= this.#wire.nowMs)
    this.#late = this.#late.filter((one) => !due.includes(one))
    for (const { packet, isRtcp } of due) {
      if (isRtcp) this.session.heard(packet, packet.length, true)
      else this.session.received(packet, packet.length)
    }
  }
}

function pair(delayMs = 30, xr?: typeof everything): { wire: Wire; a: Party; b: Party } {
  const wire = { nowMs: 1000, delayMs }
  const [a, b] = [new Party(wire, 0x0a0a0a0a, xr), new Party(wire, -5, xr)]
  a.to = b
  b.to = a
  return { wire, a, b }
}

/** `aLost`, `bTalks`: of the n-th packet. */
function run(
  { wire, a, b }: ReturnType<typeof pair>,
  ticks: number,
  { aLoses = (_n: number): boolean => false, bTalks = true } = {},
): void {
  for (let n = 0; n < ticks; n++) {
    wire.nowMs += 20
    a.talk(aLoses(n))
    if (bTalks) b.talk()
    for (const party of [a, b]) {
      party.take()
      if (n % 25 === 0) party.session.look()
    }
  }
}

describe('who talks with whom', () => {
  test('tells about every five seconds, the first time sooner, with a name that stays', () => {
    const both = pair()
    run(both, 3000)
    const times = both.a.said.map(({ atMs }) => atMs)
    expect(times.length).toBeGreaterThanOrEqual(12)
    expect(times.length).toBeLessThanOrEqual(16)
    expect(times[0]! - 1000).toBeLessThan(3500)
    const names = new Set(both.a.said.map(({ read }) => read.cname))
    expect(names.size).toBe(1)
    expect([...names][0]).toMatch(/^[0-9a-z]{20}$/)
  })

  test('round trip, loss and jitter of both sides', () => {
    const both = pair(30)
    run(both, 1500, { aLoses: (n) => n % 10 === 9 })
    const [a, b] = [both.a.session.figures(), both.b.session.figures()]
    expect(a.roundTripMs).toBeGreaterThanOrEqual(58)
    expect(a.roundTripMs).toBeLessThanOrEqual(82)
    expect(b.lossPercent).toBeCloseTo(10, 0)
    expect(a.remoteLossPercent).toBeGreaterThan(8)
    expect(a.remoteLossPercent).toBeLessThan(11)
    expect(a).toMatchObject({ lossPercent: 0, jitterMs: 0, remoteJitterMs: 0 })
    expect(a.bytesSent).toBe(1500 * BYTES)
    expect(b.bytesReceived).toBe(both.b.session.figures().bytesReceived)
  })

  test('a sender report has what was sent; who only listens reports as a receiver', () => {
    const both = pair()
    run(both, 600, { bTalks: false })
    const { said } = both.a
    expect(said.every(({ read }) => read.reportTime !== null && read.reports.length === 0)).toBe(
      true,
    )
    const { read } = both.b.said.at(-1)!
    expect(read.reportTime).toBeNull()
    expect(read.reports[0]).toMatchObject({ ssrc: 0x0a0a0a0a, packetsLost: 0, fractionLost: 0 })
    expect(read.reports[0]?.lastReport).not.toBe(0)
    expect(both.b.session.figures().roundTripMs).toBeNull()
  })

  test('extended reports where agreed on: the receiver’s round trip, and of speech', () => {
    const both = pair(40, everything)
    both.b.session.plays({ bufferMs: 40, bufferMaxMs: 60, discardRate: 0.5, rFactor: 88, mos: 4.3 })
    run(both, 1500, { bTalks: false, aLoses: (n) => n % 10 === 9 })
    expect(both.b.session.figures().roundTripMs).toBeGreaterThanOrEqual(78)
    const { voip } = both.b.said.at(-1)!.read
    expect(voip).toMatchObject({ rFactor: 88, mos: 4.3, discardRate: 0.5, endSystemDelayMs: 60 })
    expect(voip?.lossRate).toBeCloseTo(0.1, 1)
    const without = pair(40)
    run(without, 600)
    expect(without.a.said.at(-1)?.read).toMatchObject({ referenceTime: null, voip: null })
  })

  test('says BYE at its end, and nothing before it has said anything', () => {
    const both = pair()
    both.b.session.bye()
    expect(both.b.said).toEqual([])
    run(both, 300)
    both.a.session.bye()
    expect(both.a.said.at(-1)?.read.hasBye).toBe(true)
  })
})

describe('what is not believed', () => {
  const report = (ssrc: number, of: number, middle: number): Buffer => {
    const packet = Buffer.alloc(32)
    packet.writeUInt32BE(0x81c90007)
    packet.writeInt32BE(ssrc | 0, 4)
    packet.writeInt32BE(of | 0, 8)
    packet.writeUInt32BE(0x80000100, 12)
    packet.writeUInt32BE(middle >>> 0, 24)
    return packet
  }

  test('one who does not know the stream’s SSRC, unless the address proves him', () => {
    const both = pair()
    run(both, 100)
    const { session } = both.a
    expect(session.heard(report(123, 0x0a0a0a0a, 0), 32, false)).toBe(false)
    expect(session.figures().remoteLossPercent).not.toBe(100)
    expect(session.heard(report(-5, 0x0a0a0a0a, 0), 32, false)).toBe(true)
    expect(session.figures().remoteLossPercent).toBe(100)
  })

  test('a report of ours that never was, and one of another stream', () => {
    const both = pair()
    run(both, 1000)
    const { session } = both.a
    const before = session.figures()
    session.heard(report(-5, 77, 0), 32, true)
    expect(session.figures()).toEqual(before)
    session.heard(report(-5, 0x0a0a0a0a, 0x1234_5678), 32, true)
    expect(session.figures().roundTripMs).toBe(before.roundTripMs)
  })

  test('that he had a report of ours for longer than it is ago', () => {
    const both = pair()
    run(both, 1000)
    const { session, said } = both.a
    const middle = said.findLast(({ read }) => read.reportTime !== null)?.read.reportTime ?? 0
    for (const delay of [0x7fff_ffff, 0x8800_0000, 0xffff_ffff]) {
      const lie = report(-5, 0x0a0a0a0a, middle)
      lie.writeUInt32BE(delay, 28)
      expect(session.heard(lie, 32, true)).toBe(true)
      expect(session.figures().roundTripMs).toBe(0)
    }
  })

  test('less than whole packets', () => {
    const both = pair()
    run(both, 100)
    for (let bytes = 0; bytes < 32; bytes++) {
      expect(both.a.session.heard(report(-5, 0x0a0a0a0a, 0), bytes, true)).toBe(false)
    }
  })
})
