import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { telefonie } from '../../../engine/api/dialects/telefonie/index.ts'
import { changeAccount, closeAccount } from '../../../engine/app/directory/accounts.ts'
import { setApplication } from '../../../engine/app/directory/application.ts'
import { createDevice } from '../../../engine/app/directory/devices.ts'
import { setLimits } from '../../../engine/app/directory/limits.ts'
import { createNumber } from '../../../engine/app/directory/numbers.ts'
import { noLimits } from '../../../engine/core/account-limits.ts'
import { keyHash } from '../../../engine/core/digest.ts'
import type { CallId } from '../../../engine/core/ids.ts'
import { type ApiLab, apiLab, callRecord, otherKey, ours, startMs, theirs } from './api-lab.ts'

let lab: ApiLab
beforeEach(async () => {
  lab = await apiLab()
})
afterEach(() => lab.close())

type Body = Record<string, unknown>
const nobody = '99999999-2222-4333-8444-555555555555'
const by = (key: string) => ({ 'x-api-key': key })
const ask = async (method: string, url: string, payload?: object, key?: string) => {
  const headers = key === undefined ? {} : by(key)
  const request = { method: method as 'GET', url: `/v1/voice${url}`, headers }
  const { status, body } = await lab.ask({ ...request, ...(payload && { payload }) })
  return { status, body: body as Body, code: (body as { error?: Body })?.error?.['code'] }
}
const madeKey = async (wish: object, key?: string) =>
  String((await ask('POST', '/keys', wish, key)).body['key'])

describe('the operator', () => {
  test('makes an account with a first key, finds, changes, suspends and closes it', async () => {
    const made = await ask('POST', '/accounts', { name: 'Harbour', requests_per_second: 7 })
    const { account, key } = made.body as { account: Body; key: Body }
    expect([made.status, account]).toEqual([
      201,
      {
        ...{ id: expect.any(String), name: 'Harbour', status: 'active', operator: false },
        ...{ default_number: null, record_trigger_calls: false, requests_per_second: 7 },
        listen_notice: 'none',
        date_created: new Date(startMs).toISOString(),
      },
    ])
    const theirKey = String(key['key'])
    expect(theirKey).toMatch(/^sk_live_[A-Za-z0-9]{32}$/)
    expect((await ask('GET', '/account', undefined, theirKey)).body).toEqual({
      ...account,
      key: { scopes: ['read', 'calls', 'manage', 'money'], test: false },
    })
    const url = `/accounts/${String(account['id'])}`
    expect((await ask('GET', url)).body).toEqual(account)
    const { total, accounts } = (await ask('GET', '/accounts?page_size=1&page=3')).body
    expect([total, accounts]).toEqual([3, [account]])

    const suspended = await ask('PATCH', url, { status: 'suspended', name: 'Harbour Realty' })
    expect(suspended.body).toEqual({ ...account, name: 'Harbour Realty', status: 'suspended' })
    const refused = await ask('GET', '/calls', undefined, theirKey)
    expect([refused.status, refused.code]).toEqual([403, 'account_suspended'])
    expect((await ask('GET', '/account', undefined, theirKey)).body['status']).toBe('suspended')
    expect((await ask('PATCH', '/account', { name: 'x' }, theirKey)).code).toBe('account_suspended')
    await ask('PATCH', url, { status: 'active', requests_per_second: null })
    expect((await ask('GET', '/calls', undefined, theirKey)).status).toBe(200)

    expect((await ask('DELETE', url)).status).toBe(204)
    expect((await ask('GET', '/account', undefined, theirKey)).status).toBe(401)
    expect((await ask('GET', url)).body['status']).toBe('closed')
    expect((await ask('PATCH', url, { status: 'active' })).code).toBe('account_closed')
  })

  test('frees the numbers and devices of an account that he closes, and no others', async () => {
    const { directory } = lab.options.services
    const route = { kind: 'verbs', verbs: [{ verb: 'hangup' }] } as never
    const taken = { number: '+61255500999', route }
    await createNumber(directory, theirs.id, taken)
    await createDevice(directory, theirs.id, { username: 'harbour-desk' })
    await createNumber(directory, ours.id, { number: '+61255500998', route })
    await changeAccount(directory, theirs.id, { defaultNumber: taken.number })
    await expect(createNumber(directory, ours.id, taken)).rejects.toThrow(/already/)
    expect((await ask('DELETE', `/accounts/${theirs.id}`)).status).toBe(204)
    expect((await lab.store.accounts.get(theirs.id))?.defaultNumber).toBeNull()
    expect((await createNumber(directory, ours.id, taken)).accountId).toBe(ours.id)
    const { device } = await createDevice(directory, ours.id, { username: 'harbour-desk' })
    expect(device.accountId).toBe(ours.id)
    expect((await lab.store.numbers.byNumber('+61255500998'))?.accountId).toBe(ours.id)
  })

  test('ends the calls of an account that he closes', async () => {
    const call = callRecord({ accountId: theirs.id, status: 'in-progress', answeredAtMs: startMs })
    await lab.put(call)
    await ask('DELETE', `/accounts/${theirs.id}`)
    expect((await lab.store.calls.get(theirs.id, call.id as CallId))?.status).toBe('canceled')
  })

  test('changes what somebody else changes at the same time: neither is lost', async () => {
    const { directory } = lab.options.services
    await Promise.all([
      changeAccount(directory, theirs.id, { name: 'Harbour' }),
      changeAccount(directory, theirs.id, { status: 'suspended' }),
      setLimits(directory, theirs, { ...noLimits, maxCalls: 3 }),
      setApplication(directory, theirs, undefined),
    ])
    expect(await lab.store.accounts.get(theirs.id)).toMatchObject({
      ...{ name: 'Harbour', status: 'suspended', limits: { maxCalls: 3 } },
    })
    await Promise.allSettled([
      closeAccount(directory, theirs.id),
      changeAccount(directory, theirs.id, { name: 'Quay' }),
    ])
    expect(await lab.store.accounts.get(theirs.id)).toMatchObject({
      ...{ name: 'Harbour', status: 'closed' },
    })
  })

  test('can neither suspend nor close himself', async () => {
    const url = `/accounts/${ours.id}`
    expect((await ask('PATCH', url, { status: 'suspended' })).code).toBe('invalid_request')
    expect((await ask('DELETE', url)).code).toBe('invalid_request')
  })

  test('sets the limits of others, and makes keys for them', async () => {
    const url = `/accounts/${theirs.id}`
    expect((await ask('PUT', `${url}/limits`, { max_calls: 3 })).body).toMatchObject({
      max_calls: 3,
    })
    expect((await lab.store.accounts.get(theirs.id))?.limits?.maxCalls).toBe(3)
    expect((await ask('GET', `${url}/limits`)).body['max_calls']).toBe(3)
    const { body } = await ask('POST', `${url}/keys`, { name: 'found again' })
    expect((await ask('GET', '/account', undefined, String(body['key']))).body['id']).toBe(
      theirs.id,
    )
  })

  const operators = telefonie.routes.filter(({ needs }) => needs === 'operator')
  test('is the only one who may ask what is the installation', async () => {
    expect(operators.length).toBeGreaterThan(15)
    const paths = operators.map(({ path }) => path)
    for (const one of ['trunks', 'bans', 'accounts']) {
      expect(paths).toContain(`/v1/voice/${one}`)
      const all = telefonie.routes.filter(({ path }) => path.startsWith(`/v1/voice/${one}`))
      expect(all.every(({ needs }) => needs === 'operator')).toBe(true)
    }
    for (const { method, path } of operators) {
      const url = path.replaceAll(/:\w+/g, nobody).replace('/v1/voice', '')
      const refused = await ask(method, url, method === 'GET' ? undefined : {}, otherKey)
      expect([path, refused.status, refused.code]).toEqual([path, 403, 'forbidden'])
    }
  })
})

describe('an account', () => {
  test('changes its name and default number, and nothing that is the operator’s', async () => {
    const number = '+61255501234'
    const mine = { number, route: { url: 'https://app.example/' } }
    const change = (payload: object) => ask('PATCH', '/account', payload, otherKey)
    expect((await change({ default_number: number })).code).toBe('from_not_owned')
    await ask('POST', '/numbers', mine, otherKey)
    const { body } = await change({ default_number: number, name: 'They' })
    expect([body['default_number'], body['name']]).toEqual([number, 'They'])
    for (const notice of ['words', 'none']) {
      expect((await change({ listen_notice: notice })).body['listen_notice']).toBe(notice)
    }
    expect((await change({ listen_notice: 'shout' })).status).toBe(400)
    expect((await change({ status: 'active' })).code).toBe('unknown_parameter')
    expect((await ask('PUT', '/limits', {}, otherKey)).code).toBe('forbidden')
  })

  test('has the rate of requests that it was given', async () => {
    await ask('PATCH', `/accounts/${theirs.id}`, { requests_per_second: 2 })
    const headers = by(otherKey)
    const statuses: number[] = []
    for (let time = 0; time < 3; time++) {
      const answer = await lab.ask({ url: '/v1/voice/calls', headers })
      statuses.push(answer.status)
      if (answer.status === 429) expect(answer.headers['retry-after']).toBe('1')
    }
    expect(statuses).toEqual([200, 200, 429])
  })
})

describe('a key', () => {
  test('is shown once, stored as its hash, and listed by how it begins', async () => {
    const { status, body } = await ask('POST', '/keys', { name: 'reports', scopes: ['read'] })
    const { key, ...shown } = body
    expect([status, shown]).toEqual([
      201,
      {
        ...{ id: expect.any(String), name: 'reports', hint: `${String(key).slice(0, 12)}…` },
        ...{ scopes: ['read'], test: false, expires_at: null, last_used: null },
        date_created: new Date(startMs).toISOString(),
      },
    ])
    expect(JSON.stringify((await ask('GET', '/keys')).body)).not.toContain(String(key))
    expect((await ask('GET', `/keys/${String(shown['id'])}`)).body).toEqual(shown)
    expect((await lab.store.keys.byHash(keyHash(String(key))))?.account.id).toBe(ours.id)
  })

  test('says when it was used, to the minute', async () => {
    const key = await madeKey({})
    const lastUsed = async () => {
      await ask('GET', '/account', undefined, key)
      return (await lab.store.keys.byHash(keyHash(key)))?.key.lastUsedAtMs
    }
    expect(await lastUsed()).toBe(startMs)
    lab.time.nowMs += 59_000
    expect(await lastUsed()).toBe(startMs)
    lab.time.nowMs += 1_000
    expect(await lastUsed()).toBe(startMs + 60_000)
  })

  test('does what its scopes say', async () => {
    const read = await madeKey({ scopes: ['read'] })
    const calls = await madeKey({ scopes: ['calls'] })
    const held = async (key?: string) => (await ask('GET', '/account', undefined, key)).body['key']
    expect(await held(read)).toEqual({ scopes: ['read'], test: false })
    expect(await held(await madeKey({ scopes: ['read'], test: true }))).toEqual({
      ...{ scopes: ['read'], test: true },
    })
    expect(await held()).toMatchObject({
      scopes: ['read', 'calls', 'manage', 'money', 'operator'],
    })
    const call = { to: '+61412345678', from: '+15005550000' }
    expect((await ask('GET', '/calls', undefined, read)).status).toBe(200)
    expect((await ask('POST', '/calls', call, read)).code).toBe('forbidden')
    expect((await ask('POST', '/calls', call, calls)).status).toBe(201)
    expect((await ask('GET', '/calls', undefined, calls)).code).toBe('forbidden')
    expect((await ask('POST', '/devices', { username: 'phone' }, calls)).code).toBe('forbidden')
    expect((await ask('GET', '/trunks', undefined, read)).code).toBe('forbidden')
    // It would delete a recording.
    const message = '/voicemail-boxes/VM0000000001/messages/x'
    expect((await ask('DELETE', message, undefined, calls)).code).toBe('forbidden')
  })

  test('gives its own account no more by the route for others either', async () => {
    const own = `/accounts/${ours.id}/keys`
    const operator = await madeKey({ scopes: ['operator'] })
    expect((await ask('POST', own, {}, operator)).body).toMatchObject({ scopes: ['operator'] })
    const more = await ask('POST', own, { scopes: ['operator', 'calls'] }, operator)
    expect(more.code).toBe('forbidden')
    const testKey = await madeKey({ test: true })
    for (const { id } of [ours, theirs]) {
      const live = await ask('POST', `/accounts/${id}/keys`, { test: false }, testKey)
      expect(live.code).toBe('forbidden')
    }
  })

  test('gives no more than it has', async () => {
    const manage = await madeKey({ scopes: ['read', 'manage'] })
    const make = (wish: object, key: string) => ask('POST', '/keys', wish, key)
    expect((await make({ scopes: ['calls'] }, manage)).code).toBe('forbidden')
    expect((await make({ scopes: null }, manage)).code).toBe('forbidden')
    expect((await make({}, manage)).body['scopes']).toEqual(['read', 'manage'])
    const own = (await ask('GET', '/keys')).body['keys'] as Body[]
    const all = own.find(({ scopes }) => scopes === null)
    const change = await ask('PATCH', `/keys/${String(all?.['id'])}`, { name: 'x' }, manage)
    expect(change.code).toBe('forbidden')
    expect((await make({ scopes: ['operator'] }, otherKey)).code).toBe('forbidden')
    const test = await madeKey({ test: true })
    expect(test).toMatch(/^sk_test_/)
    expect((await make({ test: false }, test)).code).toBe('forbidden')
  })

  test('ends when it says, or is revoked; not by itself', async () => {
    const expires_at = new Date(startMs + 60_000).toISOString()
    const key = await madeKey({ expires_at })
    expect((await ask('GET', '/account', undefined, key)).status).toBe(200)
    lab.time.nowMs += 60_000
    expect((await ask('GET', '/account', undefined, key)).status).toBe(401)
    expect((await ask('POST', '/keys', { expires_at })).code).toBe('invalid_request')
    const { body } = await ask('POST', '/keys', {})
    const [url, made] = [`/keys/${String(body['id'])}`, String(body['key'])]
    expect((await ask('DELETE', url, undefined, made)).code).toBe('forbidden')
    expect((await ask('DELETE', url)).status).toBe(204)
    expect((await ask('GET', '/account', undefined, made)).status).toBe(401)
    expect((await ask('DELETE', url)).status).toBe(404)
  })
})

/** What is not about calls says what it needs: whoever adds a route thinks of it here. */
test('routes that need no more than calls are about calls', () => {
  const tags = new Set(
    telefonie.routes
      .filter(({ method, needs }) => method !== 'GET' && needs === undefined)
      .map(({ operation }) => operation.tag),
  )
  const aboutCalls = ['Calls', 'Call control', 'Conferences', 'Queues', 'Messages', 'Announcements']
  const alsoFine = ['Devices', 'Device page', 'Live actions', 'Trunks', 'Media', 'Voicemails']
  for (const tag of aboutCalls.concat(alsoFine)) tags.delete(tag)
  expect([...tags], 'say `needs` in these routes, or add their tag here').toEqual([])
})

describe('a session of a browser', () => {
  const logIn = async (key: string, https = false) => {
    const request = { method: 'POST' as const, url: '/v1/voice/sessions', payload: { key } }
    const answer = await lab.app.inject({ ...request, ...(https && { headers: {} }) })
    return { answer, cookie: String(answer.headers['set-cookie']).split(';')[0] ?? '' }
  }
  const see = (headers: Record<string, string>, method: 'GET' | 'POST' = 'GET') =>
    lab.app.inject({
      ...{ method, url: '/v1/voice/calls', headers },
      ...(method === 'POST' && { payload: { to: '+61412345678', from: '+15005550000' } }),
    })

  test('stands for the key, as a cookie that scripts do not see', async () => {
    const { answer, cookie } = await logIn(otherKey)
    expect(answer.statusCode).toBe(201)
    const said = String(answer.headers['set-cookie'])
    expect(said).toMatch(
      /^ringdown_session=\S+; Path=\/v1\/voice; Max-Age=28800; HttpOnly; SameSite=Strict$/,
    )
    expect(said).not.toContain(otherKey)
    expect((await see({ cookie })).statusCode).toBe(200)
    expect((await see({ cookie: `a=b; ${cookie}x` })).statusCode).toBe(401)
    expect((await logIn('sk_live_guess')).answer.statusCode).toBe(401)
  })

  test('changes nothing for other sites', async () => {
    const { cookie } = await logIn(otherKey)
    const statuses = async (headers: Record<string, string>) => [
      (await see({ cookie, ...headers })).statusCode,
      (await see({ cookie, ...headers }, 'POST')).statusCode,
    ]
    expect(await statuses({})).toEqual([200, 403])
    expect(await statuses({ 'sec-fetch-site': 'same-site' })).toEqual([403, 403])
    expect(await statuses({ 'sec-fetch-site': 'cross-site' })).toEqual([403, 403])
    expect(await statuses({ 'sec-fetch-site': 'same-origin' })).toEqual([200, 201])
    expect(await statuses({ 'x-ringdown-session': '1' })).toEqual([200, 201])
  })

  test('ends with its key, and after eight hours; has no more scopes', async () => {
    const { body } = await ask('POST', '/keys', { scopes: ['read'] }, otherKey)
    const { cookie } = await logIn(String(body['key']))
    expect((await see({ cookie, 'x-ringdown-session': '1' }, 'POST')).statusCode).toBe(403)
    await ask('DELETE', `/keys/${String(body['id'])}`, undefined, otherKey)
    expect((await see({ cookie })).statusCode).toBe(401)
    const again = await logIn(otherKey)
    lab.time.nowMs += 8 * 3_600_000 + 6_000
    expect((await see({ cookie: again.cookie })).statusCode).toBe(401)
  })

  test('is no bearer token', async () => {
    const { cookie } = await logIn(otherKey)
    const token = cookie.split('=')[1] ?? ''
    expect((await see({ authorization: `Bearer ${token}` })).statusCode).toBe(401)
  })
})

test('a test key changes nothing of what the account has', async () => {
  const testKey = await madeKey({ test: true })
  const device = await ask('POST', '/devices', { username: 'desk-1' })
  const deviceId = String(device.body['id'])
  const before = (await ask('GET', '/webhooks')).body
  for (const [method, url, body] of [
    ['POST', '/devices', { username: 'desk-2' }],
    ['POST', `/devices/${deviceId}/password`, undefined],
    ['POST', `/devices/${deviceId}/tokens`, {}],
    ['POST', '/numbers', { number: '+61255501234', route: { device: 'desk-1' } }],
    ['POST', '/keys', {}],
    ['POST', '/webhooks', { url: 'https://app.example.com/', events: ['*'] }],
    ['POST', '/conferences', { friendly_name: 'Monday' }],
    ['POST', '/messages', { to: 'desk-1', text: 'hello' }],
    ['POST', '/parked/701/pickup', { to: '+15005550140' }],
    ['POST', '/accounts', { name: 'Harbour' }],
    ['DELETE', `/devices/${deviceId}`, undefined],
  ] as const) {
    const { status, code } = await ask(method, url, body, testKey)
    expect([url, status, code]).toEqual([url, 403, 'forbidden'])
  }
  expect((await ask('GET', '/devices', undefined, testKey)).status).toBe(200)
  expect((await ask('GET', `/devices/${deviceId}`)).status).toBe(200)
  expect((await ask('GET', '/webhooks')).body).toEqual(before)
})

test('a test key does nothing to calls that it has not made', async () => {
  const testKey = await madeKey({ test: true })
  const { id } = await lab.put(callRecord())
  const made = await lab.put(callRecord({ id: randomUUID() as CallId, isTest: true }))
  const to = '+61412345678'
  for (const [method, url, body] of [
    ['POST', `/calls/${id}/transfer`, { to }],
    ['POST', `/calls/${made.id}/bridge`, { call_id: id }],
    ['DELETE', `/calls/${id}`, undefined],
  ] as const) {
    const { status, code } = await ask(method, url, body, testKey)
    expect([url, status, code]).toEqual([url, 403, 'forbidden'])
  }
  expect((await ask('GET', `/calls/${id}`, undefined, testKey)).status).toBe(200)
  expect((await ask('DELETE', `/calls/${made.id}`, undefined, testKey)).status).toBe(204)
  expect((await ask('DELETE', `/calls/${id}`)).status).toBe(204)
})
