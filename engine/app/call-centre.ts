import type { MachineDetection } from '../core/answerer.ts'
import type { CallRecord } from '../core/call.ts'
import type { CallEvent } from '../core/events.ts'
import type { AccountId, CallId } from '../core/ids.ts'
import type { Account, CallFilter } from '../core/ports/store.ts'
import type { InstructionFormat } from '../core/ports/web.ts'
import type { CallQuality } from '../core/quality.ts'
import type { Verb } from '../core/verbs.ts'
import type { LiveState } from './actions/live-state.ts'
import type { RouteExplanation } from './explain-route.ts'
import type { NewMessage } from './messages.ts'
import type { TransferCall } from './transfer-call.ts'

/** A request to call somebody, already checked for types by the dialect. */
export interface PlaceCall {
  /** Of the call, where it has to be known before: a call that has it already is answered, and nobody called. */
  readonly id?: CallId
  /** E.164, `sip:` URI or device name. */
  readonly to: string
  /** One of the account's numbers or device names. */
  readonly from: string
  /** Without it and `verbs`: the account's default application, or silence. */
  readonly url?: string
  readonly method?: 'GET' | 'POST'
  /** How `url` is asked. */
  readonly format?: InstructionFormat
  /** Asked when `url` can't be. */
  readonly fallbackUrl?: string
  readonly statusCallback?: string
  /** 5 to 600 s. */
  readonly ringTimeoutMs?: number
  readonly record?: boolean
  /** Whether a person or a machine answers is to be found out; without it nobody listens for that. */
  readonly machineDetection?: MachineDetection
  /** `X-` headers and User-to-User of the INVITE. */
  readonly headers?: Readonly<Record<string, string>>
  /** Instead of `url`. */
  readonly verbs?: readonly Verb[]
  /**
   * Everything that `verbs` need is looked at before anybody is called: not their sounds alone, which are fetched in
   * any case, but texts are checked, the ways to those who are to be dialled are there. What is not becomes a refusal.
   */
  readonly checkFirst?: boolean
}

export interface UpdateCall {
  /** `canceled` only before the answer, `completed` only after; otherwise a 409 Failure. */
  readonly status?: 'completed' | 'canceled'
  readonly url?: string
  readonly method?: 'GET' | 'POST'
  /** How `url` is asked from now on. */
  readonly format?: InstructionFormat
  readonly fallbackUrl?: string
}

export interface TriggerCall {
  /** As in PlaceCall. */
  readonly id?: CallId
  readonly agentPhone: string
  readonly leadPhone: string
  readonly leadName: string
  readonly source?: string
  readonly metadata?: Readonly<Record<string, unknown>>
  /** An answering machine in the agent's place is hung up, as soon as it is known to be one. */
  readonly hangsUpMachine?: boolean
}

/**
 * What the APIs can ask of calls. Every function rejects with a Failure for an expected refusal;
 * anything else that it throws is a bug. Another account's call is `not_found`.
 */
export interface CallCentre {
  placeCall(account: Account, request: PlaceCall): Promise<CallRecord>
  /** Agent first, whisper, press 1, lead, bridge, record. Returns the agent's call. */
  triggerCall(account: Account, request: TriggerCall): Promise<CallRecord>
  /** From the request to the ringing of the agent's phone; undefined before there are enough calls. */
  connectTimes(): { readonly p50Ms: number; readonly p90Ms: number } | undefined
  getCall(account: AccountId, id: CallId): Promise<CallRecord>
  /** The call as soon as it is answered, or over; at once when it is that already. */
  untilAnswered(account: AccountId, id: CallId): Promise<CallRecord>
  listCalls(account: AccountId, filter: CallFilter): Promise<{ calls: CallRecord[]; total: number }>
  childrenOf(account: AccountId, id: CallId): Promise<CallRecord[]>
  /** Where a call would go now, and why. Failures `invalid_phone_number`, `from_not_owned`. */
  explainRoute(account: Account, call: { to: string; from?: string }): Promise<RouteExplanation>
  updateCall(account: AccountId, id: CallId, update: UpdateCall): Promise<CallRecord>
  /** Holds the call's phone, or ends that. As in hold.ts. */
  holdCall(account: AccountId, id: CallId, held: boolean, musicUrl?: string): Promise<CallRecord>
  /** Begins to connect the call's phone to somebody else. As in transfer-call.ts. */
  transferCall(account: AccountId, id: CallId, transfer: TransferCall): Promise<CallRecord>
  /** As `permitTakeover` in takeover.ts. */
  permitTakeover(
    account: AccountId,
    username: string,
    id: CallId,
  ): { readonly token: string; readonly expiresAtMs: number }
  /** Ends the call in whatever state; already ended is fine. */
  endCall(account: AccountId, id: CallId): Promise<void>
  /** Failures of `sendMessage`. */
  sendMessage(account: Account, message: NewMessage): Promise<void>
  /** How its leg sounds now, or sounded; null when nothing has gone over it. */
  qualityOf(account: AccountId, id: CallId): Promise<CallQuality | null>
  eventsOf(account: AccountId, id: CallId): Promise<CallEvent[]>
  /** Of a call that was found to be the account's; undefined when it is over. */
  liveStateOf(id: CallId): LiveState | undefined
  /** Calls that are not ended, for /readyz, /metrics and draining. */
  liveCalls(): number
}
