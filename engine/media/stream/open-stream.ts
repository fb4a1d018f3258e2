import type {
  AudioStream,
  Spoken,
  StreamListener,
  StreamOptions,
} from '../../core/ports/streams.ts'
import { FRAME_MS } from '../../dsp/codec.ts'
import { ULAW_SILENCE } from '../../dsp/g711.ts'
import { opusPacketSamples } from '../../dsp/opus.ts'
import { FrameRing } from './frame-ring.ts'
import {
  bytesOfFrame,
  MARK,
  MARKED,
  MOST_MARKS,
  newTerms,
  SAID,
  type StreamTerms,
  trackOfKind,
} from './terms.ts'

const OPUS_CLOCK_HZ = 48_000
const OPUS_FRAME_UNITS = 960

/** A stream as the main thread has it: writes frames and marks for the leg, and reads what comes from there. */
export class OpenStream implements AudioStream {
  readonly terms: StreamTerms
  readonly #listener: StreamListener
  readonly #gone: (stream: OpenStream) => void
  readonly #up: FrameRing
  readonly #down: FrameRing
  readonly #frameBytes: number
  /** Positions of the marks that wait, in the ring, the oldest first. */
  readonly #marks: { readonly mark: number; readonly position: number }[] = []
  /** What does not fill a frame yet. */
  readonly #rest: Buffer
  #restBytes = 0
  #isOver = false

  /** `gone`: it is closed, by whoever has it or with its leg. */
  constructor(
    id: number,
    options: StreamOptions,
    listener: StreamListener,
    gone: (stream: OpenStream) => void,
  ) {
    this.terms = newTerms(id, options)
    this.#listener = listener
    this.#gone = gone
    this.#up = new FrameRing(this.terms.up)
    this.#down = new FrameRing(this.terms.down)
    this.#frameBytes = bytesOfFrame(options)
    this.#rest = Buffer.alloc(this.#frameBytes)
  }

  get bufferedMs(): number {
    const { written, pending } = this.#down
    const marks = this.#marks.filter(({ position }) => ((position - pending) | 0) >= 0).length
    return Math.max(0, ((written - pending) | 0) - marks) * FRAME_MS
  }

  get lost(): number {
    return this.#up.dropped
  }

  speak(audio: Uint8Array): Spoken {
    const { format, speaks, bufferMs } = this.terms.options
    if (this.#isOver || speaks === 'never') return 'taken'
    const isOpus = format === 'opus'
    if (isOpus && !isOpusFrame(audio)) return 'malformed'
    const bytes = this.#restBytes + audio.length
    const frames = isOpus ? 1 : Math.floor(bytes / this.#frameBytes)
    if (this.bufferedMs + frames * FRAME_MS > bufferMs || frames > this.#down.room - MOST_MARKS)
      return 'full'
    if (isOpus) this.#put(audio)
    else this.#cut(audio)
    return 'taken'
  }

  mark(mark: number): boolean {
    if (this.#isOver) return true
    if (this.#marks.length >= MOST_MARKS || this.#down.room < 2) return false
    this.#fillUp()
    this.#marks.push({ mark, position: this.#down.written })
    if (this.#down.reserve() >= 0) this.#down.commit(MARK, 0, mark, 0)
    return true
  }

  clear(): void {
    this.#restBytes = 0
    this.#down.clear()
  }

  close(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#gone(this)
  }

  /** Its leg is no more. */
  end(): void {
    if (this.#isOver) return
    this.close()
    this.#listener.ended()
  }

  /** Tells what has come from the leg. */
  drain(): void {
    const ring = this.#up
    for (let { kind } = ring; kind !== 0 && !this.#isOver; kind = ring.kind) {
      const { first, second, length, payloadAt } = ring
      const track = trackOfKind(kind)
      // A copy: the slot is the writer's again.
      const payload = track && ring.bytes.slice(payloadAt, payloadAt + length)
      ring.release()
      if (track && payload) this.#listener.audio({ track, sequence: first, atMs: second, payload })
      else if (kind === MARKED) this.#marked(first, second === 1)
    }
  }

  #marked(mark: number, cleared: boolean): void {
    const at = this.#marks.findIndex((known) => known.mark === mark)
    if (at >= 0) this.#marks.splice(at, 1)
    this.#listener.marked(mark, cleared)
  }

  /** Frames of one length from audio of any. */
  #cut(audio: Uint8Array): void {
    let at = 0
    while (at < audio.length) {
      const count = Math.min(this.#frameBytes - this.#restBytes, audio.length - at)
      this.#rest.set(audio.subarray(at, at + count), this.#restBytes)
      this.#restBytes += count
      at += count
      if (this.#restBytes < this.#frameBytes) return
      this.#put(this.#rest)
      this.#restBytes = 0
    }
  }

  /** What was said so far ends here: silence fills its last frame. */
  #fillUp(): void {
    if (this.#restBytes === 0) return
    this.#rest.fill(this.terms.options.format === 'PCMU' ? ULAW_SILENCE : 0, this.#restBytes)
    this.#restBytes = 0
    this.#put(this.#rest)
  }

  #put(payload: Uint8Array): void {
    const at = this.#down.reserve()
    if (at < 0) return
    this.#down.bytes.set(payload, at)
    this.#down.commit(SAID, payload.length, 0, 0)
  }
}

function isOpusFrame(packet: Uint8Array): boolean {
  const isShort = packet.length > 0 && packet.length <= 1275
  return isShort && opusPacketSamples(packet, 0, packet.length, OPUS_CLOCK_HZ) === OPUS_FRAME_UNITS
}
