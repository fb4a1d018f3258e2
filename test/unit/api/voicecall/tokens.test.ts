import { createHmac, createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { SignJWT } from 'jose'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AccountId } from '../../../../engine/core/ids.ts'
import { createTokens } from '../../../../engine/tokens/index.ts'
import { key, ours, startMs, theirs, tokenSecret } from '../api-lab.ts'
import {
  another,
  app,
  body,
  business,
  directory,
  path,
  staff,
  type VoiceCallLab,
  voiceCallLab,
} from './lab.ts'

let lab: VoiceCallLab
beforeEach(async () => {
  lab = await voiceCallLab()
})
afterEach(() => lab.close())

const withHeader = async (authorization: string | undefined) =>
  lab.app.inject({ url: path, headers: authorization === undefined ? {} : { authorization } })
const statusWith = async (token: string) => (await withHeader(`Bearer ${token}`)).statusCode

describe('who is let in', () => {
  test.each([
    ['nothing', undefined],
    ['an API key', `Bearer ${key}`],
    ['Basic', 'Basic eDp5'],
    ['no token', 'Bearer a.b.c'],
    ['an empty one', 'Bearer '],
  ])('not %s', async (_name, authorization) => {
    const answer = await withHeader(authorization)
    expect([answer.statusCode, answer.json()]).toMatchObject([
      401,
      { success: false, errors: [{ code: 'unauthorized', field: null }] },
    ])
    expect(answer.headers['www-authenticate']).toBe('Bearer')
  })

  test('an API key in its own header is no token', async () => {
    const answer = await lab.app.inject({ url: path, headers: { 'x-api-key': key } })
    expect(answer.statusCode).toBe(401)
  })

  test.each(['staff', 'app', 'directory'])('a token of the kind %s', async (kind) => {
    expect((await lab.get('', { kind, businesses: [business] })).status).toBe(200)
    expect((await lab.post(body, { kind, businesses: [business] })).status).toBe(200)
  })

  test.each(['client', 'STAFF', 'admin', 'fonenumber'])('not one of the kind %s', async (kind) => {
    const { uid } = (await lab.post(body)).body.data
    const claims = { kind, businesses: [business] }
    const answers = [
      await lab.get('', claims),
      await lab.get(`/${uid}`, claims),
      await lab.get('/reports/voice_call_stats', claims),
      await lab.post(another('x'), claims),
      await lab.change(uid, { rate: '1' }, claims),
    ]
    for (const { status, body: answered } of answers) {
      expect([status, answered.errors[0].code]).toEqual([403, 'forbidden'])
    }
  })

  test.each(['staff', 'app'])('not one of the kind %s that names no business', async (kind) => {
    for (const businesses of [undefined, []]) {
      expect((await lab.get('', { kind, businesses })).status).toBe(403)
      expect((await lab.post(body, { kind, businesses })).status).toBe(403)
    }
  })
})

describe('businesses', () => {
  const elsewhere = 'elsewhere'
  const outsiders = [
    { ...staff, businesses: ['another'] },
    { ...app, businesses: ['another', 'one more'] },
    { ...directory, businesses: ['another'] },
  ]
  test.each(outsiders)('another one ($kind): no writing, nothing to see', async (claims) => {
    const { uid } = (await lab.post(body)).body.data
    const refused = await lab.post(another('x'), claims)
    expect([refused.status, refused.body.errors]).toEqual([
      403,
      [{ code: 'forbidden', field: 'business_uid', message: expect.any(String) }],
    ])
    const nobody = '99999999-2222-4333-8444-555555555555'
    const foreign = await lab.get(`/${uid}`, claims)
    expect([foreign.status, foreign.body.errors]).toEqual([
      404,
      (await lab.get(`/${nobody}`, claims)).body.errors,
    ])
    expect((await lab.change(uid, { rate: '1' }, claims)).status).toBe(404)
    expect((await lab.get('', claims)).body.data).toMatchObject({ voice_calls: [], total: 0 })
    const filtered = await lab.get(`?filter[business_uid]=${business}`, claims)
    expect(filtered.body.data.total).toBe(0)
    const stats = await lab.get('/reports/voice_call_stats', claims)
    expect(stats.body.data.total_voice_calls).toBe(0)
  })

  test('a directory without a list has all of its account, and no other', async () => {
    await lab.post(body)
    await lab.post({ ...body, business_uid: elsewhere }, directory)
    expect((await lab.get('', directory)).body.data.total).toBe(2)
    expect((await lab.get('', { ...directory, accountId: theirs.id })).body.data.total).toBe(0)
    const { uid } = (await lab.get('', directory)).body.data.voice_calls[0]
    expect((await lab.get(`/${uid}`, { ...directory, accountId: theirs.id })).status).toBe(404)
  })

  test('several', async () => {
    const claims = { ...app, businesses: [business, elsewhere] }
    await lab.post(body, claims)
    await lab.post({ ...body, business_uid: elsewhere }, claims)
    await lab.post({ ...body, business_uid: 'third' }, directory)
    expect((await lab.get('', claims)).body.data.total).toBe(2)
    const one = await lab.get(`?filter[business_uid]=${elsewhere}`, claims)
    expect(one.body.data.total).toBe(1)
  })
})

describe('what a token may be', () => {
  const payload = { type: 'staff', account_id: ours.id, sub: 'x', business_uids: [business] }
  const nowS = Math.floor(startMs / 1000)
  const secret = new TextEncoder().encode(tokenSecret)
  const made = (claims: object = payload, change: (jwt: SignJWT) => SignJWT = (jwt) => jwt) =>
    change(
      new SignJWT({ ...claims })
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuedAt(nowS)
        .setExpirationTime(nowS + 60),
    ).sign(secret)

  test('HS256 with our secret, and not a letter of it changed', async () => {
    const token = await made()
    expect(await statusWith(token)).toBe(200)
    const [head = '', claims = '', signature = ''] = token.split('.')
    const forged = Buffer.from(JSON.stringify({ ...payload, exp: nowS + 60, type: 'directory' }))
    expect(await statusWith(`${head}.${forged.toString('base64url')}.${signature}`)).toBe(401)
    expect(await statusWith(`${head}.${claims}.`)).toBe(401)
    expect(await statusWith(`${head}.${claims}.${signature}x`)).toBe(401)
  })

  test('one business by itself', async () => {
    const { business_uids: _, ...claims } = payload
    expect(await statusWith(await made({ ...claims, business_uid: business }))).toBe(200)
  })

  test.each([
    ['over', (jwt: SignJWT) => jwt.setExpirationTime(nowS - 6)],
    ['not valid yet', (jwt: SignJWT) => jwt.setNotBefore(nowS + 6)],
  ])('not one that is %s', async (_name, change) => {
    const token = await made(payload, change)
    expect(await statusWith(token)).toBe(401)
  })

  test('its time passes by our clock', async () => {
    const token = await made()
    lab.time.nowMs += 64_000
    expect(await statusWith(token)).toBe(200)
    lab.time.nowMs += 2_000
    expect(await statusWith(token)).toBe(401)
  })

  test('not one without an end', async () => {
    const endless = await new SignJWT(payload).setProtectedHeader({ alg: 'HS256' }).sign(secret)
    expect(await statusWith(endless)).toBe(401)
  })

  test.each([
    ['no kind', { ...payload, type: undefined }],
    ['an empty kind', { ...payload, type: '' }],
    ['a kind that is no text', { ...payload, type: 1 }],
    ['an unknown account', { ...payload, account_id: '00000000-0000-4000-8000-00000000000f' }],
    ['an account that is no id', { ...payload, account_id: 'ours' }],
    ['businesses that are no list', { ...payload, business_uids: business }],
    ['a business without a name', { ...payload, business_uids: [''] }],
  ])('not one with %s', async (_name, claims) => {
    expect(await statusWith(await made(JSON.parse(JSON.stringify(claims))))).toBe(401)
  })

  test('not one with the secret of somebody else', async () => {
    const foreign = await createTokens({
      secret: 'another-secret-that-is-long-enough-too',
      clock: { nowMs: () => startMs },
    })
    const claims = { accountId: ours.id as AccountId, ...staff }
    expect(await statusWith(await foreign.issue(claims, 60))).toBe(401)
  })

  test.each(['none', 'None', 'NONE', 'HS384'])('not one that names %s', async (alg) => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const head = part({ alg, typ: 'JWT' })
    const claims = part({ ...payload, exp: nowS + 60 })
    expect(await statusWith(`${head}.${claims}.`)).toBe(401)
    const mac = createHmac('sha256', tokenSecret).update(`${head}.${claims}`).digest('base64url')
    expect(await statusWith(`${head}.${claims}.${mac}`)).toBe(401)
  })

  test('RS256 with the key that was set; its public half is no secret of HS256', async () => {
    const pair = () =>
      generateKeyPairSync('rsa', {
        modulusLength: 2048,
        publicKeyEncoding: { type: 'spki', format: 'pem' },
        privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      })
    const [own, other] = [pair(), pair()]
    const clock = { nowMs: () => startMs }
    const publicKeyPem = own.publicKey
    const tokens = await createTokens({ secret: tokenSecret, publicKeyPem, clock })
    const signed = (pem: string) =>
      new SignJWT(payload)
        .setProtectedHeader({ alg: 'RS256' })
        .setExpirationTime(nowS + 60)
        .sign(createPrivateKey(pem))
    expect((await tokens.verify(await signed(own.privateKey)))?.kind).toBe('staff')
    expect(await tokens.verify(await signed(other.privateKey))).toBeUndefined()
    const confused = (secretText: string) => {
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
      const text = `${part({ alg: 'HS256' })}.${part({ ...payload, exp: nowS + 60 })}`
      return `${text}.${createHmac('sha256', secretText).update(text).digest('base64url')}`
    }
    for (const secretText of [own.publicKey, own.publicKey.trim(), `${own.publicKey}\n`]) {
      expect(await tokens.verify(confused(secretText))).toBeUndefined()
    }
    expect(await tokens.verify(confused(tokenSecret))).toBeDefined()
  })
})
