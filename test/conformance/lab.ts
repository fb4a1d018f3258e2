import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { FastifyInstance, InjectOptions } from 'fastify'
import type { ApiOptions } from '../../engine/api/options.ts'
import { buildApi } from '../../engine/api/server.ts'
import { actionDesk } from '../../engine/app/actions/desk.ts'
import { Announcements } from '../../engine/app/announcements.ts'
import { conferenceDesk } from '../../engine/app/conferences/conference-desk.ts'
import { EventFeeds } from '../../engine/app/events/event-feeds.ts'
import { moneyDesk } from '../../engine/app/money/desk.ts'
import { queueDesk } from '../../engine/app/queues/queue-desk.ts'
import { streamDesk } from '../../engine/app/streams/desk.ts'
import { dialectsOf } from '../../engine/compose/dialects.ts'
import { readConfig } from '../../engine/config/index.ts'
import { keyHash } from '../../engine/core/digest.ts'
import { Failure } from '../../engine/core/failures.ts'
import type { AccountId, NumberId } from '../../engine/core/ids.ts'
import type { Microphone } from '../../engine/core/ports/microphone.ts'
import type { Account } from '../../engine/core/ports/store.ts'
import { type CallLab, openCallLab, ownNumber } from '../support/call-lab.ts'
import type { Json } from '../support/engine-process.ts'
import { apiLab, type MemoryLog } from '../unit/api/api-lab.ts'
import type { Owner } from './table.ts'

/** The dialects as the engine has them when nothing is set. */
export const dialects = dialectsOf(readConfig({}, '.'))

const noMicrophone: Microphone = {
  open: () => Promise.reject(new Failure('microphone_unavailable', 'there is none here')),
}

export const publishableKey = 'pk_live_0123456789abcdef'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: Json
}

/** All dialects in one process over the real use cases and a real database; no sockets, no audio. */
export interface Lab {
  readonly app: FastifyInstance
  readonly calls: CallLab
  readonly ours: Owner
  readonly theirs: Owner
  readonly log: MemoryLog
  readonly time: { nowMs: number }
  ask(request: InjectOptions): Promise<Answer>
  /** How many rows each table has. */
  rows(): Readonly<Record<string, number>>
  close(): Promise<void>
}

export async function openLab(changes: Partial<ApiOptions> = {}): Promise<Lab> {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'))
  const path = join(folder, 'lab.db')
  const calls = await openCallLab({ databasePath: path })
  const frame = await apiLab()
  const { services } = frame.options
  const app = buildApi({
    ...frame.options,
    ...{ dialects, plainHttp: 'allow' },
    ...changes,
    services: {
      ...services,
      callCentre: calls.centre,
      actions: actionDesk(calls.ports, calls.calls),
      queues: queueDesk({ ports: calls.ports, calls: calls.calls }),
      streams: streamDesk(calls.ports, calls.calls),
      money: moneyDesk(calls.ports),
      eventFeeds: new EventFeeds({ store: calls.store, log: frame.log }),
      conferences: conferenceDesk({ ports: calls.ports, calls: calls.calls }),
      announcements: new Announcements(calls.ports, calls.calls, noMicrophone),
      directory: { ...services.directory, store: calls.store },
    },
  })
  await app.ready()
  const insertKey = ({ id }: Account, key: string) =>
    calls.store.accounts.insertKey({
      ...{ hash: keyHash(key), accountId: id, hint: key.slice(-4), createdAtMs: 0 },
    })
  const owner = async (account: Account, key: string, number: string): Promise<Owner> => {
    await insertKey(account, key)
    const claims = { kind: 'staff', subject: 'somebody', businesses: ['business-1'] }
    const token = await services.tokens.issue({ accountId: account.id, ...claims }, 1e6)
    return { number, key, token }
  }
  const ours = await owner(calls.account, 'sk_live_of_our_own_account', ownNumber)
  // Somebody put it into the database; it is let in nowhere all the same.
  await insertKey(calls.account, publishableKey)
  const other = await anotherAccount(calls)
  const theirs = await owner(other, 'sk_live_of_the_other_account', other.defaultNumber ?? '')
  const database = new DatabaseSync(path, { readOnly: true })
  return {
    ...{ app, calls, ours, theirs, log: frame.log, time: frame.time },
    async ask(request) {
      const answer = await app.inject(request)
      const isJson = String(answer.headers['content-type']).startsWith('application/json')
      const body: Json = isJson && answer.body !== '' ? answer.json() : answer.body
      return { status: answer.statusCode, headers: answer.headers, body }
    },
    rows: () => rowsOf(database),
    async close() {
      database.close()
      await app.close()
      await frame.close()
      await calls.store.close()
      rmSync(folder, { recursive: true })
    },
  }
}

async function anotherAccount({ store, account: ours }: CallLab): Promise<Account> {
  const id = '00000000-0000-4000-8000-000000000002' as AccountId
  const account = { ...ours, id, name: 'another', defaultNumber: '+15005550200' }
  await store.accounts.insert(account)
  await store.numbers.insert({
    ...{ id: id as string as NumberId, accountId: id, number: account.defaultNumber },
    ...{ route: { kind: 'verbs', verbs: [] }, createdAtMs: 0 },
  })
  return account
}

function rowsOf(database: DatabaseSync): Record<string, number> {
  const tables = database.prepare("select name from sqlite_master where type = 'table'").all()
  return Object.fromEntries(
    tables.map(({ name }) => {
      const counted = database.prepare(`select count(*) as rows from "${String(name)}"`).get()
      return [String(name), Number(counted?.['rows'])]
    }),
  )
}
