import { afterEach, beforeEach, expect, test } from 'vitest'
import type { RecordingId } from '../../../engine/core/ids.ts'
import type { RecordingFilter, RecordingRecord } from '../../../engine/core/ports/recordings.ts'
import type { Store } from '../../../engine/core/ports/store.ts'
import { accountId, call, callId, memoryStore, otherAccountId, uuid } from './fixtures.ts'

let store: Store
beforeEach(async () => {
  store = await memoryStore()
  await store.calls.commit(call('a'), [])
  await put('old call', { createdAtMs: 10, durationMs: 1_000 })
  await put('call', { createdAtMs: 20, durationMs: 2_000, source: 'call' })
  await put('room', { createdAtMs: 30, callId: null })
  await put('message', { createdAtMs: 40, durationMs: 4_000, source: 'message' })
})
afterEach(() => store.close())

const idOf = (name: string) => uuid(`recording ${name}`) as RecordingId

async function put(name: string, over: Partial<RecordingRecord>): Promise<void> {
  await store.recordings.save({
    ...{ id: idOf(name), accountId, callId: callId('a'), status: 'completed', failure: null },
    ...{ path: `2026/11/${name}.wav`, channels: 2, durationMs: null, bytes: 1, createdAtMs: 0 },
    ...over,
  })
}

const names = ['old call', 'call', 'room', 'message']
async function found(filter: Partial<RecordingFilter>): Promise<(string | undefined)[]> {
  const page = { page: 1, pageSize: 10 }
  const { recordings, total } = await store.recordings.list(accountId, { ...page, ...filter })
  expect(total).toBe(recordings.length)
  return recordings.map(({ id }) => names.find((name) => idOf(name) === id)).reverse()
}

test('by source: rows of old have none, and are of a call or of a room', async () => {
  expect(await found({})).toEqual(names)
  expect(await found({ source: 'call' })).toEqual(['old call', 'call'])
  expect(await found({ source: 'conference' })).toEqual(['room'])
  expect(await found({ source: 'message' })).toEqual(['message'])
})

test('by time and length', async () => {
  expect(await found({ madeAfterMs: 10, madeBeforeMs: 40 })).toEqual(['call', 'room'])
  expect(await found({ minDurationMs: 2_000 })).toEqual(['call', 'message'])
  expect(await found({ maxDurationMs: 2_000 })).toEqual(['old call', 'call'])
})

test('by what was said: the text alone counts, in either case, and nothing in it is a pattern', async () => {
  const segment = { startMs: 0, endMs: 9, channel: 0, text: 'elsewhere' }
  const transcript = { segments: [segment], text: 'He said "100% sure", a\\b_c' }
  await store.recordings.amend(idOf('call'), { transcriptStatus: 'completed', transcript })
  for (const said of ['SAID', 'said "100%', 'a\\b_c', '100% sure']) {
    expect([said, await found({ said })]).toEqual([said, ['call']])
  }
  for (const said of ['elsewhere', 'text', 'segments', '100_', 'a%c', 'startMs']) {
    expect([said, await found({ said })]).toEqual([said, []])
  }
})

test('a search goes through all texts, part by part; its pages and its total are those of what it finds', async () => {
  const transcript = { segments: [], text: 'a refund, please' }
  const all = Array.from({ length: 270 }, (_, n) => `many ${n}`)
  for (const [n, name] of all.entries()) {
    // many of one time: nobody is found twice or not at all
    await put(name, {
      createdAtMs: 1_000 + Math.floor(n / 100),
      source: n % 2 ? 'call' : 'message',
    })
    await store.recordings.amend(idOf(name), { transcript })
  }
  await put('no text', { createdAtMs: 2_000 })
  const seen: string[] = []
  for (const page of [1, 2, 3, 4]) {
    const { recordings, total } = await store.recordings.list(accountId, {
      ...{ page, pageSize: 90, said: 'Refund' },
    })
    expect(total).toBe(270)
    seen.push(...recordings.map(({ id }) => id))
  }
  expect(seen.toSorted((one, other) => (one < other ? -1 : 1))).toEqual(
    all.map(idOf).toSorted((one, other) => (one < other ? -1 : 1)),
  )
  const some = { page: 1, pageSize: 1, said: 'refund', source: 'call', madeAfterMs: 1_000 } as const
  expect((await store.recordings.list(accountId, some)).total).toBe(85)
  expect((await store.recordings.list(accountId, { ...some, madeBeforeMs: 1_002 })).total).toBe(50)
})

test('the searches of one account do not keep those of another waiting', async () => {
  for (let n = 0; n < 260; n++) {
    await put(`many ${n}`, { createdAtMs: 1_000 + n })
    await store.recordings.amend(idOf(`many ${n}`), {
      transcript: { segments: [], text: 'a refund' },
    })
  }
  const done: string[] = []
  const search = async (owner: typeof accountId, name: string) => {
    await store.recordings.list(owner, { page: 1, pageSize: 9, said: 'refund' })
    done.push(name)
  }
  // In one queue with them it would be the last; a connection of its own may take a few of them to open.
  const busy = Array.from({ length: 30 }, () => search(accountId, 'one'))
  await Promise.all([...busy, search(otherAccountId, 'other')])
  expect(done.indexOf('other')).toBeLessThan(busy.length)
  expect(done).toHaveLength(busy.length + 1)
})
