import { Failure } from '../../core/failures.ts'
import type { CallId } from '../../core/ids.ts'
import type { AudioStream, StreamListener, StreamOptions } from '../../core/ports/streams.ts'
import type { OpenLeg } from '../threads/open-leg.ts'
import { OpenStream } from './open-stream.ts'

/** How often the main thread fetches what has come: so late a frame may be, and no later. */
const FETCH_EVERY_MS = 10

/** Streams of all legs, as the main thread sees them. One timer fetches for all, while there are any. */
export class StreamClient {
  readonly #find: (callId: CallId) => OpenLeg | undefined
  readonly #streams = new Set<OpenStream>()
  #timer: NodeJS.Timeout | undefined
  #lastId = 0

  constructor(find: (callId: CallId) => OpenLeg | undefined) {
    this.#find = find
  }

  /** Failure `call_ended` when the leg is not there. */
  async open(
    callId: CallId,
    options: StreamOptions,
    listener: StreamListener,
  ): Promise<AudioStream> {
    const leg = this.#find(callId)
    if (!leg) throw new Failure('call_ended', 'The call has no audio any more')
    this.#lastId += 1
    const stream = new OpenStream(this.#lastId, options, listener, (gone) => this.#gone(leg, gone))
    const { terms } = stream
    leg.streams.set(terms.id, stream)
    this.#streams.add(stream)
    this.#timer ??= setInterval(() => this.#fetch(), FETCH_EVERY_MS)
    // A thread that has died comes back with it.
    await leg.ask('openStream', { leg: callId, terms }, true)
    return stream
  }

  #fetch(): void {
    for (const stream of this.#streams) stream.drain()
  }

  #gone(leg: OpenLeg, stream: OpenStream): void {
    const { id } = stream.terms
    leg.streams.delete(id)
    this.#streams.delete(stream)
    leg.ask('closeStream', { leg: leg.id, stream: id }, null).catch(() => undefined)
    if (this.#streams.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
