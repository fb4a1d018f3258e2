import { Type } from 'typebox'
import { afterEach, describe, expect, test } from 'vitest'
import type { BodyReader, Dialect } from '../../../engine/api/dialect.ts'
import { route } from '../../../engine/api/dialect.ts'
import type { ApiOptions } from '../../../engine/api/options.ts'
import { Failure } from '../../../engine/core/failures.ts'
import { type ApiLab, apiLab, key, otherKey, ours, theirs } from './api-lab.ts'

const operation = { summary: 'x', tag: 'x', replies: { 200: { says: 'fine' } } }

/** A dialect that tells who was let in. */
const mirror = (changes: Partial<Dialect> = {}): Dialect => ({
  id: 'mirror',
  title: 'Mirror',
  description: 'Tells who asks.',
  bases: ['/mirror'],
  credentials: { places: ['x-api-key', 'bearer'], kinds: ['key'] },
  errorSchema: Type.Object({ refused: Type.String() }),
  renderError: ({ code }) => ({ refused: code }),
  routes: [
    route({
      method: 'GET',
      path: '/mirror',
      operation: { ...operation, id: 'look' },
      run: async ({ account, claims, prefersAsync }) => ({
        status: 200,
        body: { name: account.name, kind: claims?.kind ?? null, prefersAsync },
      }),
    }),
    route({
      method: 'POST',
      path: '/mirror',
      body: Type.Record(Type.String(), Type.Unknown()),
      operation: { ...operation, id: 'echo' },
      run: async ({ body }) => ({ status: 200, body }),
    }),
    route({
      method: 'POST',
      path: '/mirror/login',
      body: Type.Object({ password: Type.String() }),
      credentialIn: ({ password }) => password,
      operation: { ...operation, id: 'logIn' },
      run: async ({ account }) => ({ status: 200, body: { name: account.name } }),
    }),
  ],
  ...changes,
})

let lab: ApiLab | undefined
afterEach(() => lab?.close())
const open = async (dialect: Dialect, changes: Partial<ApiOptions> = {}): Promise<ApiLab> => {
  lab = await apiLab({ dialects: [dialect], ...changes })
  return lab
}
const basic = (user: string, password = '') =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

describe('where a credential may stand', () => {
  const forms = {
    'x-api-key': { 'x-api-key': key },
    token: { token: key },
    bearer: { authorization: `Bearer ${key}` },
    'basic-user': { authorization: basic(key) },
    raw: { authorization: key },
  } as const
  const places = Object.keys(forms) as (keyof typeof forms)[]

  test.each(places)('%s alone', async (place) => {
    const { app } = await open(mirror({ credentials: { places: [place], kinds: ['key'] } }))
    for (const other of places) {
      const { statusCode } = await app.inject({ url: '/mirror', headers: forms[other] })
      expect([other, statusCode]).toEqual([other, other === place ? 200 : 401])
    }
  })

  test('a password beside the user name does not matter, another user name does', async () => {
    const credentials = { places: ['basic-user'], kinds: ['key'] } as const
    const { app } = await open(mirror({ credentials }))
    const ask = async (authorization: string) =>
      (await app.inject({ url: '/mirror', headers: { authorization } })).statusCode
    expect(await ask(basic(key, 'anything:at all'))).toBe(200)
    expect(await ask(basic('', key))).toBe(401)
    expect(await ask('Basic %%%')).toBe(401)
    expect(await ask('Basic')).toBe(401)
  })

  test('the first place that holds one counts', async () => {
    const { app } = await open(mirror())
    const headers = { 'x-api-key': 'wrong', authorization: `Bearer ${key}` }
    expect((await app.inject({ url: '/mirror', headers })).statusCode).toBe(401)
    const empty = { ...headers, 'x-api-key': '' }
    expect((await app.inject({ url: '/mirror', headers: empty })).statusCode).toBe(200)
  })

  test.each([
    [['basic-user'], 'Basic realm="ringdown"'],
    [['bearer'], 'Bearer'],
  ] as const)('%j is asked for by %s', async (asked, challenge) => {
    const { app } = await open(mirror({ credentials: { places: asked, kinds: ['key'] } }))
    const answer = await app.inject({ url: '/mirror' })
    expect(answer.headers['www-authenticate']).toBe(challenge)
    expect(answer.json()).toEqual({ refused: 'unauthorized' })
  })
})

describe('tokens', () => {
  const ask = async (bearer: string, kinds: Dialect['credentials']['kinds']) => {
    await lab?.close()
    const { app } = await open(mirror({ credentials: { places: ['bearer'], kinds } }))
    return app.inject({ url: '/mirror', headers: { authorization: `Bearer ${bearer}` } })
  }
  const tokenOf = async (accountId: typeof ours.id | undefined) => {
    lab ??= await apiLab()
    const claims = { accountId, kind: 'staff', subject: null, businesses: undefined }
    return lab.options.services.tokens.issue(claims, 60)
  }

  test('speak for their account, or for the first one', async () => {
    expect((await ask(await tokenOf(theirs.id), ['token'])).json()).toMatchObject({
      name: theirs.name,
      kind: 'staff',
    })
    const first = await ask(await tokenOf(undefined), ['token'])
    expect(first.json()).toMatchObject({ name: ours.name })
  })

  test('are nothing where only keys count, and the other way round', async () => {
    expect((await ask(await tokenOf(ours.id), ['key'])).statusCode).toBe(401)
    expect((await ask(key, ['token'])).statusCode).toBe(401)
    expect((await ask(key, ['key', 'token'])).json()).toMatchObject({ kind: null })
  })

  test('of an account that is not there are not valid', async () => {
    const nobody = '00000000-0000-4000-8000-00000000000f' as typeof ours.id
    expect((await ask(await tokenOf(nobody), ['token'])).statusCode).toBe(401)
  })
})

describe('a log-in', () => {
  test.each([
    [{ password: otherKey }, 200, { name: theirs.name }],
    [{ password: 'wrong' }, 401, { refused: 'unauthorized' }],
    [{}, 400, { refused: 'missing_parameter' }],
  ])('%j', async (payload, status, body) => {
    const { app } = await open(mirror())
    const answer = await app.inject({ method: 'POST', url: '/mirror/login', payload })
    expect([answer.statusCode, answer.json()]).toEqual([status, body])
  })
})

describe('HTTPS', () => {
  const https = { 'x-api-key': key, 'x-forwarded-proto': 'https' }
  const shouted = { ...https, 'x-forwarded-proto': 'HTTPS' }
  const cases: readonly [string, Partial<ApiOptions>, object, number][] = [
    ['plain', {}, { 'x-api-key': key }, 403],
    ['a header that anybody can send', {}, https, 403],
    ['the header of a trusted proxy', { trustedProxies: ['127.0.0.0/8'] }, https, 200],
    ['that in capitals', { trustedProxies: ['127.0.0.1'] }, shouted, 200],
    ['another proxy', { trustedProxies: ['10.0.0.1'] }, https, 403],
    ['plain where it is allowed', { plainHttp: 'allow' }, { 'x-api-key': key }, 200],
  ]
  test.each(cases)('%s', async (_name, options, headers, status) => {
    const { app } = await open(mirror({ needsHttps: true }), options)
    const answer = await app.inject({ url: '/mirror', headers: { ...headers } })
    expect(answer.statusCode).toBe(status)
  })

  test('the operator can demand it of every dialect', async () => {
    const { app } = await open(mirror(), { plainHttp: 'refuse', trustedProxies: ['127.0.0.1'] })
    const plain = await app.inject({ url: '/mirror', headers: { 'x-api-key': key } })
    expect([plain.statusCode, plain.json()]).toEqual([403, { refused: 'https_required' }])
    expect((await app.inject({ url: '/mirror', headers: https })).statusCode).toBe(200)
  })

  test('is looked at before the key, and at a log-in too', async () => {
    const { app } = await open(mirror({ needsHttps: true }))
    expect((await app.inject({ url: '/mirror' })).json()).toEqual({ refused: 'https_required' })
    const payload = { password: key }
    const logIn = await app.inject({ method: 'POST', url: '/mirror/login', payload })
    expect(logIn.statusCode).toBe(403)
  })
})

describe('bodies', () => {
  const shouted: BodyReader = {
    type: 'text/plain',
    read(text) {
      if (text === 'bad') throw new Failure('invalid_json', 'not that')
      return { text }
    },
  }
  const post = async (type: string, payload: string) => {
    const { app } = await open(mirror({ bodies: [shouted] }))
    const headers = { 'x-api-key': key, 'content-type': type }
    const answer = await app.inject({ method: 'POST', url: '/mirror', headers, payload })
    return [answer.statusCode, answer.json()]
  }

  test('of a type of its own, beside JSON', async () => {
    expect(await post('text/plain; charset=utf-8', 'hello')).toEqual([200, { text: 'hello' }])
    expect(await post('application/json', '{"a":1}')).toEqual([200, { a: 1 }])
    expect(await post('text/plain', 'bad')).toEqual([400, { refused: 'invalid_json' }])
    expect(await post('text/html', 'x')).toEqual([415, { refused: 'unsupported_media_type' }])
  })

  test('a reader takes the place of JSON', async () => {
    const reader = { ...shouted, type: 'application/json' }
    const { app } = await open(mirror({ bodies: [reader] }))
    const headers = { 'x-api-key': key, 'content-type': 'application/json' }
    const answer = await app.inject({ method: 'POST', url: '/mirror', headers, payload: '<>' })
    expect(answer.json()).toEqual({ text: '<>' })
  })
})

test('a dialect has a limit of its own, for each account, and statuses of its own', async () => {
  const statusOf = ({ code, http }: Failure) => (code === 'rate_limited' ? 420 : http)
  const { app } = await open(mirror({ requestsPerSecond: 2, statusOf }))
  const ask = async (who: string) => app.inject({ url: '/mirror', headers: { 'x-api-key': who } })
  expect((await ask(key)).statusCode).toBe(200)
  expect((await ask(key)).statusCode).toBe(200)
  const third = await ask(key)
  expect([third.statusCode, third.headers['retry-after']]).toEqual([420, '1'])
  expect((await ask(otherKey)).statusCode).toBe(200)
})

test.each([
  ['respond-async', true],
  ['wait=10, Respond-Async; x=1', true],
  ['respond-asynchronously', false],
  ['', false],
])('Prefer: %s', async (prefer, expected) => {
  const { app } = await open(mirror())
  const answer = await app.inject({ url: '/mirror', headers: { 'x-api-key': key, prefer } })
  expect(answer.json()).toMatchObject({ prefersAsync: expected })
})
