/** A receiver that is dead for days fills no disk, and takes nothing from those who are well. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { boundBacklog } from '../../../engine/app/events/backlog.ts'
import type { Store } from '../../../engine/core/ports/store.ts'
import type { BacklogBounds } from '../../../engine/core/ports/webhooks.ts'
import { settle, VirtualClock } from '../../support/virtual-clock.ts'
import { testLog } from '../web/server.ts'
import { accountId, call, event, memoryStore, otherAccountId } from './fixtures.ts'

let store: Store
let clock: VirtualClock
const lines: string[] = []
beforeEach(async () => {
  lines.length = 0
  clock = new VirtualClock()
  store = await memoryStore(clock)
})
afterEach(() => store.close())

const most = 5
const bounds: BacklogBounds = { mostOpen: most, mostDead: most, atOnce: 2 }

async function happens(name: string, host: string, events: number, owner = accountId) {
  const row = call(name, { statusCallback: `https://${host}/hook`, accountId: owner })
  const drafts = Array.from({ length: events }, () => event(row, 'call.ringing', clock.nowMs()))
  await store.calls.commit(row, drafts)
}

const hostsIn = async (state: 'open' | 'dead', owner = accountId): Promise<string[]> =>
  (await store.deliveries.list(owner, { state, limit: 100 })).map(({ url }) => new URL(url).host)

let looking: Promise<unknown> = Promise.resolve()
let isBroken = false
/** A database of a server takes its own time. */
const outbox = {
  cut(given: BacklogBounds) {
    const cuts = isBroken ? Promise.reject(new Error('disk')) : store.outbox.cut(given)
    looking = cuts.catch(() => undefined)
    return cuts
  },
}

/** Until the engine has looked again, so often as there is something to do. */
async function rest(): Promise<void> {
  for (let n = 0; n < 110; n++) {
    await clock.advance(100)
    await looking
    await settle()
  }
}

async function start(): Promise<() => void> {
  const stop = boundBacklog({ store: { outbox }, clock, log: testLog(lines) }, bounds)
  await looking
  await settle()
  return stop
}

test('the oldest for the receiver with the most waiting are given up, and told once for each part', async () => {
  await happens('a', 'well.example', 2)
  for (const name of ['b', 'c']) await happens(name, 'dead.example', 4)
  await happens('d', 'dead.example', 5, otherAccountId)
  const stop = await start()
  await rest()
  expect(await hostsIn('open')).toEqual([
    ...Array.from({ length: 3 }, () => 'dead.example'),
    ...['well.example', 'well.example'],
  ])
  const dead = await store.deliveries.list(accountId, { state: 'dead', limit: 9 })
  expect(dead).toHaveLength(5)
  const error = `more than ${most} deliveries of the account waited, most of them for dead.example`
  expect(dead.every(({ lastError, attempts }) => lastError === error && attempts === 0)).toBe(true)
  // the newest are those that stay
  const stay = await store.deliveries.list(accountId, { state: 'open', limit: 9 })
  const [first] = stay
  expect(Math.max(...dead.map(({ id }) => id))).toBeLessThan(first?.id ?? 0)
  const { events } = await store.events.page(accountId, {
    ...{ after: 0, limit: 9, types: ['webhook.backlog-full'] },
  })
  expect(events.map(({ data }) => data)).toEqual([
    { host: 'dead.example', givenUp: 2, waiting: 6, most },
    { host: 'dead.example', givenUp: 2, waiting: 4, most },
    { host: 'dead.example', givenUp: 1, waiting: 3, most },
  ])
  expect(lines).toEqual(events.map(() => 'too many webhooks waited'))
  expect(await hostsIn('open', otherAccountId)).toHaveLength(5)
  stop()
  expect(clock.pendingTimers).toBe(0)
})

test('what comes next of a call is due at once, in order; a full backlog is not told by webhooks', async () => {
  await store.webhooks.insert(
    {
      ...{ id: 'w' as never, accountId, renderer: 'calls', options: null, enabled: true },
      ...{
        url: 'https://all.example/',
        events: ['webhook.*'],
        triggeredOnly: false,
        description: null,
      },
      createdAtMs: 1,
    },
    'secret',
  )
  await happens('a', 'dead.example', 7)
  const [head] = await store.outbox.due(clock.nowMs(), 1)
  await store.outbox.retryAt(head?.id ?? 0, clock.nowMs() + 3_600_000, 'HTTP 503')
  const stop = await start()
  await rest()
  const due = await store.outbox.due(clock.nowMs(), 9)
  expect(due.map(({ event: { sequence } }) => sequence)).toEqual([3])
  expect((await store.deliveries.list(accountId, { limit: 99 })).map(({ type }) => type)).toEqual(
    Array.from({ length: 7 }, () => 'call.ringing'),
  )
  stop()
})

test('of those that were given up the newest stay', async () => {
  const stop = await start()
  for (let round = 0; round < 4; round++) {
    await happens(`r${round}`, 'dead.example', 8)
    await rest()
  }
  expect(await hostsIn('open')).toHaveLength(most)
  expect(await hostsIn('dead')).toHaveLength(most)
  stop()
})

test('a store that cannot be asked is asked again', async () => {
  isBroken = true
  await happens('a', 'dead.example', 7)
  const stop = await start()
  expect(lines).toEqual(['the outbox could not be bounded'])
  isBroken = false
  await rest()
  expect(await hostsIn('open')).toHaveLength(most)
  stop()
})
