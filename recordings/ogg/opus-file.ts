import { closeSync, constants, fdatasyncSync, fstatSync, openSync, writeSync } from 'node:fs'
import type { Encoder } from '../../engine/dsp/codec.ts'
import { newOpusEncoder } from '../../engine/dsp/opus.ts'
import { FileGone } from '../failure.ts'
import { headPages } from './opus-head.ts'
import { ENDS_STREAM, fitsPage, segmentsOf, writePage } from './page.ts'
import { CLOCK_HZ, durationMsOf, mendEnd, type StreamEnd } from './stream-end.ts'

export interface OpusFileOptions {
  readonly path: string
  readonly channels: 1 | 2
  readonly rateHz: 8000 | 16_000
  /** The file is gone on with; one that is not there, or empty, is begun. */
  readonly goesOn: boolean
  /** Identifies the stream in its file. */
  readonly serial: number
}

/** What the file system is asked for, so that a test can make it fail. */
export interface SyncFileCalls {
  readonly openSync: typeof openSync
  readonly writeSync: typeof writeSync
  readonly fdatasyncSync: typeof fdatasyncSync
  readonly fstatSync: typeof fstatSync
  readonly closeSync: typeof closeSync
}

export const syncFiles: SyncFileCalls = {
  ...{ openSync, writeSync, fdatasyncSync, fstatSync, closeSync },
}

const FRAMES_A_SECOND = 50
const FRAME_CLOCK = CLOCK_HZ / FRAMES_A_SECOND
/** How much later libopus says what it hears: 2.5 ms, and 4 ms by which its two coders are put in step. */
const PRE_SKIP = (CLOCK_HZ * 6.5) / 1000
/** A second in each page: what a process that dies has not written yet. */
const PACKETS_A_PAGE = FRAMES_A_SECOND
/**
 * Voice at 8 kHz is as good at 12 kbit/s as G.711 is, silence takes 2.4. By complexity 1 a frame takes 45 us, by 5
 * half as much again, for the same.
 */
const bitrates = { 8000: 12_000, 16000: 16_000 } as const
const COMPLEXITY = 1
const MOST_PACKET_BYTES = 1275
/** Lengths of packets from here on take two bytes (RFC 6716 section 3.2.1). */
const LONG_LENGTH = 252
const OWNER_ONLY = 0o600
const TO_GO_ON = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW

/**
 * An Ogg Opus file that is written while it is recorded, a page each second. For a thread in which nobody waits: each call
 * may take as long as the disk does, and throws what the file system does.
 */
export class OpusFile {
  readonly #files: SyncFileCalls
  readonly #channels: number
  readonly #rateHz: number
  readonly #serial: number
  readonly #fd: number
  readonly #encoders: readonly Encoder[]
  readonly #frame: readonly Int16Array[]
  readonly #packet = new Uint8Array(2 * MOST_PACKET_BYTES + 2)
  #packets: Uint8Array[] = []
  #segments = 0
  #sequence = 1
  /** Up to the end of what is in the file. */
  #granule = 0
  #bytes: number
  /** Samples in `#frame`, which is not full yet. */
  #filled = 0
  /** All that came, in samples at 48 kHz. */
  #heard = 0
  #isDirty = true

  constructor(options: OpusFileOptions, files: SyncFileCalls = syncFiles) {
    const { path, channels, rateHz, goesOn } = options
    this.#files = files
    this.#channels = channels
    this.#rateHz = rateHz
    this.#fd = files.openSync(path, goesOn ? TO_GO_ON : 'wx', OWNER_ONLY)
    const end = goesOn ? this.#endSoFar() : undefined
    if (end) {
      this.#serial = end.serial
      this.#sequence = end.sequence
      // A last page that ended within a packet goes on where the packet does.
      this.#granule = Math.ceil(end.granule / FRAME_CLOCK) * FRAME_CLOCK
      this.#heard = this.#granule
      this.#bytes = end.bytes
    } else {
      this.#serial = options.serial
      this.#bytes = 0
      this.#append(headPages({ channels, preSkip: PRE_SKIP, rateHz }, this.#serial))
    }
    const settings = {
      ...{ bitrate: bitrates[rateHz], complexity: COMPLEXITY },
      ...{ expectedLossPercent: 0, faithful: true },
    }
    this.#encoders = Array.from({ length: channels }, () => newOpusEncoder(rateHz, settings))
    this.#frame = this.#encoders.map(() => new Int16Array(rateHz / FRAMES_A_SECOND))
  }

  /** Undefined: there is nothing in it. */
  #endSoFar(): StreamEnd | undefined {
    try {
      return this.#files.fstatSync(this.#fd).size === 0 ? undefined : mendEnd(this.#fd, false)
    } catch (error) {
      this.#files.closeSync(this.#fd)
      throw error
    }
  }

  /** All that came so far, of each channel. */
  get samples(): number {
    return (this.#heard * this.#rateHz) / CLOCK_HZ
  }

  /** Length so far. */
  get durationMs(): number {
    return durationMsOf(this.#granule, PRE_SKIP)
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Adds interleaved samples: `count` of each channel, from sample `at` of the array on. */
  write(samples: Int16Array, at: number, count: number): void {
    const channels = this.#channels
    for (let i = 0; i < count; i++) {
      for (let c = 0; c < channels; c++) {
        this.#frame[c]![this.#filled] = samples[(at + i) * channels + c]!
      }
      this.#advance()
    }
  }

  writeSilence(count: number): void {
    for (let i = 0; i < count; i++) {
      for (const channel of this.#frame) channel[this.#filled] = 0
      this.#advance()
    }
  }

  /** What was written so far survives the machine; throws when the file is not in its folder any more. */
  sync(): void {
    if (!this.#isDirty) return
    this.#files.fdatasyncSync(this.#fd)
    this.#isDirty = false
    if (this.#files.fstatSync(this.#fd).nlink === 0) throw new FileGone('the file was removed')
  }

  /** Writes what is left; `ends`: nobody goes on with it. */
  close(ends: boolean): void {
    try {
      if (ends) this.#end()
      else this.#page()
      this.sync()
    } finally {
      this.abandon()
    }
  }

  /** Closes it as it is. Never throws. */
  abandon(): void {
    for (const encoder of this.#encoders) encoder.close()
    try {
      this.#files.closeSync(this.#fd)
    } catch {
      // Nothing can be done for it any more.
    }
  }

  #advance(): void {
    this.#filled += 1
    this.#heard += CLOCK_HZ / this.#rateHz
    if (this.#filled < this.#rateHz / FRAMES_A_SECOND) return
    this.#filled = 0
    const packet = this.#encode()
    const segments = segmentsOf(packet.length)
    if (!fitsPage(this.#segments + segments)) this.#page()
    this.#packets.push(packet)
    this.#segments += segments
    if (this.#packets.length >= PACKETS_A_PAGE) this.#page()
  }

  /** The coder is behind by its delay: so much silence brings its last sound out, and is not part of the length. */
  #end(): void {
    const granule = this.#heard + PRE_SKIP
    while (this.#granule + this.#packets.length * FRAME_CLOCK < granule) this.writeSilence(1)
    this.#page(granule, true)
  }

  /** A packet of each channel; all but the last say how long they are (RFC 6716 appendix B). */
  #encode(): Uint8Array {
    const packet = this.#packet
    const last = this.#channels - 1
    let at = 0
    for (let c = 0; c < last; c++) at = this.#delimited(c, at)
    const encoder = this.#encoders[last]!
    at += encoder.encode(this.#frame[last]!, packet, at)
    return packet.slice(0, at)
  }

  #delimited(channel: number, at: number): number {
    const packet = this.#packet
    const bytes = this.#encoders[channel]!.encode(this.#frame[channel]!, packet, at)
    // Of one frame (code 0), as all are of 20 ms: the length follows the first byte.
    const length = bytes - 1
    const isLong = length >= LONG_LENGTH
    packet.copyWithin(at + (isLong ? 3 : 2), at + 1, at + bytes)
    const first = isLong ? LONG_LENGTH + (length & 3) : length
    packet[at + 1] = first
    if (isLong) packet[at + 2] = (length - first) >> 2
    return at + bytes + (isLong ? 2 : 1)
  }

  #page(granule?: number, ends = false): void {
    const whole = this.#granule + this.#packets.length * FRAME_CLOCK
    if (this.#packets.length === 0 && !ends) return
    this.#sequence += 1
    const page = writePage(
      {
        flags: ends ? ENDS_STREAM : 0,
        granule: granule ?? whole,
        serial: this.#serial,
        sequence: this.#sequence,
      },
      this.#packets,
    )
    this.#packets = []
    this.#segments = 0
    this.#append(page)
    this.#granule = granule ?? whole
  }

  /** A disk about to be full takes a part; the rest is told by what it throws then. */
  #append(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      done += this.#files.writeSync(this.#fd, bytes, done, bytes.length - done, this.#bytes + done)
    }
    this.#bytes += bytes.length
    this.#isDirty = true
  }
}
