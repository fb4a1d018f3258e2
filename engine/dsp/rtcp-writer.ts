import {
  RTCP_BYE,
  RTCP_DESCRIPTION,
  RTCP_EXTENDED_REPORT,
  RTCP_RECEIVER_REPORT,
  RTCP_SENDER_REPORT,
  VOIP_METRICS_WORDS,
  XR_DELAY_SINCE_REFERENCE,
  XR_REFERENCE_TIME,
  XR_VOIP_METRICS,
} from './rtcp.ts'

/** A moment as NTP has it: seconds since 1900, and parts of one in 1/2^32. */
export interface NtpTime {
  readonly seconds: number
  readonly fraction: number
}

const SECONDS_1900_TO_1970 = 2_208_988_800

export function ntpOf(unixMs: number): NtpTime {
  const seconds = Math.floor(unixMs / 1000)
  return {
    seconds: (seconds + SECONDS_1900_TO_1970) >>> 0,
    fraction: Math.floor(((unixMs - seconds * 1000) / 1000) * 2 ** 32) >>> 0,
  }
}

/** Its middle 32 bits, by which reports name each other; in 1/65536 s. */
export const middleOf = ({ seconds, fraction }: NtpTime): number =>
  (((seconds & 0xffff) << 16) | (fraction >>> 16)) >>> 0

/** What we have sent. */
export interface SenderInfo {
  readonly time: NtpTime
  /** At that moment. */
  readonly rtpTimestamp: number
  readonly packets: number
  readonly payloadBytes: number
}

/** What we hear of a stream; as ReceptionReport, in the units of the wire. */
export interface ReportBlock {
  readonly ssrc: number
  /** 0 to 255. */
  readonly fractionLost: number
  readonly packetsLost: number
  readonly highestSequence: number
  readonly jitterUnits: number
  readonly lastReport: number
  readonly delaySinceReport: number
}

/** Shares are 0 to 1. */
export interface VoipBlock {
  readonly ssrc: number
  readonly lossRate: number
  readonly discardRate: number
  readonly burstDensity: number
  readonly gapDensity: number
  readonly burstMs: number
  readonly gapMs: number
  readonly roundTripMs: number
  readonly endSystemDelayMs: number
  readonly rFactor: number
  readonly mos: number
  readonly bufferMs: number
  readonly bufferMaxMs: number
}

/** So many packets between two losses part them (RFC 3611 section 4.7.2). */
export const GMIN = 16
const CANT_TELL = 127
/** Concealment as good as the standard's, a buffer that adapts (RFC 3611 section 4.7.6). */
const RX_CONFIG = 0b1111_0000
const LONGEST_CNAME_BYTES = 255
const MOST_LOST = 0x7f_ffff

const share = (value: number): number => Math.min(255, Math.max(0, Math.floor(value * 256)))
const bounded = (value: number): number => Math.min(0xffff, Math.max(0, Math.round(value)))

/** Writes RTCP packets one behind the other into a buffer that the caller keeps. */
export class RtcpWriter {
  readonly #buf: Buffer
  #at = 0

  /** `buf`: 512 bytes are enough for one of each. */
  constructor(buf: Buffer) {
    this.#buf = buf
  }

  get bytes(): number {
    return this.#at
  }

  begin(): void {
    this.#at = 0
  }

  /** A report of ours: as a sender, or with `info` null as a receiver. */
  report(ssrc: number, info: SenderInfo | null, blocks: readonly ReportBlock[]): void {
    const type = info ? RTCP_SENDER_REPORT : RTCP_RECEIVER_REPORT
    const start = this.#header(type, blocks.length)
    this.#word(ssrc)
    if (info) {
      this.#word(info.time.seconds)
      this.#word(info.time.fraction)
      this.#word(info.rtpTimestamp)
      this.#word(info.packets)
      this.#word(info.payloadBytes)
    }
    for (const block of blocks) {
      const lost = Math.min(MOST_LOST, Math.max(-MOST_LOST, block.packetsLost))
      this.#word(block.ssrc)
      this.#word((block.fractionLost << 24) | (lost & 0xff_ffff))
      this.#word(block.highestSequence)
      this.#word(block.jitterUnits)
      this.#word(block.lastReport)
      this.#word(block.delaySinceReport)
    }
    this.#end(start)
  }

  cname(ssrc: number, name: string): void {
    const text = Buffer.from(name).subarray(0, LONGEST_CNAME_BYTES)
    const start = this.#header(RTCP_DESCRIPTION, 1)
    this.#word(ssrc)
    this.#buf[this.#at] = 1
    this.#buf[this.#at + 1] = text.length
    this.#buf.set(text, this.#at + 2)
    this.#at += 2 + text.length
    const end = this.#at + 4 - (this.#at % 4)
    this.#buf.fill(0, this.#at, end)
    this.#at = end
    this.#end(start)
  }

  bye(ssrc: number): void {
    const start = this.#header(RTCP_BYE, 1)
    this.#word(ssrc)
    this.#end(start)
  }

  /** Extended reports (RFC 3611) of those that are given; nothing where none is. */
  extended(
    ssrc: number,
    blocks: {
      readonly referenceTime?: NtpTime | undefined
      readonly delay?: {
        readonly ssrc: number
        readonly lastReference: number
        readonly delay: number
      }
      readonly voip?: VoipBlock | undefined
    },
  ): void {
    const { referenceTime, delay, voip } = blocks
    if (!referenceTime && !delay && !voip) return
    const start = this.#header(RTCP_EXTENDED_REPORT, 0)
    this.#word(ssrc)
    if (referenceTime) {
      this.#word((XR_REFERENCE_TIME << 24) | 2)
      this.#word(referenceTime.seconds)
      this.#word(referenceTime.fraction)
    }
    if (delay) {
      this.#word((XR_DELAY_SINCE_REFERENCE << 24) | 3)
      this.#word(delay.ssrc)
      this.#word(delay.lastReference)
      this.#word(delay.delay)
    }
    if (voip) this.#voip(voip)
    this.#end(start)
  }

  #voip(voip: VoipBlock): void {
    this.#word((XR_VOIP_METRICS << 24) | VOIP_METRICS_WORDS)
    this.#word(voip.ssrc)
    this.#bytes(share(voip.lossRate), share(voip.discardRate))
    this.#bytes(share(voip.burstDensity), share(voip.gapDensity))
    this.#halves(voip.burstMs, voip.gapMs)
    this.#halves(voip.roundTripMs, voip.endSystemDelayMs)
    this.#bytes(CANT_TELL, CANT_TELL)
    this.#bytes(CANT_TELL, GMIN)
    this.#bytes(Math.round(voip.rFactor), CANT_TELL)
    // Of listening and of conversation: our estimate knows the delay, and so is of the second kind.
    this.#bytes(CANT_TELL, Math.round(voip.mos * 10))
    this.#bytes(RX_CONFIG, 0)
    this.#at = this.#buf.writeUInt16BE(bounded(voip.bufferMs), this.#at)
    this.#halves(voip.bufferMaxMs, voip.bufferMaxMs)
  }

  #header(type: number, count: number): number {
    const start = this.#at
    this.#buf[start] = 0x80 | count
    this.#buf[start + 1] = type
    this.#at += 4
    return start
  }

  #end(start: number): void {
    this.#buf.writeUInt16BE((this.#at - start) / 4 - 1, start + 2)
  }

  #word(value: number): void {
    this.#at = this.#buf.writeUInt32BE(value >>> 0, this.#at)
  }

  #halves(a: number, b: number): void {
    this.#at = this.#buf.writeUInt16BE(bounded(a), this.#at)
    this.#at = this.#buf.writeUInt16BE(bounded(b), this.#at)
  }

  #bytes(a: number, b: number): void {
    this.#buf[this.#at] = a
    this.#buf[this.#at + 1] = b
    this.#at += 2
  }
}
