import type { AccountEventDraft, AccountEventType } from '../../core/events.ts'
import type { AgentId, CallId, QueueId } from '../../core/ids.ts'
import type { QueueChange } from '../../core/ports/queues.ts'
import type { Account } from '../../core/ports/store.ts'
import {
  type AgentTally,
  averageWaitMs,
  byTurn,
  figuresAfter,
  type QueueAgent,
  type QueueRecord,
  type QueueResult,
} from '../../core/queue.ts'
import type { Ports } from '../ports.ts'
import type { Around } from './around.ts'
import { QueueFollow } from './follow.ts'
import type { AgentLeg, WaitingCall, WaitingNow } from './waiting-call.ts'

/** What an agent does now. */
export class AgentNow {
  /** Legs that ring. */
  readonly ringing = new Set<AgentLeg>()
  readonly talks = new Set<CallId>()
  /** After a talk, or after a call that was not taken: monotonic time. */
  wrapUntilMs = 0
  restUntilMs = 0
}

/** Somebody who dialled the queue and waits for a caller. */
export interface Dialler {
  /** False: somebody else has that one already. */
  take(waiting: WaitingCall): boolean
  /** The queue is deleted. */
  end(): void
}

/**
 * A queue: who waits, and what its agents do. Who is called for whom is decided by jobs, one at a time
 * (dispatch.ts); who has a waiting call is decided by the call itself, at once.
 */
export class LiveQueue {
  readonly id: QueueId
  readonly account: Account
  record: QueueRecord
  /** Those who wait, the next one first. */
  readonly waiting: WaitingCall[] = []
  readonly diallers: Dialler[] = []
  readonly follow: QueueFollow
  isDeleted = false
  /** Somebody looks again soon. */
  disarmLook: (() => void) | undefined
  isLookDue = false

  readonly #ports: Ports
  readonly #agents = new Map<AgentId, AgentNow>()
  #came = 0
  #tail: Promise<unknown> = Promise.resolve()
  #stored: Promise<unknown> = Promise.resolve()

  constructor(around: Around, account: Account, record: QueueRecord) {
    this.id = record.id
    this.account = account
    this.record = record
    this.#ports = around.ports
    this.follow = new QueueFollow(around, this)
  }

  /** Runs a job in its turn. */
  later(job: () => Promise<void>): void {
    this.#tail = this.#tail.then(job).catch((error: unknown) => {
      this.#ports.log.error('queue job failed', { queueId: this.id, error: String(error) })
    })
  }

  nextSequence(): number {
    this.#came += 1
    return this.#came
  }

  /** Those whom nobody has yet, in turn. */
  open(): WaitingCall[] {
    return this.waiting.filter((one) => one.isOpen)
  }

  get isFull(): boolean {
    return this.waiting.length >= this.record.options.maxSize
  }

  add(waiting: WaitingCall): void {
    this.waiting.push(waiting)
    this.sort()
  }

  sort(): void {
    this.waiting.sort(byTurn)
    this.follow.changed()
  }

  delete(waiting: WaitingCall): void {
    const at = this.waiting.indexOf(waiting)
    if (at !== -1) this.waiting.splice(at, 1)
    this.follow.changed()
  }

  /** 1: the next one. 0: he does not wait. */
  positionOf(waiting: WaitingCall): number {
    return this.waiting.indexOf(waiting) + 1
  }

  /** So many are to be served until he is, he himself among them; not those for whom it rings. 0: it rings for him. */
  turnsOf(waiting: WaitingCall): number {
    if (waiting.legs.size > 0) return 0
    const before = this.waiting.slice(0, this.waiting.indexOf(waiting))
    return before.filter(({ legs }) => legs.size === 0).length + 1
  }

  shown(waiting: WaitingCall): WaitingNow {
    const { callId, priority, sequence, enteredAtMs, data, call } = waiting
    return {
      ...{ callId, priority, sequence, enteredAtMs, data: data ?? null },
      ...{ from: call.record.from, to: call.record.to },
      position: this.positionOf(waiting),
      waitedMs: this.#ports.clock.nowMs() - enteredAtMs,
      ringing: [...waiting.legs].map(({ target }) => target),
    }
  }

  get averageWaitMs(): number {
    return averageWaitMs(this.record.figures)
  }

  agent(id: AgentId): QueueAgent | undefined {
    return this.record.agents.find((agent) => agent.id === id)
  }

  /** What an agent does now. */
  now(id: AgentId): AgentNow {
    const known = this.#agents.get(id) ?? new AgentNow()
    this.#agents.set(id, known)
    return known
  }

  forgetAgent(id: AgentId): void {
    this.#agents.delete(id)
  }

  /** Changes what is stored of an agent; of one that is not there any more nothing. */
  tally(id: AgentId | undefined, change: (tally: AgentTally) => Partial<AgentTally>): void {
    const agents = this.record.agents.map((agent) =>
      agent.id === id ? { ...agent, tally: { ...agent.tally, ...change(agent.tally) } } : agent,
    )
    this.record = { ...this.record, agents }
    this.follow.changed()
  }

  count(result: QueueResult, waitedMs: number): void {
    const { figures, options } = this.record
    const after = figuresAfter(figures, result, waitedMs, options.serviceLevelMs)
    this.record = { ...this.record, figures: after }
    this.follow.changed()
  }

  told(
    type: Extract<AccountEventType, `queue.${string}`>,
    data: Readonly<Record<string, unknown>> = {},
  ): AccountEventDraft {
    const about = { queueId: this.id, name: this.record.name }
    return { type, atMs: this.#ports.clock.nowMs(), data: { ...about, ...data } }
  }

  /** Stores the row as it is when it is its turn. A store that fails must not stop those who wait. */
  async store(change: QueueChange = {}): Promise<void> {
    await this.#save(change).catch(() => undefined)
  }

  /**
   * Changes what somebody has said of the queue. Rejects, and all is as it was, when it can't be stored: he has to
   * be told. What has been counted meanwhile stays.
   */
  async change(
    wanted: Partial<Pick<QueueRecord, 'options' | 'agents'>>,
    event: AccountEventDraft,
  ): Promise<void> {
    const { options, agents } = this.record
    this.record = { ...this.record, ...wanted }
    this.follow.changed()
    try {
      await this.#save({ events: [event] })
    } catch (error) {
      this.record = {
        ...this.record,
        ...(wanted.options && { options }),
        ...(wanted.agents && { agents }),
      }
      this.follow.changed()
      throw error
    }
  }

  #save(change: QueueChange): Promise<void> {
    const done = this.#stored.then(async () => {
      if (this.isDeleted) return
      await this.#ports.store.queues.save(this.record, change)
    })
    this.#stored = done.catch((error: unknown) => {
      this.#ports.log.error('queue not stored', { queueId: this.id, error: String(error) })
    })
    return done
  }

  /** All that was to be stored has been. */
  async stored(): Promise<void> {
    await this.#stored
  }
}
