import { GMIN } from './rtcp-writer.ts'

/** A step of more than this is a new stream, or one that was interrupted (RFC 3550 appendix A.1). */
const MOST_DROPOUT = 3000
const MOST_MISORDER = 100
/** Such a step of the time on the way is a clock that was set anew, and no jitter. */
const MOST_TRANSIT_STEP_MS = 2000
const NO_SEQUENCE = -1

/**
 * What comes of one stream (RFC 3550 appendices A.1, A.3 and A.8) and how its losses lie (RFC 3611 appendix A.2).
 * Whole numbers of 32 bits only, so that a packet allocates nothing.
 */
export class Reception {
  /** As 32 bits with a sign. */
  ssrc = 0
  /** Packets, doubles and late ones included. */
  received = 0
  /** 16 times the jitter, in units of the stream's clock. */
  #jitter16 = 0
  #unitsPerMs = 8
  #firstSequence = 0
  #highest = 0
  #rollovers = 0
  #badSequence = NO_SEQUENCE
  #transit = 0
  #hasTransit = false
  /** Of streams that are over. */
  #pastExpected = 0
  #pastReceived = 0
  #started = false
  #receivedOfStream = 0
  /** As of the report before. */
  #reportedExpected = 0
  #reportedReceived = 0
  /** Packets since the last loss, and those of bursts: lost and not. */
  #sinceLoss = 0
  #hasLost = false
  #burstLost = 0
  #burstPackets = 0
  #bursts = 0
  #inBurst = false

  /** Something has come. */
  get isHeard(): boolean {
    return this.#started
  }

  get jitterUnits(): number {
    return this.#jitter16 >> 4
  }

  get jitterMs(): number {
    return this.#jitter16 / 16 / this.#unitsPerMs
  }

  /** Of all streams that there were. */
  get expected(): number {
    return this.#pastExpected + this.#expectedOfStream
  }

  /** Less than none where packets came twice. */
  get lost(): number {
    return this.expected - this.#pastReceived - this.#receivedOfStream
  }

  get highestSequence(): number {
    return this.#rollovers * 0x1_0000 + this.#highest
  }

  /** Of the stream that is heard now. */
  get lostOfStream(): number {
    return this.#expectedOfStream - this.#receivedOfStream
  }

  get #expectedOfStream(): number {
    return this.#started ? this.highestSequence - this.#firstSequence + 1 : 0
  }

  /**
   * A packet. `unitsPerMs` is that of its clock; 0: its timestamp tells nothing of when it was sent, as those of
   * events don't.
   */
  packet(
    ssrc: number,
    sequence: number,
    timestamp: number,
    unitsPerMs: number,
    nowMs: number,
  ): void {
    if (!this.#started || ssrc !== this.ssrc) this.#begin(ssrc, sequence)
    else if (!this.#follow(sequence)) return
    this.received += 1
    this.#receivedOfStream += 1
    if (unitsPerMs > 0) this.#measure(timestamp, unitsPerMs, nowMs)
  }

  /** 0 to 255: what was lost since the last time this was asked, in 1/256. */
  takeFractionLost(): number {
    const expected = this.#expectedOfStream - this.#reportedExpected
    const received = this.#receivedOfStream - this.#reportedReceived
    this.#reportedExpected += expected
    this.#reportedReceived += received
    const lost = expected - received
    return expected <= 0 || lost <= 0 ? 0 : Math.min(255, Math.floor((lost * 256) / expected))
  }

  /** Shares of lost packets in bursts and between them, and how long those are on average in packets. */
  bursts(): { burstDensity: number; gapDensity: number; burstPackets: number; gapPackets: number } {
    const { expected } = this
    const gaps = Math.max(1, expected - this.#burstPackets)
    const gapLost = Math.max(0, this.lost - this.#burstLost)
    return {
      burstDensity: this.#burstPackets === 0 ? 0 : this.#burstLost / this.#burstPackets,
      gapDensity: Math.min(1, gapLost / gaps),
      burstPackets: this.#bursts === 0 ? 0 : this.#burstPackets / this.#bursts,
      gapPackets: gaps / (this.#bursts + 1),
    }
  }

  #begin(ssrc: number, sequence: number): void {
    this.#pastExpected += this.#expectedOfStream
    this.#pastReceived += this.#receivedOfStream
    this.ssrc = ssrc
    this.#started = true
    this.#firstSequence = sequence
    this.#highest = sequence
    this.#rollovers = 0
    this.#badSequence = NO_SEQUENCE
    this.#receivedOfStream = 0
    this.#reportedExpected = 0
    this.#reportedReceived = 0
    this.#hasTransit = false
    this.#hasLost = false
    this.#inBurst = false
  }

  /** False: a number out of place, which counts only if the next one follows it. */
  #follow(sequence: number): boolean {
    const ahead = (sequence - this.#highest) & 0xffff
    if (ahead > 0 && ahead < MOST_DROPOUT) {
      if (ahead > 1) this.#loses(ahead - 1)
      this.#sinceLoss = Math.min(this.#sinceLoss + 1, 0x3fff_ffff)
      if (sequence < this.#highest) this.#rollovers += 1
      this.#highest = sequence
      this.#badSequence = NO_SEQUENCE
      return true
    }
    if (ahead === 0 || ahead >= 0x1_0000 - MOST_MISORDER) return true
    if (sequence !== this.#badSequence) {
      this.#badSequence = (sequence + 1) & 0xffff
      return false
    }
    this.#begin(this.ssrc, sequence)
    return true
  }

  #loses(packets: number): void {
    const joins = this.#hasLost && this.#sinceLoss < GMIN
    if (packets > 1 || joins) {
      if (!this.#inBurst) {
        this.#bursts += 1
        // The single loss before becomes the beginning of it.
        if (joins) this.#addToBurst(1, 1)
      }
      this.#addToBurst(packets, packets + (joins ? this.#sinceLoss : 0))
      this.#inBurst = true
    } else {
      this.#inBurst = false
    }
    this.#hasLost = true
    this.#sinceLoss = 0
  }

  #addToBurst(lost: number, packets: number): void {
    this.#burstLost += lost
    this.#burstPackets += packets
  }

  #measure(timestamp: number, unitsPerMs: number, nowMs: number): void {
    if (unitsPerMs !== this.#unitsPerMs) {
      this.#jitter16 = Math.round((this.#jitter16 * unitsPerMs) / this.#unitsPerMs)
      this.#unitsPerMs = unitsPerMs
      this.#hasTransit = false
    }
    const transit = (Math.imul(nowMs | 0, unitsPerMs) - timestamp) | 0
    const step = (transit - this.#transit) | 0
    const before = this.#hasTransit
    this.#transit = transit
    this.#hasTransit = true
    const size = step < 0 ? -step : step
    if (!before || size > MOST_TRANSIT_STEP_MS * unitsPerMs) return
    this.#jitter16 += size - ((this.#jitter16 + 8) >> 4)
  }
}
