import { Failure, type FailureCode } from '../../core/failures.ts'
import type { DialledStream } from '../../core/stream-verbs.ts'
import type { LiveCall } from '../live-call.ts'
import type { Ports } from '../ports.ts'
import { TwimlStreamProtocol } from '../twiml/stream-protocol.ts'
import { secretsOf } from '../verbs/ask.ts'
import { openCallStream, requireRoomForStream } from './call-stream.ts'
import { FarEnd, type FarEndOver, type FarEndReason } from './far-end.ts'
import { connectingStream, type StreamRecord } from './log.ts'
import { noteStream, type StreamEventType } from './note.ts'
import { nativeProtocol } from './protocol.ts'
import { dialledWish, type StreamWish } from './wish.ts'

/** How it went; names as applications are told. */
export type StreamResult = { readonly stream_id?: string; readonly stream_name?: string } & (
  | {
      readonly stream_status: 'completed'
      readonly stream_reason: FarEndReason
      /** Seconds. */
      readonly stream_duration: number
    }
  | {
      readonly stream_status: 'failed'
      readonly error_code: FailureCode
      readonly stream_error: string
    }
)

/**
 * A stream of a call's audio to a server that the engine dials. It lives until either side ends it, and no longer than
 * the call. Nothing of it holds up the call's audio. A server that is lost is not dialled again.
 */
export class DialledCallStream {
  readonly id: string
  /** Settles when the server hears the call. Rejects with the Failure for which it does not. */
  readonly opened: Promise<void>
  /** Never rejects. */
  readonly over: Promise<StreamResult>
  readonly #ports: Ports
  readonly #call: LiveCall
  readonly #wanted: DialledStream
  readonly #wish: StreamWish
  readonly #far: FarEnd
  readonly #stopping = new AbortController()
  #durationMs = 0

  /** Begins to dial. Failures `already_exists`, `limit_reached`, `invalid_request`. */
  constructor(ports: Ports, call: LiveCall, wanted: DialledStream) {
    this.#wish = dialledWish(wanted)
    if (wanted.name !== undefined && streamNamed(call, wanted.name)) {
      throw new Failure('already_exists', 'a stream of that name is there already', 'name')
    }
    requireRoomForStream(call)
    this.#ports = ports
    this.#call = call
    this.#wanted = wanted
    this.id = ports.ids.uuid()
    const protocol =
      wanted.protocol === 'twiml' ? new TwimlStreamProtocol(call.record.accountId) : nativeProtocol
    const { name, parameters } = wanted
    const about = {
      ...{ ...this.#wish, callId: call.id },
      ...(name !== undefined && { name }),
      ...(parameters && { parameters }),
    }
    this.#far = new FarEnd(ports.clock, protocol, about, (error) =>
      ports.log.error('message of a stream not read', { callId: call.id, error: String(error) }),
    )
    call.acts.streams += 1
    call.acts.dialledStreams.set(this.id, this)
    this.opened = this.#open()
    this.over = this.#live()
  }

  get name(): string | undefined {
    return this.#wanted.name
  }

  /** Before its log tells of it. */
  get connecting(): StreamRecord {
    return connectingStream(this.id, this.#wanted)
  }

  /** As they are now. */
  get figures(): Partial<StreamRecord> {
    return this.#far.talk.losses
  }

  /** Also while it is dialled. */
  stop(): void {
    this.#stopping.abort()
    // What the call was doing is over with it.
    this.#far.end(this.#call.state.at === 'ended' ? 'call_over' : 'stopped')
  }

  async #open(): Promise<void> {
    const [ports, call, far] = [this.#ports, this.#call, this.#far]
    const until = AbortSignal.any([call.over, this.#stopping.signal])
    const { url } = this.#wanted
    const secrets = await secretsOf({ call, ports })
    far.reach(await ports.web.socket({ url, secrets }, far, until))
    const lasted = (_how: string, durationMs: number) => {
      this.#durationMs = durationMs
    }
    const { options } = this.#wish
    const stream = await openCallStream(ports, call, this.id, options, far.talk, lasted)
    if (far.begin(stream)) return
    stream.close()
    throw new Failure('url_unreachable', 'it ended before it had begun')
  }

  async #live(): Promise<StreamResult> {
    const { acts, over } = this.#call
    const onOver = () => this.#far.end('call_over')
    over.addEventListener('abort', onOver)
    try {
      await this.opened
      this.#tellStarted()
      return this.#tellStopped(await this.#far.over)
    } catch (error) {
      this.#far.end('stopped')
      return this.#tellFailed(error)
    } finally {
      over.removeEventListener('abort', onOver)
      acts.streams -= 1
      acts.dialledStreams.delete(this.id)
    }
  }

  #tellStarted(): void {
    const { format, rateHz, tracks, speaks } = this.#wish.options
    this.#note('stream.started', { format, rateHz, tracks, speaks })
  }

  #tellStopped({ reason, why }: FarEndOver): StreamResult {
    const durationMs = this.#durationMs
    const { losses } = this.#far.talk
    this.#note('stream.stopped', { reason, why, durationMs, ...losses })
    return {
      ...{ ...this.#names(), stream_status: 'completed', stream_reason: reason },
      stream_duration: Math.round(durationMs / 1_000),
    }
  }

  #tellFailed(error: unknown): StreamResult {
    const code = error instanceof Failure ? error.code : 'internal_error'
    const text = error instanceof Error ? error.message : String(error)
    if (code === 'internal_error') {
      this.#ports.log.error('stream failed', { callId: this.#call.id, error: text })
    }
    this.#note('stream.failed', { code, error: text })
    return { ...this.#names(), stream_status: 'failed', error_code: code, stream_error: text }
  }

  #note(type: StreamEventType, data: object): void {
    this.#call.enqueue(() => noteStream(this.#call, this.id, this.#wanted, type, data))
  }

  #names() {
    return { stream_id: this.id, ...(this.name !== undefined && { stream_name: this.name }) }
  }
}

export const streamNamed = ({ acts }: LiveCall, name: string): DialledCallStream | undefined =>
  [...acts.dialledStreams.values()].find((stream) => stream.name === name)
