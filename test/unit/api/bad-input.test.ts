import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Route } from '../../../engine/api/dialect.ts'
import { telefonie } from '../../../engine/api/dialects/telefonie/index.ts'
import { renderCallId } from '../../../engine/api/dialects/telephony/call-id.ts'
import { telephony } from '../../../engine/api/dialects/telephony/index.ts'
import type { CallId, DeviceId, NumberId, RecordingId } from '../../../engine/core/ids.ts'
import fc from '../../support/property.ts'
import { type ApiLab, apiLab, callRecord, key, startMs, theirs } from './api-lab.ts'

/** Every route of every dialect gets the same bad treatment: never a 5xx, never anything made. */
const routes = [...telefonie.routes, ...telephony.routes]
const named = routes.map((route) => [`${route.method} ${route.path}`, route] as const)
const withBody = named.filter(([, route]) => route.body !== undefined)
const withQuery = named.filter(([, route]) => route.query !== undefined)
const withId = named.filter(([, { path }]) => path.includes(':') && !path.includes('/trunks'))

const foreign = '44444444-2222-4333-8444-555555555555'
let lab: ApiLab

beforeAll(async () => {
  lab = await apiLab({ limits: { requestsPerSecond: 1e9 } })
  const accountId = theirs.id
  await lab.put(callRecord({ id: foreign as CallId, accountId, answeredAtMs: startMs }))
  await lab.store.recordings.save({
    id: foreign as RecordingId,
    accountId,
    callId: foreign as CallId,
    status: 'completed',
    failure: null,
    path: '/etc/hostname',
    channels: 2,
    durationMs: 1,
    bytes: 1,
    createdAtMs: startMs,
  })
  const made = { id: foreign, accountId, createdAtMs: startMs }
  const ha1 = { ha1Md5: 'x', ha1Sha256: 'x' }
  await lab.store.devices.insert({
    ...made,
    ...ha1,
    id: foreign as DeviceId,
    username: 'theirs',
    name: 'theirs',
  })
  await lab.store.numbers.insert({
    ...made,
    id: foreign as NumberId,
    number: '+61255550199',
    route: { kind: 'number', number: '+61255550198' },
  })
})
afterAll(() => lab.close())

/** Everything that a request could make or change, counted. */
async function things(): Promise<unknown> {
  const { store } = lab
  const page = { page: 1, pageSize: 100 }
  return {
    calls: (await store.calls.list(theirs.id, page)).calls,
    asked: lab.centre.asked.filter(({ what }) => what !== 'listCalls').length,
    devices: [
      ...(await store.devices.list(theirs.id)),
      await lab.ask({ url: '/v1/voice/devices' }),
    ].map((entry) => ('body' in entry ? entry.body : entry)),
    numbers: await store.numbers.list(theirs.id),
    ours: (await lab.ask({ url: '/v1/voice/numbers' })).body,
    trunks: await store.trunks.list(),
    recordings: (await store.recordings.list(theirs.id, page)).recordings,
  }
}

let before: unknown
beforeEach(async () => {
  before = await things()
})

const fill = (route: Route, id: string) => route.path.replace(/:(callId|address|\w+_id)/, id)
const unknownId = '99999999-2222-4333-8444-555555555555'
const idFor = (route: Route, id: string) =>
  route.path.includes(':callId') ? renderCallId(id as CallId) : id

interface Sent {
  readonly id?: string
  readonly payload?: unknown
  readonly query?: string
  readonly headers?: Record<string, string>
}

async function send(route: Route, sent: Sent) {
  const { id = idFor(route, unknownId), payload, query = '', headers } = sent
  const answer = await lab.app.inject({
    method: route.method,
    url: fill(route, id) + query,
    headers: headers ?? { 'x-api-key': key },
    ...(payload !== undefined && { payload: payload as object }),
  })
  expect(answer.statusCode, answer.body).toBeLessThan(500)
  if (answer.statusCode >= 400 && route.method !== 'GET') {
    expect(answer.json()).toMatchObject({ error: { code: expect.any(String) } })
  }
  return answer
}

const keyed = named.filter(([, { credentialIn }]) => credentialIn === undefined)
test.each(keyed)('%s: no key, wrong key', async (_name, route) => {
  for (const headers of [{}, { 'x-api-key': 'sk_live_guess' }]) {
    expect((await send(route, { headers, payload: {} })).statusCode).toBe(401)
  }
  expect(await things()).toEqual(before)
})

test.each(withId)('%s: ids of others, of nobody, of no kind', async (_name, route) => {
  const payload = route.body && validFor(route)
  for (const id of [idFor(route, foreign), idFor(route, unknownId), '0', '%00', "'", '..%2f..']) {
    const { statusCode } = await send(route, { id, payload })
    expect([id, statusCode]).toEqual([id, 404])
  }
  expect(await things()).toEqual(before)
})

const actionBodies: Readonly<Record<string, object>> = {
  ...{ hold: {}, mute: {}, unmute: {}, stop: {}, park: {}, digits: { digits: '1' } },
  ...{ redirect: { url: 'https://app.example/' }, bridge: { call_id: unknownId } },
  ...{ recording: { action: 'pause' }, listen: { to: '1001' }, pickup: { to: '1001' } },
}

/** A body that only the id is wrong with. */
function validFor(route: Route): object {
  if (route.path.includes('/greetings/')) return { text: 'Hello' }
  if (route.path.includes('/voicemail-boxes/:box_id/messages')) return { heard: true }
  if (/\/accounts\/[^/]+$|\/keys\//.test(route.path)) return { name: 'other' }
  if (route.path.includes('/accounts/')) return {}
  if (route.path.includes('/numbers')) return { route: { url: 'https://app.example/' } }
  if (route.path.includes('/messages')) return { new: 1, old: 0 }
  if (route.path.endsWith('/transfer')) return { to: '1001' }
  if (route.path.endsWith('/devices/:device_id')) return { srtp: 'off' }
  if (/\/(?:password|tokens)$/.test(route.path)) return {}
  if (route.path.includes('/voicemails')) return { heard: true }
  if (route.path.endsWith('/takeovers')) return { call_id: unknownId }
  if (route.path.endsWith('/participants')) return { to: '1001', from: '+61255550100' }
  if (route.path.endsWith('/recording')) return { action: 'pause' }
  if (route.path.includes('/participants/')) return { muted: true }
  if (/\/(?:play|whisper)$/.test(route.path)) return { text: 'Hello' }
  const action = actionBodies[route.path.split('/').at(-1) ?? '']
  if (action && route.path.includes(':')) return action
  const { examples } = (route.body ?? {}) as { examples?: readonly object[] }
  return examples?.[0] ?? {}
}

describe.each(withBody)('%s', (_name, route) => {
  test.each([
    ['nothing', undefined, 'application/json', 400],
    ['bad JSON', '{"a":', 'application/json', 400],
    ['a list', '[]', 'application/json', 400],
    ['null', 'null', 'application/json', 400],
    ['text', 'to=1', 'text/plain', 415],
    ['XML', '<a/>', 'application/xml', 415],
    ['10 MB', `{"a":"${'x'.repeat(10_000_000)}"}`, 'application/json', 413],
    [
      'a thousand deep',
      `{"verbs":${'['.repeat(1000)}${']'.repeat(1000)}}`,
      'application/json',
      400,
    ],
    ['bytes', Buffer.from([0xff, 0xfe, 0, 1]), 'application/json', 400],
  ])('%s', async (what, payload, type, wrong) => {
    const [made] = Object.keys(route.operation.replies).map(Number)
    const taken = route.path.includes(':') ? 404 : made
    // A route for files takes that much, and sees then that it is none.
    const isTooMuch = what !== '10 MB' || (route.bodyBytes ?? 0) < 10_000_000
    const refused = isTooMuch ? wrong : 400
    const status = what === 'nothing' && route.bodyIsOptional ? taken : refused
    const headers = { 'x-api-key': key, 'content-type': type }
    expect((await send(route, { payload, headers })).statusCode).toBe(status)
    expect(await things()).toEqual(before)
  })

  const names = Object.keys((route.body as { properties?: object }).properties ?? {})
  test.each(names)('wrong types for %s', async (name) => {
    for (const value of [1e308, -1, {}, [[]], '', 'x'.repeat(5000), true, '\u0000', null, NaN]) {
      await send(route, { payload: { [name]: value } })
    }
    // Nothing has all that it needs with one field only, but an update may.
    if (route.operation.replies[201]) expect(await things()).toEqual(before)
  })

  test('fuzz', async () => {
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom('+61412345678', 'completed', 'GET', 'https://a.example/', 'desk', 12345),
      fc.array(fc.record({ verb: fc.constantFrom('say', 'gather', 'dial', 'pause', 'x') })),
    )
    const body = fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), value)
    await fc.assert(
      fc.asyncProperty(body, async (payload) => {
        await send(route, { payload })
      }),
      { numRuns: 60 },
    )
  })
})

test.each(withQuery)('%s: fuzzed queries', async (_name, route) => {
  const names = Object.keys((route.query as { properties?: object }).properties ?? {})
  const pair = fc.tuple(
    fc.oneof(fc.constantFrom(...names), fc.string()),
    fc.oneof(fc.string(), fc.integer().map(String), fc.constantFrom('2026-01-01', 'completed')),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(pair, { maxLength: 5 }), async (pairs) => {
      await send(route, { query: `?${new URLSearchParams(pairs).toString()}` })
    }),
    { numRuns: 60 },
  )
})

test('fuzzed addresses and keys', async () => {
  await fc.assert(
    fc.asyncProperty(fc.webPath(), fc.string(), async (path, guess) => {
      const headers = { 'x-api-key': encodeURIComponent(guess) || 'x' }
      const { statusCode } = await lab.app.inject({ url: `/v1/voice/calls/${path}`, headers })
      expect([401, 404]).toContain(statusCode)
    }),
    { numRuns: 100 },
  )
})

test('nothing of all this was a bug', () => {
  expect(lab.log.lines).toEqual([])
})
