/** The outbox host by host, what is sent again, and secrets, on whichever database. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { WebhookId } from '../../../engine/core/ids.ts'
import type { Store } from '../../../engine/core/ports/store.ts'
import type { Webhook } from '../../../engine/core/webhooks.ts'
import { askDatabase, newPlace } from '../../support/databases.ts'
import {
  accountId,
  call,
  event,
  memoryStore,
  otherAccountId,
  subscription,
  testClock,
  uuid,
  withNumber,
} from './fixtures.ts'

let store: Store
let clock: ReturnType<typeof testClock>
beforeEach(async () => {
  clock = testClock(5_000)
  store = await memoryStore(clock)
})
afterEach(() => store.close())

const webhook = (name: string, changes: Partial<Webhook> = {}): Webhook => ({
  ...{ id: uuid(name) as WebhookId, accountId, renderer: 'native', options: { format: 'json' } },
  ...{ url: 'https://app.example/all', events: ['*'], triggeredOnly: false, description: null },
  ...{ enabled: true, createdAtMs: 1_000, ...changes },
})

async function rings(name: string, statusCallback: string | null = null): Promise<void> {
  const row = call(name, { statusCallback })
  await store.calls.commit(row, [event(row, 'call.ringing')])
}
const dueHosts = async (limit: number, hosts: string[] = [], ids: number[] = []) =>
  (await store.outbox.due(clock.now, limit, { hosts, ids })).map(({ host }) => host)

test('behind the backlog of one host that is skipped the others are found, who has waited longest first', async () => {
  for (let n = 0; n < 300; n++) await rings(`dead ${n}`, 'https://dead.example/')
  clock.now = 6_000
  await rings('late', 'https://late.example/')
  clock.now = 5_500
  await rings('early 1', 'https://early.example/')
  await rings('early 2', 'https://early.example/')
  clock.now = 7_000
  expect(await dueHosts(3)).toEqual(Array(3).fill('dead.example'))
  const behind = ['early.example', 'early.example', 'late.example']
  expect(await dueHosts(8, ['dead.example'])).toEqual(behind)
  expect(await dueHosts(2, ['dead.example'])).toEqual(behind.slice(0, 2))
  const [first] = await store.outbox.due(clock.now, 1, { hosts: ['dead.example'] })
  expect(await dueHosts(8, ['dead.example'], [first?.id ?? 0])).toEqual(behind.slice(1))
  await store.outbox.retryAt(first?.id ?? 0, 9_000, 'HTTP 500')
  expect(await dueHosts(8, ['dead.example'])).toEqual(behind.slice(1))
  expect(await dueHosts(8, ['dead.example', 'early.example', 'late.example'])).toEqual([])
})

test('what is sent again goes before the younger ones of its stream, and for 72 hours', async () => {
  const row = call('a', { statusCallback: 'https://app.example/' })
  await store.calls.commit(row, [event(row, 'call.queued'), event(row, 'call.ringing')])
  const [first] = await store.outbox.due(5_000, 9)
  await store.outbox.dead(first?.id ?? 0, 'HTTP 410', { status: 410, tookMs: 1.4 })
  const [second] = await store.outbox.due(5_000, 9)
  await store.outbox.retryAt(second?.id ?? 0, 90_000, 'HTTP 500')
  clock.now = 50_000
  const again = await store.deliveries.redeliver(accountId, first?.id ?? 0)
  expect(again).toMatchObject({
    state: 'open',
    attempts: 0,
    nextTryAtMs: 50_000,
    tookMs: null,
    lastError: null,
  })
  expect(await store.outbox.due(50_000, 9)).toMatchObject([{ id: first?.id, sinceMs: 50_000 }])
  await expect(store.deliveries.redeliver(otherAccountId, first?.id ?? 0)).rejects.toThrow(
    'no such',
  )
})

test('a subscription that has ended is not served again; one that goes on is, with its options', async () => {
  await withNumber(store, '+15005550100')
  await store.subscriptions.set(subscription({ options: { password: 'x' } }))
  const row = call('a')
  await store.calls.commit(row, [event(row, 'call.queued')])
  const [one] = await store.outbox.due(5_000, 9)
  const id = one?.id ?? 0
  await store.outbox.dead(id, 'HTTP 410')
  await store.deliveries.redeliver(accountId, id)
  expect((await store.outbox.due(5_000, 9))[0]?.options).toEqual({ password: 'x' })
  await store.outbox.dead(id, 'HTTP 410')
  await store.subscriptions.remove(subscription())
  await expect(store.deliveries.redeliver(accountId, id)).rejects.toMatchObject({
    code: 'webhook_gone',
  })
  expect(await store.deliveries.redeliverDead(accountId, {})).toBe(0)
})

test('a webhook that is deleted takes its deliveries along; that of another account stays', async () => {
  await store.webhooks.insert(webhook('mine'), 'secret')
  await store.webhooks.insert(webhook('theirs', { accountId: otherAccountId }), 'secret')
  await rings('a')
  expect(await dueHosts(9)).toEqual(['app.example'])
  await store.webhooks.remove(accountId, webhook('theirs').id)
  await store.webhooks.remove(accountId, webhook('mine').id)
  expect(await dueHosts(9)).toEqual([])
  expect(await store.webhooks.get(otherAccountId, webhook('theirs').id)).toBeDefined()
  expect(await store.webhooks.get(accountId, webhook('theirs').id)).toBeUndefined()
})

test('secrets of webhooks and accounts', async () => {
  await store.webhooks.insert(webhook('mine'), 'first')
  const { id } = webhook('mine')
  const fresh = { current: 'first', previous: null, previousUntilMs: null }
  expect(await store.webhooks.secrets(id)).toEqual(fresh)
  const next = { current: 'second', previous: 'first', previousUntilMs: 9_000 }
  await store.webhooks.setSecrets(id, next)
  expect(await store.webhooks.secrets(id)).toEqual(next)
  await store.webhooks.setSecretsOf(accountId, next)
  expect(await store.webhooks.secretsOf(accountId)).toEqual(next)
  expect(await store.accounts.webhookSecret(accountId)).toBe('second')
})

test('two at once do not both find the last room', async () => {
  for (let n = 0; n < 19; n++) await store.webhooks.insert(webhook(`${n}`), 's')
  const both = await Promise.allSettled(
    ['x', 'y'].map((name) => store.webhooks.insert(webhook(name), 's')),
  )
  expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
})

test('who is tried out is told once, and nobody else is', async () => {
  const [one, other] = [webhook('one'), webhook('other')]
  for (const each of [one, other]) await store.webhooks.insert(each, 'secret')
  for (const sequence of [1, 2]) {
    const id = await store.webhooks.test(one)
    const [newest] = await store.deliveries.list(accountId, { limit: 10 })
    expect(newest).toMatchObject({ id, sequence, type: 'webhook.test', webhookId: one.id })
    expect(await store.deliveries.list(accountId, { limit: 10 })).toHaveLength(sequence)
  }
})

test('a webhook whose receiver is gone is turned off with all that waits for it; one that answers otherwise is not', async () => {
  const [left, stays] = [webhook('left'), webhook('stays')]
  for (const each of [left, stays]) await store.webhooks.insert(each, 'secret')
  for (const name of ['a', 'b', 'c']) await rings(name)
  const due = await store.outbox.due(5_000, 9)
  const firstOf = ({ id }: Webhook) => due.find(({ webhookId }) => webhookId === id)?.id ?? 0
  await store.outbox.dead(firstOf(left), 'HTTP 410', { status: 410, tookMs: 1 })
  await store.outbox.dead(firstOf(stays), 'HTTP 500', { status: 500, tookMs: 1 })
  const enabled = async ({ id }: Webhook) => (await store.webhooks.get(accountId, id))?.enabled
  expect([await enabled(left), await enabled(stays)]).toEqual([false, true])
  const ofLeft = await store.deliveries.list(accountId, { webhookId: left.id, limit: 9 })
  expect(ofLeft.map(({ state }) => state)).toEqual(['dead', 'dead', 'dead'])
  expect(ofLeft[0]?.lastError).toBe('the webhook answered 410 and was turned off')
  await rings('later')
  const open = await store.deliveries.list(accountId, { state: 'open', limit: 9 })
  expect(open.map(({ webhookId }) => webhookId)).toEqual([stays.id, stays.id, stays.id])
  await store.webhooks.update(left)
  await rings('again')
  const [newest] = await store.deliveries.list(accountId, { webhookId: left.id, limit: 1 })
  expect(newest?.state).toBe('open')
})

test("what cannot be read stands in nobody's way: it is given up, listed, and not sent again with the others", async () => {
  const path = await newPlace()
  const own = await memoryStore(clock, path)
  try {
    await own.webhooks.insert(webhook('one'), 'secret')
    for (const name of ['a', 'b', 'c']) {
      const row = call(name)
      await own.calls.commit(row, [event(row, 'call.ringing')])
    }
    await askDatabase(path, "update deliveries set snapshot = 'null' where id = 1")
    await askDatabase(path, "update deliveries set event = '{' where id = 2")
    const [left] = await own.outbox.due(5_000, 9)
    expect(left?.event.callId).toBe(call('c').id)
    await own.outbox.dead(left?.id ?? 0, 'HTTP 500')
    const kept = await own.deliveries.list(accountId, { limit: 9 })
    expect(kept.map(({ type, state }) => [type, state])).toEqual([
      ['call.ringing', 'dead'],
      ['unknown', 'dead'],
      ['call.ringing', 'dead'],
    ])
    expect(await own.deliveries.redeliverDead(accountId, { host: 'app.example' })).toBe(1)
  } finally {
    await own.close()
  }
})
