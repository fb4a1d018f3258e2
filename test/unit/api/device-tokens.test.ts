/** Tokens of devices: who gets one, what it is, what it opens over HTTP, and when it ends. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createDevice, renewPassword } from '../../../engine/app/directory/devices.ts'
import type { DeviceRecord } from '../../../engine/core/ports/store.ts'
import { type ApiLab, apiLab, key, otherKey, ours, startMs, theirs } from './api-lab.ts'

const password = 'a password of a phone'
const basic = (user: string, secret: string): string =>
  `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`
const path = (name: string): string => `/v1/voice/devices/${name}/tokens`

let lab: ApiLab
let desk: DeviceRecord
beforeEach(async () => {
  lab = await apiLab()
  const made = await createDevice(lab.options.services.directory, ours.id, {
    ...{ username: 'desk', name: 'Front desk', password },
  })
  desk = made.device
  const foreign = { username: 'foreign', password }
  await createDevice(lab.options.services.directory, theirs.id, foreign)
})
afterEach(() => lab.close())

interface Answer {
  readonly status: number
  readonly body: {
    readonly token: string
    readonly expires_at: string
    readonly sip: { readonly authorization_username: string; readonly password: string }
    readonly error: { readonly code: string; readonly message: string }
  }
}
async function asked(url: string, headers: Record<string, string>, more: object = {}) {
  const answer = await lab.app.inject({ method: 'POST', url, headers, ...more })
  return { status: answer.statusCode, body: answer.json() } as Answer
}
const withKey = (name: string, payload?: object) =>
  asked(path(name), { 'x-api-key': key }, payload ? { payload } : {})
const withPassword = (name: string, user: string, secret: string) =>
  asked(path(name), { authorization: basic(user, secret) })
const withToken = (name: string, token: string) =>
  asked(path(name), { authorization: `Bearer ${token}` })

describe('a token', () => {
  test('says what SIP needs, beside it and in it', async () => {
    const { status, body } = await withKey('desk', { ttl: 600 })
    expect(status).toBe(201)
    const expiresAt = new Date(Math.floor(startMs / 1000) * 1000 + 600_000).toISOString()
    const { token, sip } = body
    expect(body).toEqual({
      ...{ token, expires_at: expiresAt, device_id: desk.id, username: 'desk' },
      ...{ display_name: 'Front desk', realm: 'ringdown', ice_servers: [] },
      sip: {
        url: '/sip',
        authorization_username: sip.authorization_username,
        password: sip.password,
      },
    })
    expect(token).toMatch(/^[A-Za-z0-9_-]+$/)
    expect(JSON.parse(Buffer.from(token, 'base64url').toString())).toEqual({
      ...{ version: 1, username: 'desk', displayName: 'Front desk', realm: 'ringdown', expiresAt },
      ...{ authorizationUsername: sip.authorization_username, secret: sip.password },
      ...{ url: '/sip', iceServers: [] },
    })
    expect(sip.authorization_username).toMatch(/^desk~[0-9a-z]+~[\w-]+$/)
  })

  test('is good for an hour unless it is asked for otherwise', async () => {
    const { body } = await withKey(desk.id)
    expect(Date.parse(body.expires_at)).toBe(Math.floor(startMs / 1000) * 1000 + 3_600_000)
  })

  test.each([59, 86_401, 60.5, '600'])('can not be had for %j seconds', async (ttl) => {
    const { status, body } = await withKey('desk', { ttl })
    expect([status, body.error.code]).toEqual([400, 'invalid_request'])
  })

  test('is another one each time', async () => {
    const [one, other] = [await withKey('desk'), await withKey('desk')]
    expect(one.body.sip.password).not.toBe(other.body.sip.password)
  })
})

describe('who gets one', () => {
  test("the account's key, by id or user name; for its own devices alone", async () => {
    expect((await withKey(desk.id)).status).toBe(201)
    for (const name of ['foreign', 'nobody', '00000000-0000-4000-8000-000000000009']) {
      expect((await withKey(name)).status).toBe(404)
    }
    expect((await asked(path('desk'), { 'x-api-key': otherKey })).status).toBe(404)
  })

  test('the device by its password, for itself', async () => {
    expect((await withPassword('desk', 'desk', password)).status).toBe(201)
    expect((await withPassword(desk.id, 'desk', password)).status).toBe(201)
    expect((await withPassword('foreign', 'desk', password)).status).toBe(403)
  })

  test('an unknown user looks like a wrong password', async () => {
    const known = await withPassword('desk', 'desk', `${password}!`)
    const unknown = await withPassword('nobody', 'nobody', password)
    expect(known.status).toBe(401)
    const { code, message } = known.body.error
    expect([unknown.status, unknown.body.error]).toMatchObject([401, { code, message }])
  })

  test('a browser is not made to show its own log-in window', async () => {
    const headers = { authorization: basic('desk', 'wrong') }
    const { headers: got } = await lab.app.inject({ method: 'POST', url: path('desk'), headers })
    expect(got['www-authenticate']).toBe('Bearer')
  })

  test('whoever guesses is locked out for a while, the right password too', async () => {
    for (let i = 0; i < 20; i++) await withPassword('desk', 'desk', `wrong ${i}`)
    const refused = await withPassword('desk', 'desk', password)
    expect([refused.status, refused.body.error.code]).toEqual([429, 'rate_limited'])
    lab.time.nowMs += 301_000
    expect((await withPassword('desk', 'desk', password)).status).toBe(201)
  })

  test('a token of the device, as long as it is good', async () => {
    const { token } = (await withKey('desk', { ttl: 60 })).body
    lab.time.nowMs += 58_000
    expect((await withToken('desk', token)).status).toBe(201)
    lab.time.nowMs += 2_000
    const message = 'The API key or token is not valid'
    expect(await withToken('desk', token)).toMatchObject({
      status: 401,
      body: { error: { code: 'unauthorized', message } },
    })
  })

  test('passwords are taken nowhere else', async () => {
    const headers = { authorization: basic('desk', password) }
    const { statusCode } = await lab.app.inject({ url: `/v1/voice/devices/${desk.id}`, headers })
    expect(statusCode).toBe(401)
  })
})

describe('what a token opens', () => {
  test('nothing of the account, nor of another device', async () => {
    const { token } = (await withKey('desk')).body
    const headers = { authorization: `Bearer ${token}` }
    for (const url of ['/v1/voice/devices', '/v1/voice/calls', `/v1/voice/devices/${desk.id}`]) {
      const answer = await lab.app.inject({ url, headers })
      expect([url, answer.statusCode, answer.json().error.code]).toEqual([url, 403, 'forbidden'])
    }
    expect((await withToken('foreign', token)).status).toBe(403)
    expect((await withToken('nobody', token)).status).toBe(403)
  })

  test('nothing at all in an API that does not know of devices', async () => {
    const { token } = (await withKey('desk')).body
    const headers = { authorization: `Bearer ${token}`, 'x-forwarded-proto': 'https' }
    const url = '/api/v1/telephony/calls'
    expect((await lab.app.inject({ url, headers })).statusCode).not.toBe(200)
  })

  test('nothing, once one letter of it is another', async () => {
    const { token } = (await withKey('desk')).body
    const content = JSON.parse(Buffer.from(token, 'base64url').toString())
    const forged = (changes: object): string =>
      Buffer.from(JSON.stringify({ ...content, ...changes })).toString('base64url')
    const later = content.authorizationUsername.replace(/~\w+~/, '~zzzzzz~')
    const changes = [
      { secret: `${content.secret}x` },
      { authorizationUsername: later },
      { authorizationUsername: content.authorizationUsername.replace('desk', 'foreign') },
      { version: 2 },
      { secret: 7 },
    ]
    for (const change of changes) {
      const { status } = await withToken('desk', forged(change))
      expect([change, status]).toEqual([change, 401])
    }
    expect((await withToken('desk', forged({}))).status).toBe(201)
    for (const none of ['bnVsbA', 'W10', '____', 'a'.repeat(9000)]) {
      expect((await withToken('desk', none)).status).toBe(401)
    }
  })
})

describe('a token ends', () => {
  test('with the password that it hangs on', async () => {
    const { token } = (await withKey('desk')).body
    await renewPassword(lab.options.services.directory, ours.id, desk.id)
    expect((await withToken('desk', token)).status).toBe(401)
  })

  test('with its device, and is not that of a new one by the same name', async () => {
    const { token } = (await withKey('desk')).body
    await lab.store.devices.remove(desk.id)
    expect((await withToken('desk', token)).status).toBe(401)
    const again = { username: 'desk', password: `${password} again` }
    await createDevice(lab.options.services.directory, ours.id, again)
    expect((await withToken('desk', token)).status).toBe(401)
  })
})

test('no log line holds a token, a password or what is in them', async () => {
  const { token, sip } = (await withPassword('desk', 'desk', password)).body
  await withPassword('desk', 'desk', 'a wrong password')
  await withToken('foreign', token)
  const lines = JSON.stringify(lab.log.lines)
  for (const secret of [token, sip.password, password, 'a wrong password']) {
    expect(lines).not.toContain(secret)
  }
})

test('the document tells who may ask', async () => {
  const document = (await lab.app.inject({ url: '/openapi/telefonie.json' })).json()
  const operation = document.paths['/v1/voice/devices/{device_id}/tokens'].post
  expect(operation.security).toEqual([
    ...[{ ApiKeyAuth: [] }, { BearerAuth: [] }, { DeviceTokenAuth: [] }, { DeviceLoginAuth: [] }],
  ])
  expect(operation.requestBody.required).toBe(false)
  expect(document.components.securitySchemes.DeviceTokenAuth.scheme).toBe('bearer')
  expect(document.components.securitySchemes.DeviceLoginAuth.scheme).toBe('basic')
})
