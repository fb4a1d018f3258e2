import type { AccountId, AgentId, CallId, QueueId } from '../../core/ids.ts'
import type { Account } from '../../core/ports/store.ts'
import type { AgentOptions, QueueAgent, QueueOptions, QueueRecord } from '../../core/queue.ts'
import type { WaitingNow } from './waiting-call.ts'

export type { WaitingNow } from './waiting-call.ts'

/** What an agent does. `busy`: on as many calls of other kinds as he may have;
 * `unavailable`: not registered. */
export type AgentStatus =
  | 'disabled'
  | 'paused'
  | 'talking'
  | 'ringing'
  | 'wrapping-up'
  | 'resting'
  | 'busy'
  | 'unavailable'
  | 'idle'

export interface AgentShown extends QueueAgent {
  /** As far as the queue itself knows; a single agent that is asked for is looked at: `unavailable`. */
  readonly status: AgentStatus
}

/** A queue as it is now. */
export interface QueueNow {
  readonly record: QueueRecord
  readonly agents: readonly AgentShown[]
  readonly waiting: number
  /** Agents' phones that ring, and agents' talks. */
  readonly ringing: number
  readonly talking: number
  /** Of those who wait now. */
  readonly longestWaitingMs: number
}

export interface NewQueue {
  readonly name: string
  readonly options?: Partial<QueueOptions>
  readonly agents?: readonly NewAgent[]
}

export type NewAgent = Pick<AgentOptions, 'target'> & Partial<AgentOptions>

/** What is not said stays. */
export interface QueueUpdate extends Partial<QueueOptions> {
  readonly name?: string
}

/** Where a waiting call goes: to instructions, to somebody who is called for it, or nowhere. */
export type Dequeue =
  | { readonly is: 'instructions'; readonly url: string; readonly method: 'GET' | 'POST' }
  | { readonly is: 'agent'; readonly to: string }
  | { readonly is: 'hangup' }

export type QueueNews =
  /** First, and whenever something has changed: all that there is, of those who wait the first 100. */
  | { readonly is: 'queue'; readonly queue: QueueNow; readonly waiting: readonly WaitingNow[] }
  | { readonly is: 'deleted' }

export interface QueueFollower {
  tell(news: QueueNews): void
  end(): void
}

/**
 * What the APIs can ask of queues. Every function rejects with a Failure for an expected refusal; another account's
 * queue, waiting call or agent is `not_found`.
 */
export interface QueueDesk {
  /** Failures `already_exists`, `limit_reached`, `invalid_request`, those of a URL's check. */
  create(account: Account, wanted: NewQueue): Promise<QueueNow>
  get(account: AccountId, id: QueueId): Promise<QueueNow>
  /** By when they were made. */
  list(account: AccountId): Promise<readonly QueueNow[]>
  change(account: AccountId, id: QueueId, change: QueueUpdate): Promise<QueueNow>
  /** Whoever waits goes on with his program, which is told `error`. */
  remove(account: AccountId, id: QueueId): Promise<void>
  /** Counts anew from now on. */
  resetFigures(account: AccountId, id: QueueId): Promise<QueueNow>

  /** Those who wait, the next one first. */
  waiting(account: AccountId, id: QueueId): Promise<readonly WaitingNow[]>
  waitingCall(account: AccountId, id: QueueId, callId: CallId | 'first'): Promise<WaitingNow>
  /** Moves a waiting call. */
  prioritise(
    account: AccountId,
    id: QueueId,
    callId: CallId | 'first',
    priority: number,
  ): Promise<WaitingNow>
  /** `first`: the one whose turn it is. Failures of `route` for an agent, of a URL's check. */
  dequeue(
    account: AccountId,
    id: QueueId,
    callId: CallId | 'first',
    to: Dequeue,
  ): Promise<WaitingNow>

  agent(account: AccountId, id: QueueId, agentId: AgentId): Promise<AgentShown>
  /** Failures `already_exists`, `limit_reached`, `invalid_phone_number`. */
  addAgent(account: AccountId, id: QueueId, wanted: NewAgent): Promise<AgentShown>
  changeAgent(
    account: AccountId,
    id: QueueId,
    agentId: AgentId,
    change: Partial<AgentOptions>,
  ): Promise<AgentShown>
  /** A talk goes on; a phone that rings is let go. */
  removeAgent(account: AccountId, id: QueueId, agentId: AgentId): Promise<void>

  /** Returns how to stop. Failures `not_found`, `limit_reached`. */
  follow(account: AccountId, id: QueueId, follower: QueueFollower): Promise<() => void>
}
