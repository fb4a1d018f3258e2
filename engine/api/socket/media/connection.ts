import type { Socket } from 'node:net'
import type { RawData, WebSocket } from 'ws'
import {
  StreamConversation,
  type StreamNews,
  type StreamWire,
  streamCloseCodes,
} from '../../../app/streams/conversation.ts'
import type { StreamDesk } from '../../../app/streams/desk.ts'
import type { Clock } from '../../../core/clock.ts'
import { Failure } from '../../../core/failures.ts'
import { beatMs, Heartbeat } from '../../../core/heartbeat.ts'
import type { Account } from '../../../core/ports/store.ts'
import { RateLimit } from '../../frame/rate-limit.ts'
import { closeCodes, messagesPerSecond } from '../connection.ts'
import type { CallStreamWish } from './stream-query.ts'

const lookEveryMs = 100
/** Unread by the client: he reads nothing any more. */
const mostBytes = 8_388_608

export interface MediaConnectionPorts {
  readonly streams: StreamDesk
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly account: Account
  readonly wish: CallStreamWish
  /** For what is nobody's expected refusal. */
  failed(error: unknown): void
}

/** One client at the socket of a call's audio. */
export class MediaConnection implements StreamWire {
  readonly #socket: WebSocket
  readonly #conversation: StreamConversation
  readonly #texts: RateLimit
  readonly #failed: (error: unknown) => void
  readonly #timers: NodeJS.Timeout[]

  constructor(socket: WebSocket, stream: Socket, ports: MediaConnectionPorts) {
    const { clock, wish } = ports
    this.#socket = socket
    this.#failed = ports.failed
    this.#conversation = new StreamConversation(this, wish)
    this.#texts = new RateLimit(clock, messagesPerSecond)
    socket.on('message', (data, isBinary) => this.#take(data, isBinary))
    // ws closes it, with the code that suits
    socket.on('error', () => undefined)
    socket.once('close', () => this.#over())
    stream.on('drain', () => this.#conversation.drained())
    const heartbeat = new Heartbeat(socket)
    this.#timers = [
      setInterval(() => this.#conversation.look(), lookEveryMs),
      setInterval(() => heartbeat.beat(), beatMs),
    ]
    void this.#begin(ports)
  }

  // -- as wire of the conversation

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount
  }

  sendAudio(message: Uint8Array): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(message)
  }

  tell(message: StreamNews): void {
    const { readyState, OPEN, bufferedAmount } = this.#socket
    if (readyState !== OPEN) return
    if (bufferedAmount > mostBytes) {
      this.cut()
      return
    }
    this.#socket.send(JSON.stringify(message))
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason)
  }

  cut(): void {
    this.#socket.terminate()
  }

  async #begin({ streams, account, wish }: MediaConnectionPorts): Promise<void> {
    const { callId, options } = wish
    try {
      const stream = await streams.open(account.id, callId, options, this.#conversation)
      if (this.#socket.readyState === this.#socket.OPEN) this.#conversation.begin(stream)
      else stream.close()
    } catch (error) {
      if (!(error instanceof Failure)) this.#failed(error)
      const reason = error instanceof Failure ? error.code : 'internal_error'
      this.#conversation.end(reason, streamCloseCodes.callOver)
    }
  }

  #take(data: RawData, isBinary: boolean): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    if (isBinary) {
      this.#conversation.hear(data as Buffer)
      return
    }
    if (this.#texts.take('') > 0) {
      this.close(closeCodes.tooManyMessages, `More than ${messagesPerSecond} texts a second`)
      return
    }
    this.#conversation.read(String(data)).catch(this.#failed)
  }

  #over(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#conversation.gone()
  }
}
