import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createTokens } from '../../../../engine/tokens/index.ts'
import { key, otherKey, startMs, tokenSecret } from '../api-lab.ts'
import { type FoneLab, openFoneLab } from './lab.ts'

let lab: FoneLab
beforeEach(async () => {
  lab = await openFoneLab()
})
afterEach(() => lab.close())

const path = '/v2/auth'
const user = { username: 'anybody', password: key }
const logIn = (body: unknown, headers = {}) =>
  lab.ask('POST', path, { body, headers: { token: '', ...headers } })
const devices = (headers: Record<string, string>) =>
  lab.ask('GET', '/v2/devices', { headers: { token: '', 'x-api-key': '', ...headers } })

describe('logging in', () => {
  test('by JSON: the token works in both headers, for an hour', async () => {
    const { status, body } = await logIn(user)
    const expires = new Date(lab.calls.clock.nowMs() + 3_600_000).toISOString()
    expect({ status, body }).toMatchObject({ status: 201, body: { auth: { expires } } })
    expect(body.authorization).toEqual(body.auth)
    const { token } = body.auth
    expect((await devices({ token })).status).toBe(200)
    expect((await devices({ authorization: `Bearer ${token}` })).status).toBe(200)
    lab.api.time.nowMs = startMs + 3_590_000
    expect((await devices({ token })).status).toBe(200)
    lab.api.time.nowMs = startMs + 3_610_000
    expect((await devices({ token })).status).toBe(401)
  })

  test('by form, for as long as is asked', async () => {
    const body = new URLSearchParams({ ...user, expires: '60' }).toString()
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await logIn(body, type)
    expect(answer.status).toBe(201)
    const { token } = answer.body.auth
    expect((await devices({ token })).status).toBe(200)
    lab.api.time.nowMs = startMs + 70_000
    expect((await devices({ token })).status).toBe(401)
  })

  test.each([
    ['a wrong password', { ...user, password: 'sk_test_wrong' }, 401, 'unauthorized'],
    ['the key of somebody who is not here', { ...user, password: otherKey }, 401, 'unauthorized'],
    ['no password', { username: 'me' }, 400, 'missing_parameter'],
    ['no user name', { password: key }, 400, 'missing_parameter'],
    ['an empty user name', { ...user, username: '' }, 400, 'invalid_request'],
    ['a life of no time', { ...user, expires: 0 }, 400, 'invalid_request'],
    ['a life of 24 hours and more', { ...user, expires: 86_401 }, 400, 'invalid_request'],
    ['a life of words', { ...user, expires: 'long' }, 400, 'invalid_request'],
  ])('%s', async (_, body, status, code) => {
    expect(await logIn(body)).toMatchObject({ status, body: { statusCode: status, code } })
  })

  test('a token is not a password', async () => {
    const { token } = (await logIn(user)).body.auth
    expect((await logIn({ ...user, password: token })).status).not.toBe(201)
  })
})

describe('who is let in', () => {
  test('an API key, in either header', async () => {
    expect((await devices({ token: key })).status).toBe(200)
    expect((await devices({ authorization: `Bearer ${key}` })).status).toBe(200)
  })

  test.each([
    ['nobody', {}],
    ['a key elsewhere', { 'x-api-key': key }],
    ['a forged token', { token: 'a.b.c' }],
  ])('not %s', async (_, headers) => {
    const answer = await devices(headers)
    expect(answer).toMatchObject({
      status: 401,
      body: { error: 'Unauthorized', code: 'unauthorized' },
    })
    expect(answer.headers['www-authenticate']).toBe('Bearer')
  })

  test('not a token that was made for another API: 403, and nobody is called', async () => {
    const clock = { nowMs: () => startMs }
    const tokens = await createTokens({ secret: tokenSecret, clock })
    const { id: accountId } = lab.calls.account
    const claims = { accountId, subject: null, businesses: undefined }
    const token = await tokens.issue({ ...claims, kind: 'staff' }, 600)
    expect(await devices({ token })).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    const body = { fonenumber: '5005550100', to: '5005550140', type: 'TTS', service_id: 'x' }
    const call = await lab.ask('POST', '/v2/calls', { body, headers: { token } })
    expect(call.status).toBe(403)
    expect((await lab.ask('GET', '/v2/speeddials', { headers: { token } })).status).toBe(403)
    expect(lab.calls.commands).toEqual([])
  })

  test('10 requests in a second, the 11th has to wait', async () => {
    const asked = await Promise.all(Array.from({ length: 11 }, () => devices({ token: key })))
    const statuses = asked.map(({ status }) => status).toSorted()
    expect(statuses).toEqual([...Array(10).fill(200), 429])
    const refused = asked.find(({ status }) => status === 429)
    expect(refused?.headers['retry-after']).toBe('1')
    expect(refused?.body).toMatchObject({ statusCode: 429, code: 'rate_limited' })
    lab.api.time.nowMs += 1_000
    expect((await devices({ token: key })).status).toBe(200)
  })
})
