import type { Clock } from '../../core/clock.ts'
import type { OutgoingSocket, SocketListener } from '../../core/ports/web.ts'
import type { CallStream } from './call-stream.ts'
import {
  StreamConversation,
  type StreamNews,
  type StreamWire,
  streamCloseCodes,
  type TalkedAbout,
} from './conversation.ts'
import type { StreamProtocol } from './protocol.ts'

/**
 * Why a stream to a server is over: it said goodbye; it is gone without; what it sent was no WebSocket, or too long;
 * too much of what it sent was refused; we stopped it; the call is over.
 */
export type FarEndReason =
  | 'far_end'
  | 'lost'
  | 'protocol_error'
  | 'too_much'
  | 'stopped'
  | 'call_over'

export interface FarEndOver {
  readonly reason: FarEndReason
  /** What the server gave as its reason, or what was wrong. */
  readonly why: string
}

const lookEveryMs = 100
/** Messages that are read between two looks: a server that sends more is read that much slower. */
const messagesPerLook = 100
/** A longer one counts as several; this is 1.5 s of PCMU in base64. */
const messageLength = 16_384
/** Nobody said goodbye (RFC 6455 section 7.4.1). */
const abnormal = 1006

const reasons: Readonly<Record<string, FarEndReason>> = {
  too_much: 'too_much',
  call_over: 'call_over',
  stopped: 'stopped',
}

/** A server that was dialled for a stream: between its socket and what is said about the stream. */
export class FarEnd implements SocketListener, StreamWire {
  readonly talk: StreamConversation
  /** Settles when it is over, by whomever. */
  readonly over: Promise<FarEndOver>
  readonly #clock: Pick<Clock, 'after'>
  readonly #protocol: StreamProtocol
  readonly #failed: (error: unknown) => void
  readonly #resolve: (over: FarEndOver) => void
  #socket: OutgoingSocket | undefined
  #disarm: (() => void) | undefined
  #messages = 0
  #isOver = false

  /** `failed` is told of bugs. */
  constructor(
    clock: Pick<Clock, 'after'>,
    protocol: StreamProtocol,
    about: TalkedAbout,
    failed: (error: unknown) => void,
  ) {
    const { promise, resolve } = Promise.withResolvers<FarEndOver>()
    this.over = promise
    this.#resolve = resolve
    this.#clock = clock
    this.#protocol = protocol
    this.#failed = failed
    this.talk = new StreamConversation(this, about)
  }

  /** It has answered. */
  reach(socket: OutgoingSocket): void {
    this.#socket = socket
    if (this.#isOver) socket.close(streamCloseCodes.done, 'stopped')
  }

  /** False: it is over already. */
  begin(stream: CallStream): boolean {
    if (this.#isOver) return false
    this.talk.begin(stream)
    this.#socket?.resume()
    this.#arm()
    return true
  }

  end(reason: 'stopped' | 'call_over'): void {
    const { done, callOver } = streamCloseCodes
    this.talk.end(reason, reason === 'stopped' ? done : callOver)
  }

  // -- as wire of the conversation

  get bufferedBytes(): number {
    return this.#socket?.bufferedBytes ?? 0
  }

  sendAudio(message: Uint8Array): void {
    this.#socket?.send(this.#protocol.audio(message))
  }

  tell(news: StreamNews): void {
    for (const text of this.#protocol.news(news)) this.#socket?.send(text)
  }

  close(code: number, reason: string): void {
    this.#end({ reason: reasons[reason] ?? 'far_end', why: reason })
    this.#socket?.close(code, reason)
  }

  // -- as listener of the socket

  message(data: string | Uint8Array): void {
    if (this.#isOver) return
    this.#messages += Math.ceil(data.length / messageLength) || 1
    if (this.#messages >= messagesPerLook) this.#socket?.pause()
    this.#protocol.read(data, this.talk).catch(this.#failed)
  }

  drained(): void {
    this.talk.drained()
  }

  closed({ code, why, isFault }: Parameters<SocketListener['closed']>[0]): void {
    this.talk.gone()
    const reason = code === abnormal ? 'lost' : 'far_end'
    this.#end({ reason: isFault ? 'protocol_error' : reason, why })
  }

  #arm(): void {
    this.#disarm = this.#clock.after(lookEveryMs, () => {
      if (this.#messages >= messagesPerLook) this.#socket?.resume()
      this.#messages = 0
      this.talk.look()
      if (!this.#isOver) this.#arm()
    })
  }

  #end(over: FarEndOver): void {
    this.#isOver = true
    this.#disarm?.()
    this.#resolve(over)
  }
}
