/** Following an account's log: past, present, slow readers, and what is not kept any more. */

import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  EventFeeds,
  type EventFollow,
  type EventFollowing,
} from '../../../../engine/app/events/event-feeds.ts'
import type { CallEventType } from '../../../../engine/core/events.ts'
import type { Store } from '../../../../engine/core/ports/store.ts'
import fc from '../../../support/property.ts'
import {
  accountId,
  call,
  callId,
  event,
  memoryStore,
  otherAccountId,
} from '../../store/fixtures.ts'
import { testLog } from '../../web/server.ts'

let store: Store
let feeds: EventFeeds
let lines: string[]
beforeEach(async () => {
  store = await memoryStore()
  lines = []
  feeds = new EventFeeds({ store, log: testLog(lines) })
})
afterEach(async () => {
  feeds.close()
  await store.close()
})

/** One who reads, and has room for so many before he has to be emptied. */
class Listener {
  readonly told: (number | string)[] = []
  room: number
  #following: EventFollowing | undefined

  constructor(room = Number.POSITIVE_INFINITY) {
    this.room = room
  }

  get numbers(): number[] {
    return this.told.filter((one) => typeof one === 'number')
  }

  async follow(follow: Partial<EventFollow>): Promise<this> {
    this.#following = await feeds.follow(
      { account: accountId, after: 0, ...follow },
      {
        isFull: () => this.room <= 0,
        event: ({ sequence }) => {
          this.room--
          this.told.push(sequence)
        },
        gone: (upTo) => this.told.push(`gone ${upTo}`),
        live: (after) => this.told.push(`live ${after}`),
        end: () => this.told.push('end'),
      },
    )
    return this
  }

  more(room: number): void {
    this.room = room
    this.#following?.resume()
  }

  stop(): void {
    this.#following?.stop()
  }
}

/** So many events of a call. */
async function happens(count: number, name = 'a', type: CallEventType = 'digit.received') {
  const row = call(name)
  await store.calls.commit(
    row,
    Array.from({ length: count }, () => event(row, type)),
  )
}

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
}
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index)

test('the past in pages, then live, without a gap or a repeat', async () => {
  await happens(700)
  const one = await new Listener().follow({ after: 100 })
  await settled()
  await happens(3)
  await settled()
  expect(one.numbers).toEqual(range(101, 703))
  expect(one.told[600]).toBe('live 700')
})

test('what happens while the past is read comes once', async () => {
  await happens(600)
  const one = await new Listener().follow({})
  await Promise.all([happens(5), happens(5, 'b'), happens(5, 'c')])
  await settled()
  expect(one.numbers).toEqual(range(1, 615))
})

test('from now on', async () => {
  await happens(5)
  const one = await new Listener().follow({ after: 'now' })
  await settled()
  await happens(2)
  await settled()
  expect(one.told).toEqual(['live 5', 6, 7])
})

test('a reader who is full is told nothing until there is room, and reads on where he was', async () => {
  const one = await new Listener(3).follow({ after: 'now' })
  await happens(2_000)
  await settled()
  expect(one.numbers).toEqual([1, 2, 3])
  one.more(500)
  await settled()
  expect(one.numbers).toEqual(range(1, 503))
  one.more(Number.POSITIVE_INFINITY)
  await settled()
  expect(one.numbers).toEqual(range(1, 2_000))
})

test('only what is wanted: types, beginnings of types, one call', async () => {
  await happens(2, 'a', 'call.ringing')
  await happens(2, 'b', 'verb.started')
  await happens(6_000, 'c')
  await happens(2, 'b', 'call.completed')
  const wanted = async (filter: Partial<EventFollow>) => {
    const one = await new Listener().follow(filter)
    await settled()
    return one.numbers
  }
  expect(await wanted({ types: ['call.ringing'] })).toEqual([1, 2])
  expect(await wanted({ types: ['call.*'] })).toEqual([1, 2, 6_005, 6_006])
  expect(await wanted({ types: ['*'], callId: callId('b') })).toEqual([3, 4, 6_005, 6_006])
  expect(await wanted({ types: ['call.*'], callId: callId('b') })).toEqual([6_005, 6_006])
  expect(await wanted({ types: ['no.such'] })).toEqual([])
  const live = await new Listener().follow({ after: 'now', types: ['call.*'] })
  await happens(1, 'a', 'verb.ended')
  await happens(1, 'a', 'call.completed')
  await settled()
  expect(live.numbers).toEqual([6_008])
})

test('who begins before what is kept is told so, once, and gets the rest', async () => {
  await happens(300)
  expect(await store.events.sweep(accountId, Number.MAX_SAFE_INTEGER, 100)).toBe(100)
  const one = await new Listener().follow({ after: 10 })
  const inTime = await new Listener().follow({ after: 100 })
  await settled()
  expect(one.told).toEqual(['gone 100', ...range(101, 300), 'live 300'])
  expect(inTime.told).toEqual([...range(101, 300), 'live 300'])
})

test('of another account nothing', async () => {
  const one = await new Listener().follow({ account: otherAccountId })
  await happens(3)
  await settled()
  expect(one.told).toEqual(['live 0'])
})

test('the log is read once for all who follow the same account', async () => {
  const listeners = await Promise.all(
    range(1, 200).map(() => new Listener().follow({ after: 'now' })),
  )
  let reads = 0
  const { after, page } = store.events
  store.events.after = (...args) => {
    reads++
    return after(...args)
  }
  store.events.page = (...args) => {
    reads++
    return page(...args)
  }
  for (let turn = 0; turn < 10; turn++) {
    await happens(2)
    await settled()
  }
  expect(listeners.every(({ numbers }) => numbers.length === 20)).toBe(true)
  expect(reads).toBeLessThanOrEqual(20)
  expect(feeds.size).toBe(200)
  for (const one of listeners) one.stop()
  expect(feeds.size).toBe(0)
})

test('a log that cannot be read ends those who follow, and says so', async () => {
  const one = await new Listener().follow({ after: 'now' })
  await settled()
  const { after } = store.events
  store.events.after = () => Promise.reject(new Error('disk'))
  await happens(1)
  await settled()
  expect(one.told).toEqual(['live 0', 'end'])
  expect(lines).toHaveLength(1)
  store.events.after = after
  one.stop()
  const again = await new Listener().follow({ after: 0 })
  await settled()
  expect(again.numbers).toEqual([1])
})

test('whoever reads and resumes however he likes has every event once (property)', async () => {
  const step = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ is: fc.constant('happens'), count: fc.integer({ min: 1, max: 40 }) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        is: fc.constant('room'),
        who: fc.nat(3),
        count: fc.integer({ min: 1, max: 60 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ is: fc.constant('resume'), who: fc.nat(3), count: fc.nat(50) }),
    },
    { weight: 1, arbitrary: fc.record({ is: fc.constant('wait'), count: fc.nat(5) }) },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const from = await store.events.last(accountId)
      const seen: number[][] = [[], [], [], []]
      const open = await Promise.all(seen.map(() => new Listener(10).follow({ after: from })))
      const lastOf = (who: number) =>
        [...(seen[who] ?? []), ...(open[who]?.numbers ?? [])].at(-1) ?? from
      const comeBack = async (who: number, room: number) => {
        const after = lastOf(who)
        open[who]?.stop()
        seen[who]?.push(...(open[who]?.numbers ?? []))
        open[who] = await new Listener(room).follow({ after })
      }
      for (const one of steps) {
        if (one.is === 'happens') await happens(one.count)
        else if (one.is === 'wait') for (let n = 0; n < one.count; n++) await Promise.resolve()
        else if ('who' in one && one.is === 'room') open[one.who]?.more(one.count)
        else if ('who' in one) await comeBack(one.who, one.count)
      }
      for (const one of open) one.more(Number.POSITIVE_INFINITY)
      await settled()
      const last = await store.events.last(accountId)
      for (const [who, one] of open.entries()) {
        expect([...(seen[who] ?? []), ...one.numbers]).toEqual(range(from + 1, last))
        one.stop()
      }
    }),
    { numRuns: 40 },
  )
})
