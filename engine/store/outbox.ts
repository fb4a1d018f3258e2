import { sql } from 'kysely'
import type { Clock } from '../core/clock.ts'
import type { LoggedEvent } from '../core/events.ts'
import type { AccountId, CallId, ConferenceId } from '../core/ids.ts'
import { isMailUrl } from '../core/ports/mail.ts'
import type { Delivery, Store } from '../core/ports/store.ts'
import { cutBacklog } from './backlog.ts'
import { readable, type StoredDelivery } from './delivery-rows.ts'
import { appendAccountEvents, appendConferenceEvents, appendEvents } from './events.ts'
import type { Db } from './schema.ts'
import { giveUpOpen, makeNextDue, settledOptions } from './streams.ts'

/** Delivered ones that an account keeps, the newest, to be looked at. */
const deliveredKept = 1_000
/** After so many new ones it is looked whether old ones can go, */
const lookEvery = 256
/** so many at a time. */
const goneAtOnce = 1_024

/** The answer of a receiver that wants nothing more, ever (RFC 9110 section 15.5.11). */
const gone = 410

/** The outbox, and what is to be told of the log when something is given up. */
type Outbox = Store['outbox']
type Skip = NonNullable<Parameters<Outbox['due']>[2]>

/**
 * Only the oldest open delivery of a stream has a due time; the next gets one when it is gone. So order is
 * kept by the data themselves, and what is due is one range of an index.
 */
export function outboxStore(
  db: Db,
  clock: Pick<Clock, 'nowMs'>,
  listeners: Set<() => void>,
  onEvents: (accountId: AccountId) => void = () => undefined,
): Outbox {
  const forget = forgetDelivered()
  return {
    async due(nowMs, limit, skip = {}) {
      const rows = await rowsOf(db, await dueIds(db, nowMs, limit, skip))
      const deliveries: Delivery[] = []
      for (const row of rows) {
        const delivery = readable(row)
        if (delivery) deliveries.push(delivery)
        // It would hold up all the others for ever.
        else await this.dead(row.id, 'its record is damaged')
      }
      const areAllDamaged = rows.length > 0 && deliveries.length === 0
      return areAllDamaged ? this.due(nowMs, limit, skip) : deliveries
    },
    async delivered(id, attempt) {
      await db.transaction().execute(async (transaction) => {
        const row = await transaction
          .updateTable('deliveries')
          .set((eb) => ({
            ...{ state: 'delivered', due_at_ms: null, settled_at_ms: clock.nowMs() },
            options: settledOptions,
            attempts: eb('attempts', '+', 1),
            ...answered(attempt),
          }))
          .where('id', '=', id)
          .where('state', '=', 'open')
          .returning(['stream', 'account_id'])
          .executeTakeFirst()
        if (row === undefined) return
        await makeNextDue(transaction, [row.stream], clock.nowMs())
        await forget(transaction, row.account_id)
      })
    },
    async retryAt(id, atMs, error, attempt) {
      await db
        .updateTable('deliveries')
        .set((eb) => ({
          ...{ due_at_ms: atMs, last_error: error, attempts: eb('attempts', '+', 1) },
          ...answered(attempt),
        }))
        .where('id', '=', id)
        .where('state', '=', 'open')
        .execute()
    },
    putOff: (id, atMs) => putOff(db, id, atMs),
    async dead(id, error, attempt) {
      const accountId = await db.transaction().execute(async (transaction) => {
        const nowMs = clock.nowMs()
        const row = await bury(transaction, id, error, nowMs, answered(attempt))
        if (row?.webhook_id && attempt?.status === gone) await turnOff(transaction, row, nowMs)
        return row?.account_id
      })
      if (accountId !== undefined) onEvents(accountId as AccountId)
    },
    async cut(bounds) {
      const cuts = await cutBacklog(db, bounds, clock.nowMs())
      for (const { accountId, givenUp } of cuts) if (givenUp > 0) onEvents(accountId)
      return cuts
    },
    nextDueMs: (afterMs) => nextDueMs(db, afterMs),
    watch(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

async function nextDueMs(db: Db, afterMs: number | undefined): Promise<number | undefined> {
  const row = await db
    .selectFrom('deliveries')
    .select('due_at_ms')
    .where('due_at_ms', 'is not', null)
    .$if(afterMs !== undefined, (query) => query.where('due_at_ms', '>', afterMs!))
    .orderBy('due_at_ms')
    .limit(1)
    .executeTakeFirst()
  return row?.due_at_ms ?? undefined
}

async function putOff(db: Db, id: number, atMs: number): Promise<void> {
  await db
    .updateTable('deliveries')
    .set({ due_at_ms: atMs })
    .where('id', '=', id)
    .where('state', '=', 'open')
    .execute()
}

const answered = (attempt: Parameters<Outbox['delivered']>[1]) =>
  attempt ? { answer_status: attempt.status, took_ms: Math.round(attempt.tookMs) } : {}

/** Looked at beyond what is wanted, before it is looked for host by host. */
const windowRest = 96

/** The oldest that are due; where a backlog of hosts that are skipped stands before them, host by host. */
async function dueIds(db: Db, nowMs: number, limit: number, skip: Skip): Promise<number[]> {
  const ids = new Set(skip.ids)
  const hosts = new Set(skip.hosts)
  const size = limit + ids.size + windowRest
  const first = await db
    .selectFrom('deliveries')
    .select(['id', 'host'])
    .where('due_at_ms', '<=', nowMs)
    .orderBy('due_at_ms')
    .orderBy('id')
    .limit(size)
    .execute()
  const free = first.filter(({ id, host }) => !ids.has(id) && !hosts.has(host))
  if (free.length >= limit || first.length < size) return free.slice(0, limit).map(({ id }) => id)
  return dueByHost(db, nowMs, limit, { ids, hosts })
}

interface SkipSets {
  readonly ids: ReadonlySet<number>
  readonly hosts: ReadonlySet<string>
}

async function dueByHost(
  db: Db,
  nowMs: number,
  limit: number,
  { ids, hosts }: SkipSets,
): Promise<number[]> {
  const found: { id: number; due_at_ms: number | null }[] = []
  for (const host of await hostsDue(db, nowMs)) {
    if (hosts.has(host)) continue
    const rows = await db
      .selectFrom('deliveries')
      .select(['id', 'due_at_ms'])
      .where('host', '=', host)
      .where('due_at_ms', '<=', nowMs)
      .orderBy('due_at_ms')
      .orderBy('id')
      .limit(limit + ids.size)
      .execute()
    found.push(...rows.filter(({ id }) => !ids.has(id)))
    if (found.length >= limit) break
  }
  return found.slice(0, limit).map(({ id }) => id)
}

/** Hosts for which something is due, who has waited longest first: one step in an index for each host. */
async function hostsDue(db: Db, nowMs: number): Promise<string[]> {
  const { rows } = await sql<{ host: string }>`
    with recursive hosts(host) as (
      select min(host) from deliveries where due_at_ms is not null
      union all
      select (select min(d.host) from deliveries d where d.due_at_ms is not null and d.host > hosts.host)
      from hosts where hosts.host is not null
    ), waiting as (
      select hosts.host as host,
        (select min(d.due_at_ms) from deliveries d
         where d.host = hosts.host and d.due_at_ms is not null) as since
      from hosts where hosts.host is not null
    )
    select host from waiting where since <= ${nowMs} order by since, host`.execute(db)
  return rows.map(({ host }) => host)
}

/** As many as one statement may name. */
const namedAtOnce = 500

/** In the order of the ids given. */
async function rowsOf(db: Db, ids: readonly number[]): Promise<StoredDelivery[]> {
  const found = new Map<number, StoredDelivery>()
  for (let from = 0; from < ids.length; from += namedAtOnce) {
    const some = ids.slice(from, from + namedAtOnce)
    const rows = await db.selectFrom('deliveries').selectAll().where('id', 'in', some).execute()
    for (const row of rows) found.set(row.id, row)
  }
  return ids.flatMap((id) => found.get(id) ?? [])
}

/** Given up, and told in the log. */
async function bury(db: Db, id: number, error: string, nowMs: number, answer: object) {
  const row = await db
    .updateTable('deliveries')
    .set((eb) => ({
      ...{ state: 'dead', due_at_ms: null, last_error: error, settled_at_ms: nowMs },
      attempts: eb('attempts', '+', 1),
      options: settledOptions,
      ...answer,
    }))
    .where('id', '=', id)
    .where('state', '=', 'open')
    .returning(['subject', 'subject_id', 'account_id', 'sequence', 'attempts', 'stream'])
    .returning(['webhook_id', 'url', 'event'])
    .executeTakeFirst()
  if (row === undefined) return undefined
  await tellFailed(db, row, error, nowMs)
  await makeNextDue(db, [row.stream], nowMs)
  return row
}

/** A webhook whose receiver wants nothing more is not asked again, until somebody turns it on. */
async function turnOff(db: Db, { webhook_id: id }: Buried, nowMs: number): Promise<void> {
  await db.updateTable('webhooks').set({ enabled: 0 }).where('id', '=', id).execute()
  await giveUpOpen(db, id, 'the webhook answered 410 and was turned off', nowMs)
}

interface Buried {
  readonly subject: string
  readonly subject_id: string
  readonly account_id: string
  readonly sequence: number
  readonly attempts: number
  readonly webhook_id: string | null
  readonly url: string
  readonly event: string | null
}

const isBoxMail = ({ subject, url }: Buried): boolean => subject === 'box' && isMailUrl(url)

/** Which message it told of. */
function boxData({ subject_id: boxId, event }: Buried): object {
  const { data } = JSON.parse(event ?? '{}') as Partial<LoggedEvent>
  return { boxId, voicemailId: data?.voicemailId ?? null }
}

async function tellFailed(db: Db, row: Buried, error: string, atMs: number): Promise<void> {
  const accountId = row.account_id as AccountId
  const webhook = row.webhook_id === null ? {} : { webhookId: row.webhook_id }
  const data = { sequence: row.sequence, attempts: row.attempts, error, ...webhook }
  if (row.subject === 'call') {
    const callId = row.subject_id as CallId
    await appendEvents(db, accountId, [{ atMs, data, type: 'webhook.failed', callId }])
  } else if (row.subject === 'conference') {
    const conferenceId = row.subject_id as ConferenceId
    const draft = { atMs, data, type: 'conference.webhook-failed', conferenceId } as const
    await appendConferenceEvents(db, accountId, [draft])
  } else {
    const type = isBoxMail(row) ? 'voicemail.mail-failed' : 'webhook.failed'
    const box = row.subject === 'box' ? boxData(row) : {}
    await appendAccountEvents(db, accountId, [{ atMs, data: { ...data, ...box }, type }])
  }
}

/** Removes what is beyond those that an account keeps, a little at a time. */
function forgetDelivered(): (db: Db, accountId: string) => Promise<void> {
  const sinceLook = new Map<string, number>()
  return async (db, accountId) => {
    const since = (sinceLook.get(accountId) ?? lookEvery - 1) + 1
    sinceLook.set(accountId, since < lookEvery ? since : 0)
    if (since < lookEvery) return
    const mine = db
      .selectFrom('deliveries')
      .select('id')
      .where('account_id', '=', accountId)
      .where('state', '=', 'delivered')
    const oldest = await mine
      .orderBy('id', 'desc')
      .limit(1)
      .offset(deliveredKept)
      .executeTakeFirst()
    if (oldest === undefined) return
    const old = mine.where('id', '<=', oldest.id).orderBy('id').limit(goneAtOnce)
    await db.deleteFrom('deliveries').where('id', 'in', old).execute()
  }
}
