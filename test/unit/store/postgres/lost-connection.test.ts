// What happens to the store when the server goes away; in the vitest project "postgres" alone.

import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Store } from '../../../../engine/core/ports/store.ts'
import { openStore } from '../../../../engine/store/index.ts'
import { askDatabase, newDatabase } from '../../../support/databases.ts'
import { type PostgresServer, startPostgres } from '../../../support/postgres.ts'
import { account, accountId, call, callId, event, testClock } from '../fixtures.ts'

const cutAll = `
  select pg_terminate_backend(pid) from pg_stat_activity
  where datname = current_database() and application_name = 'ringdown'`

/** Calls number `first` to `first + count - 1`, one after the other, each with one event. */
async function commitCalls(store: Store, first: number, count: number): Promise<void> {
  for (let number = first; number < first + count; number++) {
    const row = call(number)
    await store.calls.commit(row, [event(row, 'call.queued'), event(row, 'call.ringing')])
  }
}

/** Every call is there once, and the log has neither gap nor twin. */
async function expectWhole(store: Store, calls: number): Promise<void> {
  expect((await store.calls.list(accountId, { page: 1, pageSize: 1 })).total).toBe(calls)
  const log = await store.events.after(accountId, 0, 100_000)
  expect(log.map(({ sequence }) => sequence)).toEqual(log.map((_, index) => index + 1))
  expect(log).toHaveLength(calls * 2)
}

describe('connections that are cut', () => {
  let url: string
  let store: Store
  beforeEach(async () => {
    url = await newDatabase()
    store = await openStore({ path: url, clock: testClock() })
    await store.accounts.insert(account)
  })
  afterEach(() => store.close())

  test('a store at rest goes on', async () => {
    await commitCalls(store, 0, 1)
    await askDatabase(url, cutAll)
    expect(await store.calls.get(accountId, callId(0))).toBeDefined()
    await commitCalls(store, 1, 1)
    await expectWhole(store, 2)
    expect(store.trouble()).toBeUndefined()
  })

  test('while calls are written and read, again and again: nothing is lost, nothing is twice', async () => {
    const cuts: Promise<unknown>[] = []
    for (let number = 0; number < 60; number++) {
      const row = call(number)
      // Each finds it at another point of a transaction.
      if (number % 4 === 0) cuts.push(askDatabase(url, cutAll))
      await Promise.all([
        store.calls.commit(row, [event(row, 'call.queued'), event(row, 'call.ringing')]),
        store.calls.list(accountId, { page: 1, pageSize: 5 }),
      ])
    }
    await Promise.all(cuts)
    await expectWhole(store, 60)
  })

  test('what is to be sent by HTTP is there once, however often its transaction was begun', async () => {
    const to = { statusCallback: 'https://app.example/' }
    const cuts: Promise<unknown>[] = []
    for (let number = 0; number < 40; number++) {
      const row = call(number, to)
      if (number % 2 === 0) cuts.push(askDatabase(url, cutAll))
      await store.calls.commit(row, [event(row, 'call.queued'), event(row, 'call.ringing')])
    }
    await Promise.all(cuts)
    const kept = await store.deliveries.list(accountId, { limit: 100 })
    expect(kept.map(({ sequence }) => sequence)).toEqual(kept.map((_, index) => 80 - index))
    expect(kept).toHaveLength(80)
    expect(await store.outbox.due(10_000, 100)).toHaveLength(40)
  })

  test('whoever has taken the database meanwhile keeps it', async () => {
    const path = await newDatabase()
    const reasons: string[] = []
    const onTaken = (reason: string) => reasons.push(reason)
    const first = await openStore({ path, clock: testClock(), onTaken })
    await first.accounts.insert(account)
    // The next in the line for the lock gets it before the first one can come back.
    const next = new Client(path)
    await next.connect()
    const [held] = await askDatabase(
      path,
      'select objid, classid from pg_locks where locktype = $$advisory$$',
    )
    const key = (BigInt(String(held?.['classid'])) << 32n) | BigInt(String(held?.['objid']))
    const has = next.query(`select pg_advisory_lock(${key})`)
    const waiting = 'select pid from pg_locks where locktype = $$advisory$$ and not granted'
    await expect.poll(() => askDatabase(path, waiting)).toHaveLength(1)
    await askDatabase(path, cutAll)
    await has
    await expect(commitCalls(first, 0, 1)).rejects.toThrow('another engine uses it')
    expect(reasons).toEqual(['another engine uses it'])
    expect(first.trouble()).toBe('another engine uses it')
    await first.close()
    await next.end()
  })
})

describe('a server that goes away', () => {
  let server: PostgresServer
  let store: Store
  beforeAll(async () => {
    server = await startPostgres({ settings: { fsync: 'on' } })
    store = await openStore({ path: server.url('postgres'), clock: testClock() })
    await store.accounts.insert(account)
  })
  afterAll(async () => {
    await store.close()
    await server.remove()
  })

  test.each(['INT', 'QUIT'] as const)(
    'SIG%s and a new start: what was asked meanwhile is done',
    async (signal) => {
      const before = (await store.calls.list(accountId, { page: 1, pageSize: 1 })).total
      await commitCalls(store, before, 20)
      await server.halt(signal)
      const [row, other] = [call(before + 20), call(before + 21)]
      const meanwhile = [
        store.calls.commit(row, [event(row, 'call.queued'), event(row, 'call.ringing')]),
        store.calls.commit(other, [event(other, 'call.queued'), event(other, 'call.ringing')]),
        store.calls.get(accountId, other.id).then((found) => expect(found).toEqual(other)),
      ]
      await expect.poll(() => store.trouble()).toContain('the database cannot be reached')
      await server.start()
      await Promise.all(meanwhile)
      await expectWhole(store, before + 22)
      expect(store.trouble()).toBeUndefined()
    },
  )
})
