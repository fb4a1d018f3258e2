import { type CallRecord, type Direction, isFinal } from './call.ts'
import type { EventDraft } from './events.ts'
import type { AccountId, CallId, JournalId } from './ids.ts'
import { decimalText } from './money/decimal.ts'
import { ratePerMinuteMicro } from './rates.ts'

/**
 * The call journal: what a business knows of its calls, whoever carried them. Every call of our own writes
 * its entry by itself; applications record the others, and say of ours what only they know.
 */
export const journalStatuses = [
  'ringing',
  /** Somebody spoke with the other side. */
  'answered',
  /** Only the call's program did. */
  'answered_by_program',
  'missed',
  /** Missed, and somebody has seen to it since. */
  'missed_handled',
  'voicemail',
] as const
export type JournalStatus = (typeof journalStatuses)[number]

/** What an application says of a call when it records it. */
export interface JournalContent {
  /** Whose call it was: an id of the application's world, like those of staff and client. */
  readonly businessId: string
  readonly staffId: string
  readonly clientId: string
  readonly from: string
  readonly to: string
  readonly direction: Direction
  readonly status: JournalStatus
  /** Decimal text, such as 0.05. */
  readonly rate: string
  /** Who carried the call. */
  readonly provider: string
  /** Each of the two is unique within the business. */
  readonly sourceId: string
  readonly externalId: string
}

/** What may be added later. */
export interface JournalDetails {
  readonly summary: string | null
  readonly appUrl: string | null
  readonly appName: string | null
  /** As somebody else measured it. */
  readonly durationS: number | null
  /** Decimal text. */
  readonly price: string | null
  readonly recordingId: string | null
}

/** One change of status. */
export interface JournalChange {
  readonly atMs: number
  readonly from: JournalStatus
  readonly to: JournalStatus
  /** Who did it; null: the call itself. */
  readonly by: string | null
}

export interface JournalEntry extends Omit<JournalContent, 'staffId' | 'clientId' | 'provider'> {
  readonly id: JournalId
  readonly accountId: AccountId
  /** The call of ours that it is about: `id` is that call's then. */
  readonly callId: CallId | null
  readonly staffId: string | null
  readonly clientId: string | null
  /** Null: this system. */
  readonly provider: string | null
  readonly details: JournalDetails
  /** Set while the status is `missed_handled`. */
  readonly handledBy: string | null
  readonly handledAtMs: number | null
  /** Every change of status since the first one, oldest first. */
  readonly changes: readonly JournalChange[]
  /** What an application recorded it with, for telling a repeat from something else; null: nobody did. */
  readonly recordedAs: JournalContent | null
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

export const noDetails: JournalDetails = {
  summary: null,
  appUrl: null,
  appName: null,
  durationS: null,
  price: null,
  recordingId: null,
}

/** What is told of a call in the middle of it, or after its end. */
const besideStatus: ReadonlySet<string> = new Set(['call.quality', 'call.answered-by'])

/** True for the events by which a call's entry can change; no other needs to be looked at. */
export const movesJournal = ({ type }: EventDraft): boolean =>
  type === 'bridge.started' || (type.startsWith('call.') && !besideStatus.has(type))

/**
 * The entry of a call after these events, which are committed with `call`; undefined when it stays as it
 * is. The legs that a call dialled have none of their own, unless an application recorded one. What
 * somebody has said of a call since it was over is never taken back.
 */
export function journalAfter(
  entry: JournalEntry | undefined,
  call: CallRecord,
  events: readonly EventDraft[],
): JournalEntry | undefined {
  const telling = events.filter(movesJournal)
  if (telling.length === 0 || (entry === undefined && call.parentId !== null)) return undefined
  const atMs = Math.max(...telling.map((event) => event.atMs))
  const isBridged = telling.some(({ type }) => type === 'bridge.started')
  const status = statusAfter(entry?.status, call, isBridged)
  if (entry === undefined) {
    return { ...entryOfCall(call), status, updatedAtMs: Math.max(atMs, call.createdAtMs) }
  }
  if (status !== entry.status) return moved(entry, { status, atMs, by: null })
  // Its end tells how long it took.
  const { endedAtMs } = call
  if (endedAtMs === null || endedAtMs <= entry.updatedAtMs) return undefined
  return { ...entry, updatedAtMs: endedAtMs }
}

function statusAfter(
  before: JournalStatus | undefined,
  { status, answeredAtMs, parentId }: Pick<CallRecord, 'status' | 'answeredAtMs' | 'parentId'>,
  isBridged: boolean,
): JournalStatus {
  if (isFinal(status) && before !== undefined && before !== 'ringing') return before
  if (isBridged) return 'answered'
  if (status === 'queued' || status === 'ringing') return 'ringing'
  if (isFinal(status) && answeredAtMs === null) return 'missed'
  // The leg that a call dialled has no program: whoever answers it speaks with that call.
  return before === 'answered' || parentId !== null ? 'answered' : 'answered_by_program'
}

/** The entry of a call in which a message was left in a voicemail box, unless somebody has said something of it. */
export const withVoicemail = (entry: JournalEntry, atMs: number): JournalEntry =>
  entry.status === 'voicemail' || entry.changes.some(({ by }) => by !== null)
    ? entry
    : moved(entry, { status: 'voicemail', atMs, by: null })

/** The entry about a call of ours has the id of that call. */
export const journalIdOf = (callId: CallId): JournalId => callId as string as JournalId

/** The entry that a call writes by itself, from what is known of it now. */
export function entryOfCall(call: CallRecord): JournalEntry {
  // Who is connected to the agent is whom the business calls.
  const to = call.trigger?.leadPhone ?? call.to
  return {
    id: journalIdOf(call.id),
    accountId: call.accountId,
    callId: call.id,
    businessId: call.accountId,
    staffId: null,
    clientId: null,
    from: call.from,
    to,
    direction: call.direction,
    status: statusAfter(undefined, call, false),
    rate: decimalText(minuteMicro(call)),
    provider: null,
    sourceId: call.id,
    externalId: call.id,
    details: noDetails,
    handledBy: null,
    handledAtMs: null,
    changes: [],
    recordedAs: null,
    createdAtMs: call.createdAtMs,
    updatedAtMs: call.createdAtMs,
  }
}

interface Move {
  readonly status: JournalStatus
  readonly atMs: number
  readonly by: string | null
  /** Goes with `missed_handled`. */
  readonly handledBy?: string
}

/** The entry with another status, and the change in its trail. */
export function moved(entry: JournalEntry, { status, atMs, by, handledBy }: Move): JournalEntry {
  const isHandled = status === 'missed_handled'
  return {
    ...entry,
    status,
    handledBy: isHandled ? (handledBy ?? entry.staffId) : null,
    handledAtMs: isHandled ? atMs : null,
    changes: [...entry.changes, { atMs, from: entry.status, to: status, by }],
    updatedAtMs: Math.max(atMs, entry.updatedAtMs),
  }
}

/** What a minute of the call costs. */
function minuteMicro({ money, direction, to }: CallRecord): number {
  if (money) return money.rate?.microPerMinute ?? 0
  return direction === 'inbound' ? 0 : ratePerMinuteMicro(to)
}
