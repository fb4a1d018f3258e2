import { type CallRecord, isFinal } from '../../core/call.ts'
import { Failure } from '../../core/failures.ts'
import { type AccountId, type CallId, isUuid, type JournalId } from '../../core/ids.ts'
import {
  entryOfCall,
  type JournalContent,
  type JournalDetails,
  type JournalEntry,
  type JournalStatus,
  journalAfter,
  journalIdOf,
  moved,
  noDetails,
} from '../../core/journal.ts'
import { isE164 } from '../../core/numbers.ts'
import type { JournalFilter, JournalSelection } from '../../core/ports/journal.ts'
import type { RecordingRecord } from '../../core/ports/recordings.ts'
import type { DirectoryPorts } from './ports.ts'

type Ports = Pick<DirectoryPorts, 'store' | 'clock' | 'ids'>

/** Keeps the trail of an entry to a size that can be read with it. */
const maxChanges = 100

/** Who writes. */
export interface JournalWriter {
  /** For the trail of changes. */
  readonly name: string
  /** Set when the writer is one of the business's staff. */
  readonly staffId: string | null
  /** Entries of others are not there; undefined: all of the account. */
  readonly businesses: readonly string[] | undefined
}

/**
 * Records a call. Where `externalId` is the id of a call of ours, its own entry is the one: it takes on who
 * it belongs to, and keeps what the call knows better. A repeat of the same content gives the entry that
 * is there. Failure `already_exists` when one of its ids stands for something else, also for a call of ours
 * with another number or direction.
 */
export async function recordInJournal(
  ports: Ports,
  accountId: AccountId,
  given: JournalContent,
  by: JournalWriter,
): Promise<JournalEntry> {
  const { store } = ports
  const id = callIdIn(given.externalId)
  const call = id && (await store.calls.get(accountId, id))
  const content = call ? { ...given, externalId: call.id } : given
  try {
    return await (call ? claim(ports, call, content, by) : create(ports, accountId, content))
  } catch (error) {
    // What is known already names its field; the store's rules do not.
    const isOfStore = error instanceof Failure && error.field === undefined
    if (!isOfStore || error.code !== 'already_exists') throw error
  }
  // Whoever came first has written it by now, be it the same request a moment ago.
  const there = await store.journal.ofSource(accountId, content)
  const [first] = there
  if (there.length === 1 && first && isRepeat(first, content)) return first
  const field = there.some(({ sourceId }) => sourceId === content.sourceId)
    ? 'sourceId'
    : 'externalId'
  throw new Failure('already_exists', 'It stands for another call already', field)
}

/** UUIDs are the same in either case (RFC 9562 section 4); ours are stored in lower case. */
function callIdIn(externalId: string): CallId | undefined {
  const id = externalId.toLowerCase()
  return isUuid(id) ? (id as CallId) : undefined
}

async function create(
  { store, clock, ids }: Ports,
  accountId: AccountId,
  content: JournalContent,
): Promise<JournalEntry> {
  const nowMs = clock.nowMs()
  const isHandled = content.status === 'missed_handled'
  const entry: JournalEntry = {
    ...content,
    id: ids.uuid() as JournalId,
    accountId,
    callId: null,
    details: noDetails,
    handledBy: isHandled ? content.staffId : null,
    handledAtMs: isHandled ? nowMs : null,
    changes: [],
    recordedAs: content,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  }
  await store.journal.insert(entry)
  return entry
}

async function claim(
  { store, clock }: Ports,
  call: CallRecord,
  content: JournalContent,
  by: JournalWriter,
): Promise<JournalEntry> {
  const claimed = (entry: JournalEntry): JournalEntry => {
    if (isRepeat(entry, content)) return entry
    if (entry.recordedAs !== null) {
      throw new Failure('already_exists', 'The call was recorded with other content', 'externalId')
    }
    if (call.parentId === null) refuseOtherFacts(entry, content)
    return withClaim(entry, call, content, clock.nowMs(), by.name)
  }
  const changed = await store.journal.change(call.accountId, journalIdOf(call.id), claimed)
  if (changed) return changed
  // The leg that a call dialled, or a call from before there was a journal.
  const fresh = claimed(entryOfCall(call))
  await store.journal.insert(fresh)
  return (await ended(store, call)) ?? fresh
}

/**
 * A call of ours with another party is another call. A device or address has no number to compare, and of a
 * leg that a call dialled the business has a view of its own.
 */
function refuseOtherFacts(entry: JournalEntry, content: JournalContent): void {
  const isOther = (field: 'from' | 'to' | 'direction') =>
    entry[field] !== content[field] && (field === 'direction' || isE164(entry[field]))
  const field = (['from', 'to', 'direction'] as const).find(isOther)
  if (field === undefined) return
  throw new Failure('already_exists', `The call has another ${nameOf[field]}`, field)
}

const nameOf = { from: 'caller', to: 'callee', direction: 'direction' } as const

/** The end of a call that came before the entry was there, and so is not in it. */
async function ended(
  store: Ports['store'],
  { id, accountId, status }: CallRecord,
): Promise<JournalEntry | undefined> {
  const now = isFinal(status) ? undefined : await store.calls.get(accountId, id)
  if (now === undefined || !isFinal(now.status)) return undefined
  const atMs = now.endedAtMs ?? now.createdAtMs
  const end = { type: `call.${now.status}`, callId: id, atMs, data: {} } as const
  return store.journal.change(accountId, journalIdOf(id), (entry) => {
    return journalAfter(entry, now, [end]) ?? entry
  })
}

/** While the call is on its status is its own to tell, and so is that it rings no more. */
function withClaim(
  entry: JournalEntry,
  call: CallRecord,
  content: JournalContent,
  nowMs: number,
  by: string,
): JournalEntry {
  const { businessId, staffId, clientId, rate, provider, sourceId, status } = content
  const claimed: JournalEntry = {
    ...entry,
    ...{ businessId, staffId, clientId, rate, provider, sourceId },
    recordedAs: content,
    updatedAtMs: Math.max(nowMs, entry.updatedAtMs),
  }
  const isOwnToTell = !isFinal(call.status) || status === 'ringing' || status === entry.status
  return isOwnToTell ? claimed : moved(claimed, { status, atMs: nowMs, by })
}

const isRepeat = ({ recordedAs }: JournalEntry, content: JournalContent): boolean =>
  recordedAs !== null &&
  (Object.keys(content) as (keyof JournalContent)[]).every(
    (key) => recordedAs[key] === content[key],
  )

/** Failure `not_found`. */
export async function getJournalEntry(
  { store }: Ports,
  accountId: AccountId,
  id: string,
  businesses: readonly string[] | undefined,
): Promise<JournalEntry> {
  const found = isUuid(id) ? await store.journal.get(accountId, id as JournalId) : undefined
  return visible(found, businesses)
}

function visible(
  entry: JournalEntry | undefined,
  businesses: readonly string[] | undefined,
): JournalEntry {
  if (entry && (businesses === undefined || businesses.includes(entry.businessId))) return entry
  throw new Failure('not_found', 'There is no such voice call')
}

export async function listJournal(
  { store }: Ports,
  accountId: AccountId,
  filter: JournalFilter,
): Promise<{ entries: JournalEntry[]; total: number }> {
  return store.journal.list(accountId, filter)
}

export async function countJournal(
  { store }: Ports,
  accountId: AccountId,
  selection: JournalSelection,
): Promise<ReadonlyMap<JournalStatus, number>> {
  return store.journal.counts(accountId, selection)
}

type Changeable =
  | 'staffId'
  | 'clientId'
  | 'from'
  | 'to'
  | 'direction'
  | 'status'
  | 'rate'
  | 'provider'
  | 'sourceId'
  | 'externalId'

/** What is to become different; what is absent stays. */
export type JournalUpdate = Partial<Pick<JournalEntry, Changeable>> & {
  readonly handledBy?: string
  readonly details?: Partial<JournalDetails>
}

/**
 * Changes an entry; every change of status goes on its trail. A missed call that becomes handled is
 * handled by whom the update names, or by the writer. Failures: `not_found`, `already_exists` (its ids),
 * `call_live` (the status of a call that is on), `missing_parameter` (nobody is named as handler),
 * `invalid_request` (a handler of a call that is not handled, too many changes).
 */
export async function updateJournalEntry(
  ports: Ports,
  accountId: AccountId,
  id: string,
  update: JournalUpdate,
  by: JournalWriter,
): Promise<JournalEntry> {
  const { store, clock } = ports
  const entry = await getJournalEntry(ports, accountId, id, by.businesses)
  if (Object.keys(update).length === 0) return entry
  await refuseOtherCall(ports, entry, update.externalId)
  const call = entry.callId === null ? undefined : await store.calls.get(accountId, entry.callId)
  const isLive = call !== undefined && !isFinal(call.status)
  const changed = await store.journal.change(accountId, entry.id, (now) => {
    const { status = now.status } = update
    if (isLive && status !== now.status) {
      throw new Failure(
        'call_live',
        'The call is on: until it is over its status is its own',
        'status',
      )
    }
    return withUpdate(visible(now, by.businesses), update, clock.nowMs(), by)
  })
  return visible(changed, by.businesses)
}

/** An entry does not become one about a call of ours that has its entry already. */
async function refuseOtherCall(
  { store }: Ports,
  entry: JournalEntry,
  externalId: string | undefined,
): Promise<void> {
  const callId = callIdIn(externalId ?? '')
  if (callId === undefined) return
  const id = journalIdOf(callId)
  if (id === entry.id || !(await store.journal.get(entry.accountId, id))) return
  throw new Failure('already_exists', 'It stands for another call already', 'externalId')
}

function withUpdate(
  entry: JournalEntry,
  update: JournalUpdate,
  nowMs: number,
  by: JournalWriter,
): JournalEntry {
  const { status = entry.status, handledBy, details, ...fields } = update
  const changed: JournalEntry = {
    ...entry,
    ...fields,
    details: { ...entry.details, ...details },
    updatedAtMs: Math.max(nowMs, entry.updatedAtMs),
  }
  if (status === entry.status) {
    if (handledBy === undefined) return changed
    if (status === 'missed_handled') return { ...changed, handledBy }
    throw new Failure(
      'invalid_request',
      'The call is not one that was missed and handled',
      'handledBy',
    )
  }
  if (entry.changes.length >= maxChanges) {
    throw new Failure('invalid_request', `The status was changed ${maxChanges} times`, 'status')
  }
  const move = { status, atMs: nowMs, by: by.name }
  if (status !== 'missed_handled') return moved(changed, move)
  const handler = handledBy ?? update.staffId ?? by.staffId ?? changed.staffId
  if (handler !== null && handler !== undefined)
    return moved(changed, { ...move, handledBy: handler })
  throw new Failure('missing_parameter', 'Say who handled the call', 'handledBy')
}

/** An entry with what is known of the call of ours that it is about. */
export interface JournalView {
  readonly entry: JournalEntry
  readonly call: CallRecord | undefined
  readonly recording: RecordingRecord | undefined
}

export function viewJournal(
  { store }: Ports,
  entries: readonly JournalEntry[],
): Promise<JournalView[]> {
  return Promise.all(
    entries.map(async (entry) => {
      const { accountId, callId } = entry
      const call = callId === null ? undefined : await store.calls.get(accountId, callId)
      const id = call?.recordingId ?? null
      const recording = id === null ? undefined : await store.recordings.get(accountId, id)
      return { entry, call, recording }
    }),
  )
}
