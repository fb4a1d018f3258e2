import type { CallRecord, CallState, EndCause } from '../core/call.ts'
import { endReasonOf, isSpentUp, statusOf } from '../core/call.ts'
import type { CallInput, Effect, Step } from '../core/call-table.ts'
import { begin, step } from '../core/call-table.ts'
import type { CallEventType, EventDraft } from '../core/events.ts'
import type { CallId, RecordingId } from '../core/ids.ts'
import { type CallMoney, settledMoney } from '../core/money/call-money.ts'
import type { LegOptions, RecordMode } from '../core/ports/media.ts'
import type { RecordingSource } from '../core/ports/recordings.ts'
import type { Account, DeviceRecord } from '../core/ports/store.ts'
import { asUsual, type SpokenIn } from '../core/spoken-in.ts'
import { CallActs } from './actions/call-acts.ts'
import type { Bridge } from './bridge.ts'
import { Digits } from './digits.ts'
import type { Onward } from './forwarding.ts'
import { Hold } from './hold-music.ts'
import type { MediaIn } from './leg-options.ts'
import { Parking } from './parking.ts'
import type { Ports } from './ports.ts'
import type { Program } from './program.ts'
import { Unstored } from './unstored.ts'
import type { Asking } from './verbs/ask.ts'
import { wait } from './wait.ts'
import type { Ways } from './ways.ts'

/** What a new call is made of. */
export interface NewCall {
  readonly account: Account
  readonly record: CallRecord
  readonly program: Program
  readonly ringTimeoutMs: number
  /** Outbound only. */
  readonly ways?: Ways
  readonly callerName?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly onward?: Onward
  /** As in InviteRequest. */
  readonly mayRefer?: boolean
  /** Inbound only: the caller's offer; undefined is a late offer. */
  readonly remoteOffer?: string
  readonly media?: MediaIn
  /** Inbound from a device: whose it is, which may be another account than that of the number it called. */
  readonly device?: Pick<DeviceRecord, 'accountId' | 'username'>
  /** Its phone rings. */
  readonly onRinging?: () => void
  /** What has to be there beside what the call itself needs, for what comes of it; micro-units. */
  readonly coverMicro?: number
  /** Changes the record in the same commit that ends the call. */
  readonly onEnding?: (record: CallRecord, cause: EndCause) => CallRecord
}

export interface RunningRecording {
  readonly id: RecordingId
  /** Absent: of the call itself. */
  readonly source?: RecordingSource
  /** Settles when the file is closed and the record of it stored. */
  readonly saved: Promise<void>
  mode: RecordMode
}

/** A disk that hangs must not keep a phone off the hook. */
const recordingWaitMs = 1_000

/** Carries out one effect; what comes of it returns as an input. */
export type PerformEffect = (call: LiveCall, effect: Effect) => Promise<void>

/**
 * A call that is not over: its state, its queue, and what its program needs. All that happens to a
 * call passes through `feed` and `enqueue`, one at a time; effects follow after the state is stored.
 */
export class LiveCall {
  readonly id: CallId
  readonly made: NewCall
  readonly digits = new Digits()
  /** Aborts when the call is over. */
  readonly over: AbortSignal
  readonly ended: Promise<CallRecord>
  readonly answered: Promise<boolean>
  state: CallState
  record: CallRecord
  /** Ends the program that runs now (a redirect replaces it). */
  programAbort: AbortController | undefined
  /** The recording of the call itself that runs now. */
  recording: RunningRecording | undefined
  /** All that run: that one, and those of its leg alone. */
  readonly recordings = new Map<RecordingId, RunningRecording>()
  disarmTimer: (() => void) | undefined
  /** What its leg is opened with, and whatever is negotiated later. */
  leg: LegOptions
  /** The call that it is being connected to, if any: the two had best have one codec. */
  towards: LiveCall | undefined
  /** What people are told of why it failed, where the reason does not say it all. */
  why: string | undefined
  /** Our SDP that an unanswered caller has in a 183. */
  earlySdp: string | undefined
  /** Settles when its phone rings. */
  readonly rings = Promise.withResolvers<void>()
  /** Settles when its phone can be heard although nobody has answered. */
  readonly heardEarly = Promise.withResolvers<void>()
  /** How its phone sends keys, once it has sent one. */
  keysBy: 'rtp' | 'info' | undefined
  /** Applications that hear each key as it comes, but for secrets. */
  readonly keyListeners = new Set<(digit: string) => void>()
  /** Somebody else has what it was made for: its phone need not show a missed call. */
  isAnsweredElsewhere = false
  /** In which its phone is connected to another one. */
  bridge: Bridge | undefined
  /** How its application is asked for instructions. */
  asking: Asking = {}
  /** As the conference, queue or box in which it is, or was last. */
  spokenIn: SpokenIn = asUsual
  readonly hold = new Hold()
  readonly parking = new Parking()
  /** What live actions have made of it. */
  readonly acts = new CallActs()
  /** Waits for what comes of a REFER of ours to its phone. */
  onReferred: ((sipStatus: number) => void) | undefined
  /** What its phone tells of a REFER of ours that it has not answered yet: some tell before they answer. */
  earlyReports: (() => void)[] | undefined

  readonly #ports: Ports
  readonly #perform: PerformEffect
  readonly #over = new AbortController()
  /** The end is in the log. */
  #told = false
  readonly #unstored: Unstored
  #tail: Promise<void> = Promise.resolve()
  #resolveEnded!: (record: CallRecord) => void
  #resolveAnswered!: (answered: boolean) => void

  constructor(ports: Ports, made: NewCall, perform: PerformEffect) {
    this.id = made.record.id
    this.made = made
    this.record = made.record
    this.leg = made.media?.options ?? {}
    this.state = begin[made.record.direction][0]
    this.over = this.#over.signal
    this.#ports = ports
    this.#perform = perform
    this.#unstored = new Unstored(ports.clock, () => this.enqueue(() => this.#commit([])))
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve
    })
    this.answered = new Promise((resolve) => {
      this.#resolveAnswered = resolve
    })
  }

  /** Its phone is not another account's: what the phone asks for, or is asked for, is the account's own. */
  get isOwnPhone(): boolean {
    const { device, account } = this.made
    return device === undefined || device.accountId === account.id
  }

  /** Whose phone this one's is connected to. */
  get partner(): LiveCall | undefined {
    return this.bridge?.other(this)
  }

  /** Stores the fresh call, then starts it. Rejects, and nothing has begun, if it can't be stored. */
  start(): Promise<void> {
    const { direction, startedAtMs, trunkId, received } = this.record
    const { device, coverMicro = 0 } = this.made
    const first = this.#draft(`call.${statusOf(this.state)}`, {
      ...{ startedAtMs, trunkId },
      // Where `from` withholds it, who was it? The account may know of its own devices.
      ...(device && this.isOwnPhone && { device: device.username }),
      ...(received && { sipHeaders: received.sipHeaders, diversion: received.diversion }),
    })
    const [, ...effects] = begin[direction]
    return new Promise((resolve, reject) => {
      // The first job of the queue: what comes meanwhile finds a call that has begun.
      this.enqueue(async () => {
        try {
          await this.#ports.store.calls.commit(this.record, [first], { coverMicro })
        } catch (error) {
          reject(error)
          return
        }
        resolve()
        await this.#performAll(effects)
      })
    })
  }

  feed(input: CallInput): void {
    this.enqueue(() => this.apply(input))
  }

  /** Runs a job in its turn. A job that throws is a bug: the call is failed, not left hanging. */
  enqueue(job: () => Promise<void>): void {
    this.#tail = this.#tail.then(job).catch((error: unknown) => {
      this.#ports.log.error('call job failed', { callId: this.id, error: String(error) })
      if (this.state.at !== 'ended') this.feed(internalError)
    })
  }

  /** One step of the table. Only from inside a job. */
  async apply(input: CallInput): Promise<void> {
    const nowMs = this.#ports.clock.nowMs()
    const next = step(this.record.direction, this.state, input, nowMs)
    if (next === undefined) {
      this.#ports.metrics.inputIgnored(input.is)
      return
    }
    await this.#enter(next, nowMs)
  }

  /** Appends to the call's log without changing its state. */
  async note(type: CallEventType, data: Readonly<Record<string, unknown>> = {}): Promise<void> {
    if (this.#told && !mayFollowEnd(type)) return
    await this.#commit([this.#draft(type, data)])
  }

  /** Changes fields of the record that are not part of the state. */
  async amend(
    change: (record: CallRecord) => CallRecord,
    type: CallEventType,
    data: Readonly<Record<string, unknown>> = {},
  ): Promise<void> {
    this.record = change(this.record)
    await this.note(type, data)
  }

  /** So much in all is on hold for the call. Only from inside a job. Failure `insufficient_credits`: then it is as it was. */
  async setAside(heldMicro: number): Promise<void> {
    if (this.record.money) await this.price({ ...this.record.money, heldMicro })
  }

  /** It costs something else, as it goes elsewhere. The same holds. */
  async price(money: CallMoney): Promise<void> {
    await this.#ports.store.calls.commit({ ...this.record, money }, [])
    // Whatever else has changed meanwhile stays.
    this.record = { ...this.record, money }
  }

  async #enter([next, ...effects]: Step, nowMs: number): Promise<void> {
    if (next.at === 'ended') await this.#finishRecordings()
    const statusBefore = statusOf(this.state)
    this.state = next
    this.record = this.#recordIn(next, nowMs)
    const status = statusOf(next)
    if (status !== statusBefore) {
      await this.#commit([
        this.#draft(`call.${status}`, {
          ...{ endReason: this.record.endReason },
          ...(this.why !== undefined && next.at === 'ended' && { why: this.why }),
          ...(next.at === 'up' && this.#ports.media.agreedOn(this.id)),
        }),
      ])
    }
    if (next.at === 'ended') this.#told = true
    if (next.at === 'ringing' && statusBefore !== 'ringing') {
      this.rings.resolve()
      this.made.onRinging?.()
    }
    if (next.at === 'up') this.#resolveAnswered(true)
    await this.#performAll(effects)
    if (next.at === 'ended') this.#finish()
  }

  #recordIn(next: CallState, nowMs: number): CallRecord {
    const record = { ...this.record, status: statusOf(next) }
    if (next.at === 'up') return { ...record, answeredAtMs: next.sinceMs }
    if (next.at !== 'ended') return record
    const endedRecord = {
      ...{ ...record, endedAtMs: nowMs, endReason: endReasonOf(next.cause) },
      money: moneyAtEnd(record, nowMs, next.cause),
    }
    return this.made.onEnding?.(endedRecord, next.cause) ?? endedRecord
  }

  async #performAll(effects: readonly Effect[]): Promise<void> {
    for (const effect of effects) {
      try {
        await this.#perform(this, effect)
      } catch (error) {
        this.#ports.log.error('effect failed', {
          callId: this.id,
          effect: effect.do,
          error: String(error),
        })
        if (this.state.at !== 'ended') this.feed(internalError)
      }
    }
  }

  /** A store that fails must not stop a call that is under way: it is logged, and tried again. */
  async #commit(events: readonly EventDraft[]): Promise<void> {
    const all = this.#unstored.with(events)
    try {
      await this.#ports.store.calls.commit(this.record, all)
      this.#unstored.stored()
    } catch (error) {
      this.#unstored.refused(all)
      this.#ports.log.error('call not stored', { callId: this.id, error: String(error) })
    }
  }

  #draft(type: CallEventType, data: Readonly<Record<string, unknown>>): EventDraft {
    return { type, callId: this.id, atMs: this.#ports.clock.nowMs(), data }
  }

  async #finishRecordings(): Promise<void> {
    await Promise.all([...this.recordings.values()].map((one) => this.finishRecording(one)))
  }

  /** Ends a recording and waits until it can be fetched, or for a second. Never rejects. */
  async finishRecording(running = this.recording): Promise<void> {
    if (!running) return
    const { id, saved } = running
    const limit = new AbortController()
    const stopped = this.#ports.media.stopRecording(this.id, id).catch((error: unknown) => {
      this.#ports.log.warn('recording not stopped', { callId: this.id, error: String(error) })
    })
    const late = wait(this.#ports.clock, recordingWaitMs, limit.signal)
    await Promise.race([Promise.all([stopped, saved]), late])
    limit.abort()
  }

  #finish(): void {
    this.#resolveAnswered(false)
    this.#over.abort()
    this.#resolveEnded(this.record)
  }
}

/** What it costs in the end; ended for want of money it costs what was on hold. */
function moneyAtEnd(record: CallRecord, nowMs: number, cause: EndCause): CallRecord['money'] {
  const { money, answeredAtMs } = record
  if (money === null) return null
  const answeredMs = answeredAtMs === null ? null : Math.max(0, nowMs - answeredAtMs)
  return settledMoney(money, answeredMs, isSpentUp(cause))
}

/** After its end only a recording, an announcement, a queue or its sound may still have something to tell. */
const mayFollowEnd = (type: CallEventType): boolean =>
  type.startsWith('recording.') ||
  type.startsWith('queue.') ||
  type === 'call.dequeued' ||
  type === 'park.ended' ||
  type === 'announcement.ended' ||
  type === 'media.stream-stopped' ||
  type === 'stream.stopped' ||
  type === 'stream.failed' ||
  type === 'call.quality'

const internalError: CallInput = {
  is: 'fail',
  cause: { is: 'failed', reason: 'internal_error' },
}
