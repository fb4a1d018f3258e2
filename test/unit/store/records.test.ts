import { afterEach, beforeEach, expect, test } from 'vitest'
import type { CallId, DeviceId, NumberId, RecordingId, TrunkId } from '../../../engine/core/ids.ts'
import type { RecordingRecord } from '../../../engine/core/ports/recordings.ts'
import type { TrunkRecord } from '../../../engine/core/ports/sip.ts'
import type {
  DeviceRecord,
  NumberRecord,
  NumberRoute,
  RegistrationRecord,
  Store,
} from '../../../engine/core/ports/store.ts'
import { accountId, call, callId, memoryStore, otherAccountId, uuid } from './fixtures.ts'

let store: Store
beforeEach(async () => {
  store = await memoryStore()
  for (const name of ['a', 'b']) await store.calls.commit(call(name), [])
})
afterEach(() => store.close())

const recording = (name: string, over: Partial<RecordingRecord> = {}): RecordingRecord => ({
  id: uuid(`recording ${name}`) as RecordingId,
  accountId,
  callId: callId('a'),
  status: 'in-progress',
  failure: null,
  path: `recordings/${name}.wav`,
  channels: 2,
  durationMs: null,
  bytes: null,
  createdAtMs: 10,
  ...over,
})

test('recordings: saved, replaced, listed newest first, filtered, removed', async () => {
  await store.recordings.save(recording('one'))
  const done = recording('one', { status: 'completed', durationMs: 5_000, bytes: 5_000_000_000 })
  await store.recordings.save(done)
  await store.recordings.save(recording('two', { createdAtMs: 20, callId: callId('b') }))
  await store.recordings.save(
    recording('three', { createdAtMs: 15, status: 'failed', failure: 'disk full' }),
  )
  const namesOf = async (filter: object): Promise<string[]> => {
    const page = await store.recordings.list(accountId, { page: 1, pageSize: 10, ...filter })
    expect(page.total).toBe(page.recordings.length)
    return page.recordings.map((one) => one.path.slice(11, -4))
  }
  expect(await store.recordings.get(accountId, done.id)).toEqual(done)
  expect(await store.recordings.get(otherAccountId, done.id)).toBeUndefined()
  expect(await namesOf({})).toEqual(['two', 'three', 'one'])
  expect(await namesOf({ callId: callId('a') })).toEqual(['three', 'one'])
  expect(await namesOf({ status: 'failed' })).toEqual(['three'])
  expect(await namesOf({ callId: callId('b'), status: 'failed' })).toEqual([])
  expect(await store.recordings.list(accountId, { page: 2, pageSize: 2 })).toEqual({
    recordings: [done],
    total: 3,
  })
  expect(await store.recordings.list(otherAccountId, { page: 1, pageSize: 2 })).toEqual({
    recordings: [],
    total: 0,
  })
  expect((await store.recordings.unfinished()).map((one) => one.callId)).toEqual([callId('b')])
  await store.recordings.save(recording('three', { createdAtMs: 15, status: 'completed' }))
  expect(await namesOf({ status: 'failed' })).toEqual([])
  await store.recordings.remove(done.id)
  await store.recordings.remove(done.id)
  expect(await store.recordings.get(accountId, done.id)).toBeUndefined()
  expect(await namesOf({})).toEqual(['two', 'three'])
})

test('what later steps find out is written field by field, and saving leaves it alone', async () => {
  const one = recording('one', {
    ...{ source: 'leg', format: 'opus', rateHz: 16_000 },
    spans: [{ kind: 'masked', startMs: 100, endMs: 250 }],
  })
  const transcript = { text: 'hi', segments: [{ startMs: 0, endMs: 9, channel: 0, text: 'hi' }] }
  await store.recordings.save(one)
  await store.recordings.amend(one.id, { sha256: 'ab', upload: { part: 3 }, retainUntilMs: 7e12 })
  await store.recordings.amend(one.id, { transcriptStatus: 'completed', transcript })
  await store.recordings.amend(one.id, { upload: null, place: 'both' })
  await store.recordings.amend(one.id, {})
  await store.recordings.save({ ...one, status: 'completed' })
  expect(await store.recordings.get(accountId, one.id)).toEqual({
    ...{ ...one, status: 'completed', sha256: 'ab', retainUntilMs: 7e12, place: 'both' },
    ...{ transcriptStatus: 'completed', transcript },
  })
})

test('a removed recording is taken from its call, another one stays', async () => {
  const [first, second] = [recording('one'), recording('two')]
  await store.recordings.save(first)
  await store.recordings.save(second)
  await store.calls.commit(call('a', { recordingId: second.id }), [])
  await store.recordings.remove(first.id)
  expect((await store.calls.get(accountId, callId('a')))?.recordingId).toBe(second.id)
  await store.recordings.remove(second.id)
  expect((await store.calls.get(accountId, callId('a')))?.recordingId).toBeNull()
})

test('a recording of a call that is not there is refused', async () => {
  await expect(
    store.recordings.save(recording('lost', { callId: uuid('none') as CallId })),
  ).rejects.toThrow(/foreign key/i)
})

const number = (digits: string, over: Partial<NumberRecord> = {}): NumberRecord => ({
  id: uuid(`number ${digits}`) as NumberId,
  accountId,
  number: digits,
  route: { kind: 'device', username: 'alice' },
  createdAtMs: 1,
  ...over,
})

const routes: readonly NumberRoute[] = [
  { kind: 'verbs', verbs: [{ verb: 'answer' }, { verb: 'say', text: 'grüß "dich"\u0000\n' }] },
  { kind: 'url', url: 'https://a.example/x', method: 'GET' },
  { kind: 'device', username: 'alice' },
  { kind: 'number', number: '+61400000001' },
]
for (const route of routes) {
  test(`a number routed to ${route.kind} comes back as it was`, async () => {
    const one = number('+61400000009', { route })
    await store.numbers.insert(one)
    expect(await store.numbers.get(accountId, one.id)).toEqual(one)
    expect(await store.numbers.byNumber('+61400000009')).toEqual(one)
  })
}

test('numbers: unique over all accounts, listed in order, changed, removed', async () => {
  const first = number('+61400000001')
  const second = number('+61400000002', { createdAtMs: 2 })
  const taken = { code: 'already_exists', http: 409 }
  await store.numbers.insert(second)
  await store.numbers.insert(first)
  const twin = { ...first, id: uuid('twin') as NumberId, accountId: otherAccountId }
  await expect(store.numbers.insert(twin)).rejects.toMatchObject(taken)
  await expect(store.numbers.update({ ...second, number: first.number })).rejects.toMatchObject(
    taken,
  )
  expect(await store.numbers.list(accountId)).toEqual([first, second])
  expect(await store.numbers.list(otherAccountId)).toEqual([])
  expect(await store.numbers.get(otherAccountId, first.id)).toBeUndefined()
  const changed = { ...first, route: routes[1]! }
  await store.numbers.update(changed)
  expect(await store.numbers.byNumber(first.number)).toEqual(changed)
  await store.numbers.remove(first.id)
  expect(await store.numbers.byNumber(first.number)).toBeUndefined()
})

const device = (username: string): DeviceRecord => ({
  id: uuid(`device ${username}`) as DeviceId,
  accountId,
  username,
  name: `${username}'s phone`,
  ha1Md5: 'a'.repeat(32),
  ha1Sha256: 'b'.repeat(64),
  createdAtMs: 1,
})

const registration = (contact: string, over: Partial<RegistrationRecord> = {}) => ({
  deviceId: device('alice').id,
  accountId: device('alice').accountId,
  username: 'alice',
  contact,
  source: 'udp/127.0.0.1:5060',
  userAgent: null,
  q: null,
  path: [],
  flow: null,
  registeredAtMs: 1_690_000_000_000,
  sipCallId: 'x@y',
  cseq: 4_294_967_295,
  expiresAtMs: 1_700_000_000_000,
  ...over,
})

test('devices of one millisecond are listed by name', async () => {
  for (const name of ['cara', 'alice', 'bob']) await store.devices.insert(device(name))
  const listed = await store.devices.list(accountId)
  expect(listed.map(({ username }) => username)).toEqual(['alice', 'bob', 'cara'])
})

test('devices: unique user names, found by name, removed with their registrations', async () => {
  await store.devices.insert(device('alice'))
  const twin = { ...device('alice'), id: uuid('twin') as DeviceId }
  await expect(store.devices.insert(twin)).rejects.toMatchObject({ code: 'already_exists' })
  expect(await store.devices.byUsername('alice')).toEqual(device('alice'))
  expect(await store.devices.byUsername('Alice')).toBeUndefined()
  expect(await store.devices.get(accountId, device('alice').id)).toEqual(device('alice'))
  expect(await store.devices.get(otherAccountId, device('alice').id)).toBeUndefined()
  expect(await store.devices.list(accountId)).toEqual([device('alice')])
  await store.registrations.save(registration('sip:alice@127.0.0.1'))
  await store.devices.remove(device('alice').id)
  expect(await store.devices.list(accountId)).toEqual([])
  expect(await store.registrations.all()).toEqual([])
})

test('numbers and devices are counted by account', async () => {
  const theirs = { accountId: otherAccountId }
  for (const name of ['alice', 'bob']) await store.devices.insert(device(name))
  await store.devices.insert({ ...device('carol'), ...theirs })
  await store.numbers.insert(number('+61400000001', theirs))
  const counts = (of: { count(id: typeof accountId): Promise<number> }) =>
    Promise.all([of.count(accountId), of.count(otherAccountId)])
  expect(await counts(store.devices)).toEqual([2, 1])
  expect(await counts(store.numbers)).toEqual([0, 1])
})

test('registrations: one row for each contact, replaced by a refresh', async () => {
  await store.devices.insert(device('alice'))
  await store.registrations.save(registration('sip:a'))
  await store.registrations.save(registration('sip:b'))
  const refreshed = registration('sip:a', { cseq: 2, userAgent: 'phone/1', q: 0.5 })
  await store.registrations.save(refreshed)
  expect(await store.registrations.all()).toEqual([refreshed, registration('sip:b')])
  await store.registrations.remove(device('alice').id, 'sip:a')
  expect(await store.registrations.all()).toEqual([registration('sip:b')])
})

const trunk = (name: string, over: Partial<TrunkRecord> = {}): TrunkRecord => ({
  id: uuid(`trunk ${name}`) as TrunkId,
  name,
  host: 'sip.carrier.example',
  port: 5060,
  transport: 'udp',
  username: 'u',
  password: 'p',
  defaultCallerId: null,
  prefixes: ['+61', '+64'],
  priority: 10,
  weight: 10,
  maxCalls: null,
  maxCallsPerSecond: null,
  enabled: true,
  ...over,
})

test('trunks: in the order in which they are tried', async () => {
  const first = trunk('z', {
    ...{ weight: 90, maxCalls: 30, maxCallsPerSecond: 5 },
    priority: 1,
    transport: 'tcp',
    prefixes: [],
  })
  await store.trunks.insert(trunk('b'))
  await store.trunks.insert(trunk('a'))
  await store.trunks.insert(first)
  await expect(store.trunks.insert(first)).rejects.toMatchObject({ code: 'already_exists' })
  expect((await store.trunks.list()).map((one) => one.name)).toEqual(['z', 'a', 'b'])
  expect(await store.trunks.get(first.id)).toEqual(first)
  const off = { ...first, enabled: false, password: null }
  await store.trunks.update(off)
  expect(await store.trunks.get(first.id)).toEqual(off)
  await store.trunks.remove(first.id)
  expect(await store.trunks.get(first.id)).toBeUndefined()
})
