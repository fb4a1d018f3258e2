import type { CallInput, Effect } from '../core/call-table.ts'
import { Failure } from '../core/failures.ts'
import type { CallId, RecordingId, TrunkId, VoicemailId } from '../core/ids.ts'
import { AccountDesk } from './account-desk.ts'
import { ParkingLot } from './actions/parking-lot.ts'
import { LiveConferences } from './conferences/live-conferences.ts'
import { performEffect } from './effects.ts'
import { Forwards } from './forwards.ts'
import { LiveCall, type NewCall } from './live-call.ts'
import { Meters } from './money/meters.ts'
import { PinGuard, voicemailPins } from './pin-guard.ts'
import type { Ports } from './ports.ts'
import { LiveQueues } from './queues/live-queues.ts'
import { RecordingSpace } from './recordings/space.ts'
import { Takeovers } from './takeovers.ts'
import { TrunkDesk } from './trunk-desk.ts'

/** A recording that is still being written. */
export interface WrittenRecording {
  readonly call: LiveCall
  saved(): void
  /** Its row is being written, of which the end must not be overwritten. */
  spansKept?: Promise<void>
  /** What is done with the file when it is whole; undefined: there is nothing in it, and it is gone. */
  finish?(
    path: string,
  ): Promise<{ durationMs: number; bytes: number; beginsMs?: number } | undefined>
}

/** The calls that are not over, by id. */
export class LiveCalls {
  readonly #ports: Ports
  readonly #byId = new Map<CallId, LiveCall>()
  /** Recordings that are still being written, with the call that they belong to. */
  readonly recordings = new Map<RecordingId, WrittenRecording>()
  /** Messages of voicemail boxes that their callers' calls will file. */
  readonly leaving = new Set<VoicemailId>()
  readonly space: RecordingSpace
  readonly trunks: TrunkDesk
  readonly accounts: AccountDesk
  readonly meters: Meters
  readonly forwards = new Forwards()
  readonly takeovers = new Takeovers()
  readonly parkingLot = new ParkingLot()
  readonly conferences: LiveConferences
  readonly queues = new LiveQueues()
  /** At voicemail boxes. */
  readonly pinGuard: PinGuard
  #draining = false

  constructor(ports: Ports) {
    this.#ports = ports
    this.space = new RecordingSpace(ports)
    this.conferences = new LiveConferences(ports)
    this.pinGuard = new PinGuard(ports, voicemailPins)
    const isDown = (id: TrunkId) => ports.sip.trunkStatus(id).reachable === false
    this.trunks = new TrunkDesk(ports.clock, ports.random, isDown)
    this.meters = new Meters(ports)
    this.accounts = new AccountDesk(ports.clock, (id) => this.get(id)?.record.answeredAtMs ?? null)
  }

  /** Stores and starts a call. Failure `draining` once the engine is shutting down. */
  async begin(made: NewCall): Promise<LiveCall> {
    // What a running call needs to be carried through is not a new call.
    const { id, parentId, direction, trunkId } = made.record
    if (this.#draining && parentId === null) {
      this.#letGo(id, true)
      throw new Failure('draining', 'the engine is shutting down')
    }
    if (direction === 'inbound' && trunkId !== null) this.trunks.hold(id, trunkId)
    const call = new LiveCall(this.#ports, made, (of, effect) => this.#perform(of, effect))
    this.#byId.set(call.id, call)
    this.queues.changedCalls(made.record.accountId)
    try {
      await call.start()
    } catch (error) {
      this.#letGo(id, true)
      this.#byId.delete(id)
      throw error
    }
    return call
  }

  get(id: CallId): LiveCall | undefined {
    return this.#byId.get(id)
  }

  all(): Iterable<LiveCall> {
    return this.#byId.values()
  }

  feed(id: CallId, input: CallInput): void {
    const call = this.#byId.get(id)
    if (call) call.feed(input)
    else this.#ports.metrics.inputIgnored(input.is)
  }

  get size(): number {
    return this.#byId.size
  }

  countUp(): number {
    let up = 0
    for (const call of this.#byId.values()) if (call.state.at === 'up') up++
    return up
  }

  get isDraining(): boolean {
    return this.#draining
  }

  /** No new calls from here on. */
  drain(): void {
    this.#draining = true
  }

  /** Ends every call and resolves when all are over. */
  async endAll(input: CallInput): Promise<void> {
    const calls = [...this.#byId.values()]
    for (const call of calls) call.feed(input)
    await Promise.all(calls.map((call) => call.ended))
  }

  /** Resolves when no call is left. */
  async idle(): Promise<void> {
    while (this.#byId.size > 0) {
      await Promise.all([...this.#byId.values()].map((call) => call.ended))
    }
  }

  async #perform(call: LiveCall, effect: Effect): Promise<void> {
    try {
      await performEffect(this.#ports, this, call, effect)
    } finally {
      if (effect.do === 'release') this.#forget(call)
    }
  }

  #forget(call: LiveCall): void {
    // Before it is forgotten when it was answered: that is what it costs.
    this.#letGo(call.id)
    this.#byId.delete(call.id)
    this.queues.changedCalls(call.record.accountId)
    const { direction, status, answeredAtMs, endedAtMs } = call.record
    const durationMs = answeredAtMs && endedAtMs ? endedAtMs - answeredAtMs : 0
    this.#ports.metrics.callEnded(direction, status, durationMs)
  }

  #letGo(id: CallId, isNone = false): void {
    this.trunks.leave(id)
    if (isNone) this.accounts.withdraw(id)
    else this.accounts.end(id)
  }
}
