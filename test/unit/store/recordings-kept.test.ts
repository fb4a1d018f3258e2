import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { RecordingId } from '../../../engine/core/ids.ts'
import type { RecordingRecord } from '../../../engine/core/ports/recordings.ts'
import type { Store } from '../../../engine/core/ports/store.ts'
import { hashOfEntry, noHash } from '../../../engine/core/recording-chain.ts'
import { openRecordingLedger } from '../../../engine/store/index.ts'
import { newPlace, onPostgres } from '../../support/databases.ts'
import { accountId, call, callId, memoryStore, otherAccountId, uuid } from './fixtures.ts'

let store: Store
beforeEach(async () => {
  store = await memoryStore()
  await store.calls.commit(call('a'), [])
})
afterEach(() => store.close())

const dayMs = 86_400_000
const recording = (name: string, over: Partial<RecordingRecord> = {}): RecordingRecord => ({
  ...{ id: uuid(`recording ${name}`) as RecordingId, accountId, callId: callId('a') },
  ...{ status: 'completed', failure: null, path: `2026/01/${name}.wav`, channels: 2 },
  ...{ durationMs: 1_000, bytes: 5_000_000_000, createdAtMs: 10 },
  ...over,
})
const sealed = { sha256: 'ab'.repeat(32) }
const chain = () => store.recordings.chain.entries(accountId, 0, 100)
const api = { by: 'api', why: 'asked for' } as const

test('a recording is kept with its seal and its entry, and unsettled until it is said to be', async () => {
  const encryption = { key: { wrapped: 'x' }, sha256: 'cd'.repeat(32) }
  await store.recordings.save(recording('one', { status: 'in-progress', bytes: null }))
  await store.recordings.keep(recording('one'), { ...sealed, encryption }, 1_000)
  const kept = await store.recordings.get(accountId, recording('one').id)
  expect(kept).toEqual({ ...recording('one'), ...sealed, encryption })
  expect(await store.recordings.unsettled()).toEqual([kept])
  const [entry] = await chain()
  expect(entry).toMatchObject({ sequence: 1, day: '1970-01-01', kind: 'sealed', previous: noHash })
  expect(JSON.parse(entry?.data ?? '')).toMatchObject({
    ...{ sha256: sealed.sha256, sealedSha256: encryption.sha256, bytes: 5_000_000_000 },
  })
  // Keys are not of the chain.
  expect(entry?.data).not.toContain('wrapped')
  expect(entry?.hash).toBe(entry && hashOfEntry(entry))
  expect(await store.recordings.toUpload(10)).toEqual([])
  await store.recordings.settle(recording('one').id)
  expect(await store.recordings.unsettled()).toEqual([])
  expect(await store.recordings.toUpload(10)).toEqual([kept])
})

test.skipIf(onPostgres)('what was deleted is not in the file of the database either', async () => {
  const place = await newPlace()
  const kept = await memoryStore(undefined, place)
  await kept.calls.commit(call('a'), [])
  const encryption = { key: { wrapped: 'the-wrapped-key' }, sha256: 'cd'.repeat(32) }
  const text = `the words that were said ${'and so on '.repeat(2_000)}`
  const transcript = { text, language: 'en', segments: [] }
  for (const name of ['one', 'two', 'three']) {
    const { id } = recording(name)
    await kept.recordings.keep(recording(name), { ...sealed, encryption }, 1_000)
    await kept.recordings.amend(id, { transcript })
    await kept.recordings.beginDeletion({ id, accountId }, api, 2_000)
    await kept.recordings.remove(id)
  }
  await kept.close()
  const file = readFileSync(place)
  expect(file.includes(recording('one').id)).toBe(true)
  expect([file.includes('the-wrapped-key'), file.includes('and so on and so on')]).toEqual([
    false,
    false,
  ])
})

test('each account has a chain; a new day closes the one before, a clock that goes back does not', async () => {
  const keep = (name: string, atMs: number, of = accountId) =>
    store.recordings.keep(recording(name, { accountId: of, callId: null }), sealed, atMs)
  await keep('1', 1_000)
  await keep('2', 2_000)
  await keep('3', 1.5 * dayMs)
  await keep('4', 3_000)
  await keep('5', 4 * dayMs)
  await keep('6', 9_000, otherAccountId)
  const entries = await chain()
  expect(entries.map(({ kind, day }) => `${kind} ${day}`)).toEqual([
    'sealed 1970-01-01',
    'sealed 1970-01-01',
    'closed 1970-01-01',
    'sealed 1970-01-02',
    'sealed 1970-01-02',
    'closed 1970-01-02',
    'sealed 1970-01-05',
  ])
  for (const [n, entry] of entries.entries()) {
    expect(entry.sequence).toBe(n + 1)
    expect(entry.previous).toBe(entries[n - 1]?.hash ?? noHash)
    expect(entry.hash).toBe(hashOfEntry(entry))
  }
  const [, , first, , , second] = entries
  expect(JSON.parse(first?.data ?? '')).toEqual({ day: '1970-01-01', entries: 2, dayBefore: null })
  expect(JSON.parse(second?.data ?? '')).toEqual({
    ...{ day: '1970-01-02', entries: 2, dayBefore: first?.hash },
  })
  expect(await store.recordings.chain.head(accountId)).toEqual({
    ...{ sequence: 7, day: '1970-01-05', hash: entries[6]?.hash },
  })
  expect(await store.recordings.chain.head(otherAccountId)).toMatchObject({ sequence: 1 })
})

test('many at once make one chain without gaps', async () => {
  const names = Array.from({ length: 20 }, (_, n) => `r${n}`)
  await Promise.all(names.map((name) => store.recordings.keep(recording(name), sealed, 1_000)))
  const entries = await chain()
  expect(entries.map(({ sequence }) => sequence)).toEqual(names.map((_, n) => n + 1))
  for (const [n, entry] of entries.entries())
    expect(entry.previous).toBe(entries[n - 1]?.hash ?? noHash)
})

describe('deletion', () => {
  const { id } = recording('one')
  beforeEach(async () => {
    const encryption = { key: { wrapped: 'secret' } }
    await store.recordings.keep(recording('one'), { ...sealed, encryption }, 1_000)
    await store.calls.commit({ ...call('a'), recordingId: id }, [])
  })

  test('from its beginning on it is not found, its key is gone, and the chain tells it', async () => {
    expect((await store.recordings.list(accountId, { page: 1, pageSize: 9 })).total).toBe(1)
    expect(await store.recordings.beginDeletion(recording('one'), api, 2_000)).toBe('begun')
    expect(await store.recordings.get(accountId, id)).toBeUndefined()
    expect(await store.recordings.list(accountId, { page: 1, pageSize: 9 })).toMatchObject({
      total: 0,
    })
    expect((await store.calls.get(accountId, callId('a')))?.recordingId).toBeNull()
    const [deleting] = await store.recordings.deleting(10)
    expect(deleting).toMatchObject({ id, deletingAtMs: 2_000 })
    expect(deleting?.encryption).toBeUndefined()
    expect((await chain()).at(-1)).toMatchObject({ kind: 'deleted', recordingId: id, atMs: 2_000 })
    expect(JSON.parse((await chain()).at(-1)?.data ?? '')).toMatchObject(api)
    expect(await store.recordings.beginDeletion(recording('one'), api, 3_000)).toBe('gone')
    expect(await store.recordings.unsettled()).toEqual([])
    await store.recordings.remove(id)
    expect(await store.recordings.deleting(10)).toEqual([])
    expect(await chain()).toHaveLength(2)
  })

  test.each([
    ['pending', [['recording.transcription-failed', 2_000]]],
    ['completed', []],
    ['failed', []],
    [null, []],
  ] as const)(
    'whoever waits for its text is told once that none comes: %s',
    async (transcriptStatus, told) => {
      const events: string[] = []
      const unwatch = store.events.watch((account) => events.push(account))
      await store.recordings.amend(id, { transcriptStatus })
      await store.recordings.beginDeletion(recording('one'), api, 2_000)
      await store.recordings.beginDeletion(recording('one'), api, 3_000)
      unwatch()
      const logged = (await store.events.page(accountId, { after: 0, limit: 9 })).events
      expect(logged.map(({ type, atMs }) => [type, atMs])).toEqual(told)
      for (const { data } of logged) {
        const reason = 'the recording was deleted before its text was made'
        expect(data).toEqual({ recordingId: id, callId: callId('a'), reason })
      }
      expect(events).toEqual(told.map(() => accountId))
      expect((await chain()).map(({ kind }) => kind)).toEqual(['sealed', 'deleted'])
    },
  )

  test('nobody is told of the text of one on hold: it is still to come', async () => {
    await store.recordings.amend(id, { holdReason: 'case', transcriptStatus: 'pending' })
    expect(await store.recordings.beginDeletion(recording('one'), api, 2_000)).toBe('held')
    expect(await store.events.last(accountId)).toBe(0)
  })

  test('nobody deletes what is on hold, nor what is of another account', async () => {
    await store.recordings.amend(id, { holdReason: 'case' })
    expect(await store.recordings.beginDeletion(recording('one'), api, 2_000)).toBe('held')
    const foreign = { id, accountId: otherAccountId }
    expect(await store.recordings.beginDeletion(foreign, api, 2_000)).toBe('gone')
    expect((await store.recordings.get(accountId, id))?.encryption).toBeDefined()
    expect(await chain()).toHaveLength(1)
    await store.recordings.amend(id, { holdReason: null })
    expect(await store.recordings.beginDeletion(recording('one'), api, 2_000)).toBe('begun')
  })
})

test('what is expired: by age, but not on hold; by its own time, whatever its age', async () => {
  const keep = async (name: string, createdAtMs: number, change = {}) => {
    await store.recordings.keep(recording(name, { createdAtMs }), sealed, 1)
    await store.recordings.amend(recording(name).id, change)
  }
  await keep('old', 100)
  await keep('held', 100, { holdReason: 'case' })
  await keep('longer', 100, { retainUntilMs: 9_000 })
  await keep('young', 5_000)
  await keep('shorter', 5_000, { retainUntilMs: 6_000 })
  await store.recordings.save(recording('running', { status: 'in-progress', createdAtMs: 100 }))
  await keep('foreign', 100)
  const names = async (madeBeforeMs: number | undefined, nowMs: number) => {
    const found = await store.recordings.expired(accountId, { madeBeforeMs, nowMs }, 10)
    return found.map(({ path }) => /(\w+)\.wav/.exec(path)?.[1])
  }
  expect(await names(1_000, 7_000)).toEqual(expect.arrayContaining(['old', 'foreign', 'shorter']))
  expect(await names(1_000, 7_000)).toHaveLength(3)
  expect(await names(undefined, 7_000)).toEqual(['shorter'])
  expect(await names(undefined, 9_000)).toEqual(['longer', 'shorter'])
  const other = await store.recordings.expired(otherAccountId, { madeBeforeMs: 9e9, nowMs: 9e9 }, 9)
  expect(other).toEqual([])
})

test('uploads: the oldest first, each after the one before it', async () => {
  for (const [name, createdAtMs] of [
    ['b', 20],
    ['a', 10],
    ['c', 20],
  ] as const) {
    await store.recordings.keep(recording(name, { createdAtMs }), sealed, 1)
    await store.recordings.settle(recording(name).id)
  }
  const all = await store.recordings.toUpload(10)
  expect(all.map(({ createdAtMs }) => createdAtMs)).toEqual([10, 20, 20])
  expect(await store.recordings.toUpload(1)).toEqual(all.slice(0, 1))
  expect(await store.recordings.toUpload(10, all[0])).toEqual(all.slice(1))
  expect(await store.recordings.toUpload(10, all[1])).toEqual(all.slice(2))
  const [first] = all
  if (first) await store.recordings.amend(first.id, { uploadedAtMs: 5, place: 'bucket' })
  expect(await store.recordings.toUpload(10)).toEqual(all.slice(1))
})

test('settings of an account: none, set, replaced; and those of nobody else', async () => {
  const { settings } = store.recordings
  expect(await settings.get(accountId)).toEqual({})
  await settings.set(accountId, { retentionDays: 3, format: 'opus' })
  await settings.set(accountId, { announcement: 'recorded' })
  expect(await settings.get(accountId)).toEqual({ announcement: 'recorded' })
  expect(await settings.get(otherAccountId)).toEqual({})
})

test('the ledger is read beside the store: accounts, entries and recordings, page by page', async () => {
  const place = await newPlace()
  const engine = await memoryStore(undefined, place)
  const { recordings } = engine
  for (const name of ['1', '2', '3'])
    await recordings.keep(recording(name, { callId: null }), sealed, 1_000)
  await recordings.settle(recording('1').id)
  await recordings.beginDeletion(recording('2'), api, 2_000)
  const ledger = openRecordingLedger(place)
  try {
    expect(await ledger.accounts()).toEqual([accountId, otherAccountId])
    expect(await ledger.entries(accountId, 0, 10)).toEqual(
      await recordings.chain.entries(accountId, 0, 10),
    )
    expect(await ledger.entries(accountId, 1, 1)).toMatchObject([{ sequence: 2 }])
    const all = await ledger.recordings(accountId, '', 10)
    expect(all.map(({ recording: { id } }) => id)).toEqual(
      ['1', '2', '3'].map((name) => recording(name).id).sort((a, b) => (a < b ? -1 : 1)),
    )
    const one = all.find(({ recording: { id } }) => id === recording('1').id)
    expect(one).toEqual({
      recording: { ...recording('1', { callId: null }), ...sealed },
      isSettled: true,
    })
    expect(await ledger.recordings(accountId, all[1]?.recording.id ?? '', 10)).toEqual(all.slice(2))
    await expect(ledger.recordings(accountId, "' or 1=1", 1)).rejects.toThrow('not an id')
  } finally {
    ledger.close()
    await engine.close()
  }
})
