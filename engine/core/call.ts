import type { Answerer } from './answerer.ts'
import type { Callback } from './callbacks.ts'
import type { AccountId, CallId, DeviceId, RecordingId, TrunkId } from './ids.ts'
import type { CallMoney } from './money/call-money.ts'
import type { CallQuality } from './quality.ts'

export type Direction = 'inbound' | 'outbound'

/** Why a call is over. `hangup` names who ended an answered call. */
export type EndCause =
  | { readonly is: 'hangup'; readonly by: 'remote' | 'api' | 'program' | 'peer' }
  | { readonly is: 'busy' }
  | { readonly is: 'declined' }
  | { readonly is: 'noAnswer' }
  /** Nothing was heard of its phone any more. */
  | { readonly is: 'mediaLost' }
  | { readonly is: 'canceled'; readonly by: 'remote' | 'api' | 'program' | 'peer' }
  | { readonly is: 'rejected'; readonly sipStatus: number }
  | { readonly is: 'failed'; readonly reason: FailedReason; readonly sipStatus?: number }

export type FailedReason =
  | 'trunk_error'
  | 'media_error'
  /** SRTP is required, and could not be offered. */
  | 'srtp_unavailable'
  | 'process_restarted'
  | 'program_failed'
  | 'duration_limit'
  /** What was on hold for it is used up, and the balance has no more. */
  | 'insufficient_credits'
  | 'internal_error'

/** The states of the call table. `queued` is outbound only; an inbound call begins at `ringing`. */
export type CallState =
  | { readonly at: 'queued' }
  | { readonly at: 'ringing' }
  | { readonly at: 'up'; readonly sinceMs: number }
  | { readonly at: 'ended'; readonly cause: EndCause; readonly answeredAtMs?: number }

/** The words of the native API, schema Call. */
export type CallStatus =
  | 'queued'
  | 'ringing'
  | 'in-progress'
  | 'completed'
  | 'failed'
  | 'busy'
  | 'no-answer'
  | 'canceled'

export const callStatuses = [
  'queued',
  'ringing',
  'in-progress',
  'completed',
  'failed',
  'busy',
  'no-answer',
  'canceled',
] as const satisfies readonly CallStatus[]

/** 486/600 busy; 480/408/timer no-answer; CANCEL canceled; other 4xx-6xx failed; BYE completed. */
export function statusOf(state: CallState): CallStatus {
  switch (state.at) {
    case 'queued':
      return 'queued'
    case 'ringing':
      return 'ringing'
    case 'up':
      return 'in-progress'
    case 'ended':
      return endStatus(state.cause, state.answeredAtMs !== undefined)
  }
}

function endStatus(cause: EndCause, wasAnswered: boolean): CallStatus {
  if (wasAnswered) return cause.is === 'failed' && !isSpentUp(cause) ? 'failed' : 'completed'
  switch (cause.is) {
    case 'busy':
      return 'busy'
    case 'noAnswer':
      return 'no-answer'
    case 'canceled':
    case 'hangup':
    case 'mediaLost':
      return 'canceled'
    case 'declined':
    case 'rejected':
    case 'failed':
      return 'failed'
  }
}

/** Its money is gone. Nothing failed: it was a call as long as it was paid for. */
export const isSpentUp = (cause: EndCause): boolean =>
  cause.is === 'failed' && cause.reason === 'insufficient_credits'

/** What a final SIP response to our INVITE means for the call (RFC 3261 section 21). */
export function causeOfSipStatus(sipStatus: number): EndCause {
  switch (sipStatus) {
    case 486:
    case 600:
      return { is: 'busy' }
    case 480:
    case 408:
      return { is: 'noAnswer' }
    case 603:
      return { is: 'declined' }
    case 487:
      return { is: 'canceled', by: 'remote' }
    default:
      return sipStatus >= 500 && sipStatus < 600
        ? { is: 'failed', reason: 'trunk_error', sipStatus }
        : { is: 'rejected', sipStatus }
  }
}

/** One call as stored: the row that every dialect renders. Times are Unix milliseconds. */
export interface CallRecord {
  readonly id: CallId
  readonly accountId: AccountId
  /** The call whose `dial` made this one. */
  readonly parentId: CallId | null
  readonly direction: Direction
  readonly from: string
  readonly to: string
  readonly status: CallStatus
  /** Machine-readable reason of the end, e.g. `busy`, `rejected:404`, `process_restarted`. */
  readonly endReason: string | null
  readonly createdAtMs: number
  /** INVITE sent or received. */
  readonly startedAtMs: number | null
  readonly answeredAtMs: number | null
  readonly endedAtMs: number | null
  readonly url: string | null
  readonly method: 'GET' | 'POST'
  readonly statusCallback: string | null
  /** Told beside that by form. */
  readonly callbacks?: readonly Callback[]
  readonly record: boolean
  /** The newest recording that is whole and can be fetched. */
  readonly recordingId: RecordingId | null
  readonly trunkId: TrunkId | null
  /** The device whose phone it is: of an inbound call who calls, of an outbound one who is called. */
  readonly deviceId: DeviceId | null
  /** The dialog's Call-ID, for finding the call in a SIP trace. */
  readonly sipCallId: string | null
  /** The keys that a `gather` of its program collected last; null when none did. */
  readonly gathered: string | null
  /** Set when the call was made by the trigger-call API. */
  readonly trigger: TriggerDetails | null
  /** What an inbound INVITE told beside who calls whom; null of calls that we make. */
  readonly received: ReceivedDetails | null
  /** How its leg sounded; null until it is over, and when nothing went over it. */
  readonly quality: CallQuality | null
  /** Who has answered, where that was to be found out; null until it is known. */
  readonly answeredBy: Answerer | null
  /** What it costs; null: it is from before there was any money. */
  readonly money: CallMoney | null
  /** It was asked for with a test key, and reaches the lab carrier alone. */
  readonly isTest?: true
}

export interface ReceivedDetails {
  /** `X-` headers and User-to-User, names as they came. */
  readonly sipHeaders: Readonly<Record<string, string>>
  /** Who was called before us, the newest first (RFC 5806, RFC 7044). */
  readonly diversion: readonly Diversion[]
  readonly maxForwards: number
}

export interface Diversion {
  /** E.164 or another name, as in `from` of a call. */
  readonly from: string
  /** E.g. `unconditional`, `user-busy`, `no-answer`; `unknown` when it was not said. */
  readonly reason: string
  /** Diversions that this entry stands for. */
  readonly counter: number
}

/** A call to which nothing has happened yet; `known` says the rest. */
export function freshCall(
  known: Pick<CallRecord, 'id' | 'accountId' | 'direction' | 'from' | 'to' | 'createdAtMs'> &
    Partial<CallRecord>,
): CallRecord {
  return {
    parentId: null,
    status: known.direction === 'outbound' ? 'queued' : 'ringing',
    endReason: null,
    startedAtMs: known.createdAtMs,
    answeredAtMs: null,
    endedAtMs: null,
    url: null,
    method: 'POST',
    statusCallback: null,
    record: false,
    recordingId: null,
    trunkId: null,
    deviceId: null,
    sipCallId: null,
    gathered: null,
    trigger: null,
    received: null,
    quality: null,
    answeredBy: null,
    money: null,
    ...known,
  }
}

/** What the trigger-call API (api-dialects S0) adds to the agent's call. */
export interface TriggerDetails {
  readonly leadPhone: string
  readonly leadName: string
  readonly source: string | null
  readonly metadata: Readonly<Record<string, unknown>> | null
  readonly connectedAtMs: number | null
  readonly failure: TriggerFailure | null
  /** Micro-units of the account's currency, taken at accept. */
  readonly creditsUsedMicro: number
}

export const triggerFailures = [
  'agent_no_answer',
  'agent_declined',
  'no_keypress',
  'lead_busy',
  'lead_no_answer',
  'insufficient_credits',
  'trunk_error',
] as const
export type TriggerFailure = (typeof triggerFailures)[number]

export const isFinal = (status: CallStatus): boolean =>
  status !== 'queued' && status !== 'ringing' && status !== 'in-progress'

/** The end reason as one word for records and logs. */
export function endReasonOf(cause: EndCause): string {
  switch (cause.is) {
    case 'hangup':
    case 'canceled':
      return `${cause.is}:${cause.by}`
    case 'rejected':
      return `rejected:${cause.sipStatus}`
    case 'failed':
      return cause.sipStatus === undefined ? cause.reason : `${cause.reason}:${cause.sipStatus}`
    case 'mediaLost':
      return 'media_lost'
    default:
      return cause.is
  }
}
