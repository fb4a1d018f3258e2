import { randomBytes } from 'node:crypto'
import { isIPv6 } from 'node:net'
import type { Worker } from 'node:worker_threads'
import { Failure } from '../core/failures.ts'
import type { CallId, RecordingId } from '../core/ids.ts'
import type {
  AudioCodec,
  LegOptions,
  LegStatistics,
  LegTerms,
  Media,
  MediaEvents,
  PlayOutcome,
  RecordLayout,
  Sound,
} from '../core/ports/media.ts'
import type { Agreement } from './agreement.ts'
import {
  type Command,
  type CommandName,
  type Commands,
  type Notice,
  noStatistics,
  type ThreadStatistics,
} from './messages.ts'
import { addressToLatchOnto } from './nat.ts'
import { SdpSession } from './sdp/session.ts'

interface OpenLeg {
  readonly sdp: SdpSession
  readonly port: Promise<number>
  natAddress: string | undefined
  /** The peer takes no audio, as the application was told. */
  held: boolean
  terms: LegTerms | undefined
}

interface Pending {
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: Error) => void
  /** What to say when the thread is gone; undefined: reject. */
  readonly ifLost: { readonly answer: unknown } | undefined
}

interface MediaClientOptions {
  readonly bindAddress: string
  readonly publicAddress: string
  addressFor?(peer: string): string
}

/** A thread that does not end by itself within this is ended. */
const CLOSE_WAIT_MS = 5000

/**
 * The media thread as the main thread sees it: SDP is negotiated here, where it can't hold a packet up;
 * everything else is a message to the thread.
 */
export class MediaClient implements Media {
  readonly #worker: Worker
  readonly #options: MediaClientOptions
  readonly #events: MediaEvents
  readonly #legs = new Map<CallId, OpenLeg>()
  readonly #pending = new Map<number, Pending>()
  readonly #exited: Promise<void>
  #lastId = 0
  #state: 'up' | 'closing' | 'gone' = 'up'

  /** `worker` has said that it is ready. */
  constructor(worker: Worker, options: MediaClientOptions, events: MediaEvents) {
    this.#worker = worker
    this.#options = options
    this.#events = events
    this.#exited = new Promise((resolve) => {
      worker.once('exit', (code) => {
        this.#gone(`the media thread ended with code ${code}`)
        resolve()
      })
    })
    worker.on('message', (notice: Notice) => this.#notice(notice))
    worker.on('error', (error: unknown) => this.#gone(String(error)))
    worker.on('messageerror', (error) => this.#gone(error.message))
  }

  ready(): boolean {
    return this.#state === 'up'
  }

  async offer(callId: CallId, options?: LegOptions): Promise<string> {
    const leg = this.#leg(callId, options)
    const port = await this.#opened(callId, leg)
    return leg.sdp.offer(port, options?.direction)
  }

  async complete(callId: CallId, sdp: string, options?: LegOptions): Promise<void> {
    if (!this.#legs.has(callId)) return
    const leg = this.#leg(callId, options)
    await this.#agree(callId, leg, leg.sdp.complete(sdp))
  }

  async answer(callId: CallId, sdp: string, options?: LegOptions): Promise<string> {
    // Refused before a port is opened for it.
    if (!this.#legs.has(callId)) this.#newSession().check(sdp)
    const leg = this.#leg(callId, options)
    const port = await this.#opened(callId, leg)
    const { sdp: answer, agreement } = leg.sdp.answer(sdp, port)
    await this.#agree(callId, leg, agreement)
    return answer
  }

  examine(sdp: string, options?: LegOptions): readonly AudioCodec[] {
    const session = this.#newSession()
    if (options?.codecs) session.prefer(options.codecs)
    return session.check(sdp)
  }

  agreedOn(callId: CallId): LegTerms | undefined {
    return this.#legs.get(callId)?.terms
  }

  watch(callId: CallId): void {
    this.#ask('watch', { leg: callId }, null).catch(() => undefined)
  }

  play(callId: CallId, sound: Sound): Promise<PlayOutcome> {
    return this.#ask('play', { leg: callId, sound }, 'legClosed')
  }

  stop(callId: CallId): void {
    this.#ask('stop', { leg: callId }, null).catch(() => undefined)
  }

  async sendDigits(callId: CallId, digits: string): Promise<void> {
    await this.#ask('sendDigits', { leg: callId, digits }, null)
  }

  takesEvents(callId: CallId): Promise<boolean> {
    return this.#ask('takesEvents', { leg: callId }, true)
  }

  async bridge(a: CallId, b: CallId): Promise<void> {
    await this.#ask('bridge', { leg: a, other: b }, null)
  }

  async unbridge(callId: CallId): Promise<void> {
    await this.#ask('unbridge', { leg: callId }, null)
  }

  async startRecording(
    callId: CallId,
    recordingId: RecordingId,
    path: string,
    layout: RecordLayout,
  ): Promise<void> {
    await this.#ask('startRecording', { leg: callId, recordingId, path, layout }, null)
  }

  async stopRecording(callId: CallId): Promise<void> {
    await this.#ask('stopRecording', { leg: callId }, null)
  }

  async close(callId: CallId): Promise<LegStatistics> {
    if (!this.#legs.delete(callId)) return noStatistics
    return await this.#ask('close', { leg: callId }, noStatistics)
  }

  stats(): Promise<ThreadStatistics> {
    return this.#ask('statistics', {})
  }

  /** Closes every leg, completes the recordings and ends the thread. Idempotent. */
  async shutDown(): Promise<void> {
    if (this.#state === 'up') {
      this.#legs.clear()
      const asked = this.#ask('shutDown', {}, null)
      this.#state = 'closing'
      const timer = setTimeout(() => void this.#worker.terminate(), CLOSE_WAIT_MS)
      await asked
      await this.#exited
      clearTimeout(timer)
    }
    await this.#exited
  }

  #newSession(): SdpSession {
    const { bindAddress, publicAddress, addressFor } = this.#options
    return new SdpSession({
      publicAddress,
      ...(addressFor && { addressFor }),
      sessionId: randomBytes(4).readUInt32LE(),
      ipv4: !isIPv6(bindAddress) || bindAddress === '::',
      ipv6: isIPv6(bindAddress),
    })
  }

  #leg(callId: CallId, options: LegOptions | undefined): OpenLeg {
    let leg = this.#legs.get(callId)
    if (!leg) {
      const port = this.#ask('open', { leg: callId, webrtc: false }).then(
        (opened) => opened.port ?? 0,
      )
      leg = { sdp: this.#newSession(), port, natAddress: undefined, held: false, terms: undefined }
      this.#legs.set(callId, leg)
    }
    leg.natAddress = options?.natSourceAddress ?? leg.natAddress
    const peer = options?.natSourceAddress ?? options?.peerAddress
    if (peer !== undefined) leg.sdp.towards(peer)
    if (options?.codecs) leg.sdp.prefer(options.codecs)
    return leg
  }

  async #opened(callId: CallId, leg: OpenLeg): Promise<number> {
    try {
      const port = await leg.port
      if (this.#legs.get(callId) === leg) return port
    } catch (error) {
      if (this.#legs.get(callId) === leg) this.#legs.delete(callId)
      throw error
    }
    throw new Failure('call_ended', 'The leg was closed while it was being opened')
  }

  async #agree(callId: CallId, leg: OpenLeg, agreement: Agreement): Promise<void> {
    const natAddress = addressToLatchOnto(leg.natAddress, agreement.remote?.address)
    const nat = natAddress === undefined ? {} : { natAddress }
    await this.#ask('agree', { leg: callId, agreement, ...nat })
    leg.terms = { codec: agreement.codec, protection: agreement.protection.kind }
    if (leg.held === leg.sdp.heldByPeer) return
    leg.held = leg.sdp.heldByPeer
    this.#events.held(callId, leg.held)
  }

  #ask<Name extends CommandName>(
    is: Name,
    ask: Commands[Name]['ask'],
    ifLost?: Commands[Name]['answer'],
  ): Promise<Commands[Name]['answer']> {
    const mild = ifLost === undefined ? undefined : { answer: ifLost }
    return new Promise((resolve, reject) => {
      const pending = { resolve: resolve as Pending['resolve'], reject, ifLost: mild }
      if (this.#state !== 'up') {
        settleLost(pending)
        return
      }
      this.#lastId += 1
      this.#pending.set(this.#lastId, pending)
      this.#worker.postMessage({ is, id: this.#lastId, ...ask } as unknown as Command)
    })
  }

  #notice(notice: Notice): void {
    switch (notice.is) {
      case 'answered':
        this.#take(notice.id)?.resolve(notice.answer)
        break
      case 'refused':
        this.#take(notice.id)?.reject(new Failure(notice.code, notice.message))
        break
      case 'digit':
        this.#events.digit(notice.leg, notice.digit, notice.durationMs)
        break
      case 'silence':
        this.#events.silence(notice.leg, notice.change, notice.silentMs)
        break
      case 'connection':
        this.#events.connection(notice.leg, notice.state)
        break
      case 'recordingEnded':
        this.#events.recordingEnded(notice.leg, notice.outcome)
        break
      case 'ready':
        break
    }
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    return pending
  }

  /** The thread is no more. Nobody waits on; the application is told, unless it was its own wish. */
  #gone(reason: string): void {
    if (this.#state === 'gone') return
    const wished = this.#state === 'closing'
    this.#state = 'gone'
    this.#legs.clear()
    for (const pending of this.#pending.values()) settleLost(pending)
    this.#pending.clear()
    if (!wished) this.#events.lost(reason)
  }
}

function settleLost({ ifLost, resolve, reject }: Pending): void {
  if (ifLost) resolve(ifLost.answer)
  else reject(new Failure('no_media_port', 'The media thread is not running'))
}
