import { Failure, type FailureCode } from '../../core/failures.ts'
import type { CallId } from '../../core/ids.ts'
import type {
  StreamFormat,
  StreamFrame,
  StreamOptions,
  StreamTrack,
} from '../../core/ports/streams.ts'
import type { CallStream, CallStreamListener } from './call-stream.ts'
import { withHead } from './frame-head.ts'
import { readStreamMessage, type StreamMessage } from './message.ts'
import { type AudioWire, OutgoingFrames } from './outgoing-frames.ts'
import type { StreamWish } from './wish.ts'

/** Why we close, beside the codes of every socket (connection.ts). */
export const streamCloseCodes = {
  done: 1000,
  /** The call is over, or has never been there. */
  callOver: 4410,
  /** Again and again more was said than may wait. */
  tooMuch: 4413,
} as const

/** Milliseconds of frames that wait for a client who is slow. */
export const backlogMs = 2_000
const frameMs = 20
/** In parts of what may wait: from here on the client is told to pause, and to go on. */
const [highPart, lowPart] = [0.75, 0.25]
/** Who has so many messages of audio refused without one that is taken does not listen. */
export const mostRefused = 200

/** Messages of keys at a time, to a phone that takes seconds for each. */
const mostPresses = 8

type Level = 'empty' | 'low' | 'high'

/** Whose audio it is; `parameters`: what his application has given. */
export interface TalkedAbout extends StreamWish {
  readonly callId: CallId
  readonly name?: string
  readonly parameters?: Readonly<Record<string, string>>
}

interface StreamBegun {
  readonly event: 'start'
  readonly stream_id: string
  readonly call_id: CallId
  readonly name?: string
  readonly format: StreamFormat
  readonly rate: number
  readonly tracks: readonly StreamTrack[]
  readonly endian?: 'big' | 'little'
  readonly speak: StreamOptions['speaks']
  readonly framing: 'header' | 'raw'
  readonly frame_ms: number
  readonly buffer_ms: number
  readonly parameters?: Readonly<Record<string, string>>
}

/** What is told beside audio. */
export type StreamNews =
  | StreamBegun
  | { readonly event: 'mark'; readonly name: string; readonly cleared?: true }
  | { readonly event: 'dtmf'; readonly digit: string }
  | { readonly event: 'cleared'; readonly cleared_ms: number }
  | { readonly event: 'dropped'; readonly frames: number; readonly total: number }
  | { readonly event: 'refused'; readonly buffered_ms: number; readonly buffer_ms: number }
  | {
      readonly event: 'buffer'
      readonly level: Level
      readonly buffered_ms: number
      readonly buffer_ms: number
    }
  | {
      readonly event: 'error'
      readonly code: FailureCode
      readonly message: string
      readonly field?: string
    }
  | { readonly event: 'stop'; readonly reason: string }

/** The way to one client. */
export interface StreamWire extends AudioWire {
  tell(news: StreamNews): void
  close(code: number, reason: string): void
}

/** What is said between the engine and one client about one stream. Pure but for the wire and the stream. */
export class StreamConversation implements CallStreamListener {
  readonly #wire: StreamWire
  readonly #wish: TalkedAbout
  readonly #frames: OutgoingFrames
  /** Names of the marks that wait, by their numbers. */
  readonly #marks = new Map<number, string>()
  #stream: CallStream | undefined
  #lastMark = 0
  #presses = 0
  #lost = 0
  #refused = 0
  #refusedInAll = 0
  #lastRefusal: string | undefined
  #level: Level = 'empty'
  #isOver = false

  constructor(wire: StreamWire, wish: TalkedAbout) {
    this.#wire = wire
    this.#wish = wish
    const tracks = Math.max(1, wish.options.tracks.length)
    this.#frames = new OutgoingFrames(wire, (backlogMs / frameMs) * tracks, (frames, total) =>
      wire.tell({ event: 'dropped', frames, total }),
    )
  }

  /** The stream is there: from now on it is spoken about. */
  begin(stream: CallStream): void {
    const { callId, options, hasHeads, name, parameters } = this.#wish
    this.#stream = stream
    this.#wire.tell({
      ...{ event: 'start', stream_id: stream.id, call_id: callId },
      ...(name !== undefined && { name }),
      ...{ format: options.format, rate: options.rateHz, tracks: options.tracks },
      ...(options.format === 'L16' && { endian: options.bigEndian ? 'big' : 'little' }),
      ...{ speak: options.speaks, framing: hasHeads ? 'header' : 'raw', frame_ms: frameMs },
      buffer_ms: options.bufferMs,
      ...(parameters && { parameters }),
    })
  }

  /** Frames that the client has missed, what was refused of his, and what was wrong with the last of that. */
  get losses() {
    const why = this.#lastRefusal
    return {
      framesDropped: this.#frames.total,
      refused: this.#refusedInAll,
      ...(why !== undefined && { lastRefusal: why }),
    }
  }

  // -- from the call

  audio(frame: StreamFrame): void {
    if (this.#isOver) return
    this.#frames.add(this.#wish.hasHeads ? withHead(frame) : frame.payload)
  }

  marked(mark: number, cleared: boolean): void {
    const name = this.#marks.get(mark)
    this.#marks.delete(mark)
    if (name === undefined || this.#isOver) return
    this.#wire.tell({ event: 'mark', name, ...(cleared && { cleared: true }) })
  }

  digit(digit: string): void {
    if (!this.#isOver) this.#wire.tell({ event: 'dtmf', digit })
  }

  ended(): void {
    this.end('call_over', streamCloseCodes.callOver)
  }

  // -- from the client

  /** Audio as it came. */
  hear(audio: Uint8Array): void {
    const stream = this.#stream
    if (!stream || this.#isOver) return
    const { speaks, bufferMs } = this.#wish.options
    if (speaks === 'never') {
      this.refuse(new Failure('forbidden', 'This stream only listens (speak=never)'))
      return
    }
    const what = stream.speak(audio)
    if (what === 'taken') {
      this.#refused = 0
      this.look()
    } else if (what === 'malformed') {
      this.refuse(new Failure('invalid_audio', 'Not one packet of Opus of 20 ms'))
    } else {
      const { bufferedMs } = stream
      this.#wire.tell({ event: 'refused', buffered_ms: bufferedMs, buffer_ms: bufferMs })
      this.#countRefusal('more than may wait')
    }
  }

  /** A text as it came. Rejects for bugs alone. */
  async read(text: string): Promise<void> {
    await this.obey(() => readStreamMessage(text))
  }

  /** What he wants done, when that can be read. Rejects for bugs alone. */
  async obey(read: () => StreamMessage): Promise<void> {
    if (!this.#stream || this.#isOver) return
    try {
      await this.#obey(this.#stream, read())
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      this.#tellError(error)
      this.#noteRefusal(error.message)
    }
  }

  /** Something of his that is not taken. */
  refuse(failure: Failure): void {
    if (this.#isOver) return
    this.#tellError(failure)
    this.#countRefusal(failure.message)
  }

  /** The client has gone. */
  gone(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#stream?.close()
  }

  /** The wire has room again. */
  drained(): void {
    if (!this.#isOver) this.#frames.flush()
  }

  /** Every now and then: tells how much waits, when that has changed by much. */
  look(): void {
    const stream = this.#stream
    if (!stream || this.#isOver) return
    if (stream.lost > this.#lost) {
      this.#frames.lost(stream.lost - this.#lost)
      this.#lost = stream.lost
    }
    const level = this.#levelOf(stream.bufferedMs)
    if (level === this.#level) return
    const wasEmpty = this.#level === 'empty'
    this.#level = level
    if (!(wasEmpty && level === 'low')) this.#tellBuffer(stream, level)
  }

  end(reason: string, code: number): void {
    if (this.#isOver) return
    this.#wire.tell({ event: 'stop', reason })
    this.#isOver = true
    this.#stream?.close()
    this.#wire.close(code, reason)
  }

  /** Between the marks it stays what it was. */
  #levelOf(bufferedMs: number): Level {
    const { bufferMs } = this.#wish.options
    if (bufferedMs === 0) return 'empty'
    if (bufferedMs >= highPart * bufferMs) return 'high'
    if (bufferedMs <= lowPart * bufferMs || this.#level === 'empty') return 'low'
    return this.#level
  }

  async #obey(stream: CallStream, message: StreamMessage): Promise<void> {
    switch (message.event) {
      case 'mark':
        return this.#mark(stream, message.name)
      case 'clear': {
        const clearedMs = stream.bufferedMs
        stream.clear()
        this.#wire.tell({ event: 'cleared', cleared_ms: clearedMs })
        return this.look()
      }
      case 'buffer':
        return this.#tellBuffer(stream, this.#levelOf(stream.bufferedMs))
      case 'dtmf':
        return this.#press(stream, message.digits)
      case 'stop':
        return this.end('client', streamCloseCodes.done)
    }
  }

  #mark(stream: CallStream, name: string): void {
    this.#lastMark += 1
    if (!stream.mark(this.#lastMark)) {
      throw new Failure('limit_reached', 'Too many marks wait', 'name')
    }
    this.#marks.set(this.#lastMark, name)
  }

  async #press(stream: CallStream, digits: string): Promise<void> {
    if (this.#presses >= mostPresses) {
      throw new Failure('limit_reached', 'Too many keys wait', 'digits')
    }
    this.#presses += 1
    try {
      await stream.sendDigits(digits)
    } finally {
      this.#presses -= 1
    }
  }

  #tellBuffer({ bufferedMs }: CallStream, level: Level): void {
    const { bufferMs } = this.#wish.options
    this.#wire.tell({ event: 'buffer', level, buffered_ms: bufferedMs, buffer_ms: bufferMs })
  }

  #noteRefusal(why: string): void {
    this.#refusedInAll += 1
    this.#lastRefusal = why
  }

  #countRefusal(why: string): void {
    this.#noteRefusal(why)
    this.#refused += 1
    if (this.#refused >= mostRefused) this.end('too_much', streamCloseCodes.tooMuch)
  }

  #tellError({ code, message, field }: Failure): void {
    this.#wire.tell({ event: 'error', code, message, ...(field !== undefined && { field }) })
  }
}
