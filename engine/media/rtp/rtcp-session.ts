import { type ReceptionReport, type RtcpCompound, readRtcp } from '../../dsp/rtcp.ts'
import { Reception } from '../../dsp/rtcp-reception.ts'
import {
  middleOf,
  type NtpTime,
  ntpOf,
  type ReportBlock,
  RtcpWriter,
  type VoipBlock,
} from '../../dsp/rtcp-writer.ts'
import type { LinkFigures, PlayoutFigures } from './link-figures.ts'
import type { RtpFormat } from './rtp-port.ts'

/** RFC 3550 section 6.2. */
const INTERVAL_MS = 5000
/** What the draw of the interval is divided by, as it comes out too short otherwise (RFC 3550 section 6.3.1). */
const COMPENSATION = Math.E - 1.5
const MOST_RTCP_BYTES = 512
const RTP_HEADER_BYTES = 12
const NO_SSRC = 0
/** Reports of ours by which the round trip may be told: those of the last minute or so. */
const MOST_REPORTS = 16
const FRAME_MS = 20

interface RtcpEnvironment {
  /** Milliseconds, whole ones, of a clock that never jumps. */
  readonly nowMs: () => number
  /** From 0 to below 1. */
  readonly random: () => number
  /** Where `nowMs` was 0, in Unix time. */
  readonly epochMs: number
  /** Puts a datagram of RTCP on its way; lent for the call. */
  readonly send: (packet: Buffer, bytes: number) => void
}

/** Their middle 32 bits, for NTP times of our own reports. */
class Recent {
  readonly #values: number[] = []

  add(value: number): void {
    this.#values.push(value)
    if (this.#values.length > MOST_REPORTS) this.#values.shift()
  }

  has(value: number): boolean {
    return this.#values.includes(value)
  }
}

/**
 * RTCP of one leg (RFC 3550 section 6) between two parties: what is said to the peer of its stream and of ours, about
 * every five seconds, and what it says. Packets of RTP are only counted, with nothing allocated; what the peer sends
 * as RTCP changes figures and nothing else, a BYE neither.
 */
export class RtcpSession {
  readonly #env: RtcpEnvironment
  readonly #writer: RtcpWriter
  readonly #buf = Buffer.alloc(MOST_RTCP_BYTES)
  readonly #reception = new Reception()
  /** Timestamp units in a millisecond by payload type; 0: of events, or not known. */
  readonly #unitsPerMs = new Uint8Array(128)
  readonly #cname: string
  readonly #ourReports = new Recent()
  readonly #ourReferences = new Recent()
  /** Our stream. As 32 bits with a sign. */
  #ssrc: number
  #timestamp = 0
  #ourUnitsPerMs = 8
  #packetsSent = 0
  #bytesSent = 0
  #packetsSentBefore = 0
  #bytesOfRtpSent = 0
  #bytesReceived = 0
  #xr = { roundTrip: false, voip: false }
  #dueAtMs = -1
  /** The next packet that goes out takes a report with it: then its timestamp is the right one. */
  #reportsWithNext = false
  #hasReported = false
  #peerReport = { middle: 0, atMs: 0 }
  #peerReference = { ssrc: 0, middle: 0, atMs: 0 }
  #roundTripMs: number | null = null
  #remoteLoss: number | null = null
  #remoteLossNow: number | null = null
  #remoteJitterMs: number | null = null
  #playout: PlayoutFigures | undefined

  constructor(env: RtcpEnvironment) {
    this.#env = env
    this.#writer = new RtcpWriter(this.#buf)
    this.#ssrc = Math.floor(env.random() * 2 ** 32) | 0
    // Tells nothing of who it is, and is another one in each call (RFC 7022 section 4.2).
    this.#cname = Array.from({ length: 4 }, () => Math.floor(env.random() * 2 ** 24))
      .map((part) => part.toString(36).padStart(5, '0'))
      .join('')
  }

  /** As 32 bits with a sign; of the stream that is heard. */
  get peerSsrc(): number {
    return this.#reception.isHeard ? this.#reception.ssrc : NO_SSRC
  }

  agree(
    formats: readonly RtpFormat[],
    xr: { roundTrip: boolean; voip: boolean } | undefined,
  ): void {
    for (const { payloadType, codec, clockHz } of formats) {
      this.#unitsPerMs[payloadType] = codec === 'telephone-event' ? 0 : clockHz / 1000
    }
    this.#xr = { roundTrip: xr?.roundTrip ?? false, voip: xr?.voip ?? false }
    // The first one comes after half of the time (RFC 3550 section 6.2).
    if (this.#dueAtMs < 0) this.#dueAtMs = this.#env.nowMs() + this.#draw() / 2
  }

  /** A packet of RTP goes out. */
  sent(packet: Uint8Array, bytes: number): void {
    const ssrc = wordAt(packet, 8)
    if (ssrc !== this.#ssrc || this.#packetsSent === 0) this.#beginStream(ssrc)
    this.#packetsSent += 1
    this.#bytesSent += bytes - RTP_HEADER_BYTES
    this.#bytesOfRtpSent += bytes
    const units = this.#unitsPerMs[packet[1]! & 0x7f]!
    if (units === 0) return
    this.#timestamp = wordAt(packet, 4)
    this.#ourUnitsPerMs = units
    if (this.#reportsWithNext) this.#report(true)
  }

  /** A packet of the peer's RTP, as long as 12 bytes. */
  received(packet: Uint8Array, bytes: number): void {
    const units = this.#unitsPerMs[packet[1]! & 0x7f]!
    const sequence = (packet[2]! << 8) | packet[3]!
    this.#bytesReceived += bytes
    const nowMs = this.#env.nowMs()
    this.#reception.packet(wordAt(packet, 8), sequence, wordAt(packet, 4), units, nowMs)
  }

  /**
   * RTCP in the clear that is the peer's by its address, or by the SSRC that it must know (`proves`). False: it is
   * not whole, or does not prove it.
   */
  heard(packet: Uint8Array, bytes: number, proves: boolean): boolean {
    const compound = readRtcp(packet, bytes)
    if (!compound) return false
    if (!proves && (compound.senderSsrc | 0) !== this.peerSsrc) return false
    const nowMs = this.#env.nowMs()
    if (compound.reportTime !== null) {
      this.#peerReport = { middle: compound.reportTime, atMs: nowMs }
    }
    if (compound.referenceTime !== null) {
      const { senderSsrc: ssrc, referenceTime: middle } = compound
      this.#peerReference = { ssrc, middle, atMs: nowMs }
    }
    for (const report of compound.reports) {
      if ((report.ssrc | 0) === this.#ssrc && this.#packetsSent > 0) this.#hearReport(report, nowMs)
    }
    this.#hearExtended(compound, nowMs)
    return true
  }

  /** What is played of what came; for the reports to come. */
  plays(figures: PlayoutFigures): void {
    this.#playout = figures
  }

  /** A few times a second: is a report due? */
  look(): void {
    if (this.#dueAtMs < 0 || this.#env.nowMs() < this.#dueAtMs) return
    if (this.#reportsWithNext || this.#packetsSent === this.#packetsSentBefore) this.#report(false)
    else this.#reportsWithNext = true
  }

  /** The last word, if anything was said before. */
  bye(): void {
    if (!this.#hasReported && this.#packetsSent === 0) return
    this.#begin(false)
    this.#writer.bye(this.#ssrc)
    this.#env.send(this.#buf, this.#writer.bytes)
    this.#dueAtMs = -1
  }

  figures(): LinkFigures {
    const { expected, lost, jitterMs } = this.#reception
    return {
      lossPercent: expected === 0 ? 0 : Math.max(0, (lost * 100) / expected),
      jitterMs,
      roundTripMs: this.#roundTripMs,
      remoteLossPercent: this.#remoteLoss,
      remoteLossNowPercent: this.#remoteLossNow,
      remoteJitterMs: this.#remoteJitterMs,
      bytesSent: this.#bytesOfRtpSent,
      bytesReceived: this.#bytesReceived,
    }
  }

  #beginStream(ssrc: number): void {
    this.#ssrc = ssrc
    this.#packetsSent = 0
    this.#packetsSentBefore = 0
    this.#bytesSent = 0
  }

  #hearReport(report: ReceptionReport, nowMs: number): void {
    const { packetsLost, fractionLost, jitterUnits, lastReport, delaySinceReport } = report
    this.#remoteJitterMs = jitterUnits / this.#ourUnitsPerMs
    this.#remoteLossNow = fractionLost * 100
    this.#remoteLoss = Math.min(100, Math.max(0, (packetsLost * 100) / this.#packetsSent))
    if (lastReport !== 0 && this.#ourReports.has(lastReport)) {
      this.#measure(lastReport, delaySinceReport, nowMs)
    }
  }

  #hearExtended({ delays }: RtcpCompound, nowMs: number): void {
    for (const { ssrc, lastReference, delaySinceReference } of delays) {
      if ((ssrc | 0) === this.#ssrc && this.#ourReferences.has(lastReference)) {
        this.#measure(lastReference, delaySinceReference, nowMs)
      }
    }
  }

  /** Round trip (RFC 3550 section 6.4.1), in 1/65536 s until it is one. */
  #measure(last: number, delay: number, nowMs: number): void {
    const agoUnits = (middleOf(this.#ntp(nowMs)) - last) >>> 0
    // He can't have waited longer than it is ago: clocks differ a bit, or he lies.
    this.#roundTripMs = (Math.max(0, agoUnits - delay) * 1000) / 65_536
  }

  #ntp(nowMs: number): NtpTime {
    return ntpOf(this.#env.epochMs + nowMs)
  }

  #draw(): number {
    return (INTERVAL_MS * (0.5 + this.#env.random())) / COMPENSATION
  }

  #report(withPacket: boolean): void {
    this.#reportsWithNext = false
    this.#dueAtMs = this.#env.nowMs() + this.#draw()
    this.#begin(withPacket)
    this.#packetsSentBefore = this.#packetsSent
    this.#hasReported = true
    this.#env.send(this.#buf, this.#writer.bytes)
  }

  /** Report, name and extended reports: what every datagram has (RFC 3550 section 6.1). */
  #begin(asSender: boolean): void {
    const nowMs = this.#env.nowMs()
    const time = this.#ntp(nowMs)
    this.#writer.begin()
    const info = {
      time,
      rtpTimestamp: this.#timestamp,
      packets: this.#packetsSent,
      payloadBytes: this.#bytesSent,
    }
    if (asSender) this.#ourReports.add(middleOf(time))
    this.#writer.report(this.#ssrc, asSender ? info : null, this.#blocks(nowMs))
    this.#writer.cname(this.#ssrc, this.#cname)
    this.#extend(asSender, time, nowMs)
  }

  #blocks(nowMs: number): ReportBlock[] {
    const heard = this.#reception
    if (!heard.isHeard) return []
    const { middle, atMs } = this.#peerReport
    return [
      {
        ssrc: heard.ssrc,
        fractionLost: heard.takeFractionLost(),
        packetsLost: heard.lostOfStream,
        highestSequence: heard.highestSequence,
        jitterUnits: heard.jitterUnits,
        lastReport: middle,
        delaySinceReport: middle === 0 ? 0 : Math.round(((nowMs - atMs) * 65_536) / 1000),
      },
    ]
  }

  #extend(asSender: boolean, time: NtpTime, nowMs: number): void {
    const { roundTrip, voip } = this.#xr
    const { ssrc, middle, atMs } = this.#peerReference
    const answers = roundTrip && middle !== 0
    const delay = Math.round(((nowMs - atMs) * 65_536) / 1000)
    // Who sends has the round trip by his reports of that.
    if (roundTrip && !asSender) this.#ourReferences.add(middleOf(time))
    this.#writer.extended(this.#ssrc, {
      referenceTime: roundTrip && !asSender ? time : undefined,
      ...(answers && { delay: { ssrc, lastReference: middle, delay } }),
      voip: voip ? this.#voip() : undefined,
    })
  }

  #voip(): VoipBlock | undefined {
    const heard = this.#reception
    const playout = this.#playout
    if (!heard.isHeard || !playout) return undefined
    const { burstDensity, gapDensity, burstPackets, gapPackets } = heard.bursts()
    const { bufferMs, bufferMaxMs, discardRate, rFactor, mos } = playout
    return {
      ssrc: heard.ssrc,
      lossRate: Math.max(0, heard.lost) / Math.max(1, heard.expected),
      ...{ discardRate, burstDensity, gapDensity },
      burstMs: burstPackets * FRAME_MS,
      gapMs: gapPackets * FRAME_MS,
      roundTripMs: this.#roundTripMs ?? 0,
      // From the wire to the wire: what waits, and a packet that is being made.
      endSystemDelayMs: bufferMs + FRAME_MS,
      ...{ rFactor, mos, bufferMs, bufferMaxMs },
    }
  }
}

/** With a sign: larger numbers would be allocated. */
function wordAt(packet: Uint8Array, at: number): number {
  return (packet[at]! << 24) | (packet[at + 1]! << 16) | (packet[at + 2]! << 8) | packet[at + 3]!
}
