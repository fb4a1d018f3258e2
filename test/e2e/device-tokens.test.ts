/** A phone on a WebSocket that knows nothing of its password: it has tokens, one after the other. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { SipMessage } from '../../engine/sip-server/index.ts'
import { authorize, type Login } from '../loop/sip/support/caller.ts'
import { parse, sdp } from '../loop/sip/support/peer.ts'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { sipServerIsSeparate } from '../support/sip-server-process.ts'
import { WsPhone } from '../support/ws-phone.ts'

/** A server that is not ours to start has no place at /sip. */
const embeddedOnly = test.skipIf(sipServerIsSeparate)
const user = '1001'
const home = `<sip:${user}@127.0.0.1>`
const echo = '<sip:+15005550140@127.0.0.1>'

let engine: EngineProcess
let phone: WsPhone | undefined
let password: string
beforeAll(async () => {
  engine = await startEngine({ RINGDOWN_LOG_LEVEL: 'trace' })
  const logins = JSON.parse(readFileSync(join(engine.dataDir, 'first-logins.json'), 'utf8'))
  password = logins.devices.find((device: Json) => device.username === user).password
})
afterEach(() => phone?.close())
afterAll(async () => {
  await engine.stop()
  engine.removeData()
})

async function tokenBy(authorization: string): Promise<{ status: number; body: Json }> {
  const url = `${engine.httpUrl}/v1/voice/devices/${user}/tokens`
  const answer = await fetch(url, { method: 'POST', headers: { authorization } })
  return { status: answer.status, body: await answer.json() }
}
const basic = (secret: string): string =>
  `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`

/** What the Device SDK reads out of a token. */
function loginIn(token: string): Login {
  const content = JSON.parse(Buffer.from(token, 'base64url').toString())
  return { username: content.authorizationUsername, password: content.secret }
}

/** One request with the credentials, on the connection that is open: the final response to it. */
async function asked(
  method: string,
  at: { callId: string; seq: number; to: string; body?: string },
  login: Login,
): Promise<SipMessage> {
  if (!phone) throw new Error('the phone has no connection')
  const uri = method === 'REGISTER' ? 'sip:127.0.0.1' : at.to.slice(1, -1)
  const own = ['Expires: 300', ...(at.body ? ['Content-Type: application/sdp'] : [])]
  const { callId, ...parts } = { ...at, user, uri }
  phone.send(phone.request(method, callId, { ...parts, fields: own }))
  const challenge = await phone.final(method)
  if (challenge.status !== 401) return challenge
  if (method === 'INVITE') acknowledge(challenge, at.callId, at.seq)
  const proof = authorize(parse(phone.raw.at(-1) ?? ''), method, uri, login)
  const fields = [...own, `Authorization: ${proof}`]
  phone.send(phone.request(method, callId, { ...parts, seq: at.seq + 1, fields }))
  return phone.final(method)
}
function acknowledge(refusal: SipMessage, callId: string, seq: number): void {
  const branch = /branch=\w+/.exec(refusal.header('via') ?? '')?.[0] ?? ''
  const parts = { user, uri: echo.slice(1, -1), to: refusal.header('to') ?? '', seq }
  phone?.send(phone.request('ACK', callId, parts).replace(/branch=\w+/, branch))
}
const device = async (): Promise<Json> => {
  const { devices } = (await engine.get('/v1/voice/devices')).body
  return devices.find((one: Json) => one.username === user)
}
const newest = async (): Promise<Json> =>
  (await engine.get('/v1/voice/calls?page_size=1')).body.calls[0]

embeddedOnly(
  'registers and calls with one, goes on with the next, and loses neither registration nor call',
  async () => {
    const first = await tokenBy(basic(password))
    expect(first.status).toBe(201)
    phone = await WsPhone.open(`ws://127.0.0.1:${engine.httpPort}${first.body.sip.url}`)
    const registration = { callId: `reg-${Math.random()}`, to: home }
    const one = loginIn(first.body.token)
    expect((await asked('REGISTER', { ...registration, seq: 1 }, one)).status).toBe(200)

    const callId = `call-${Math.random()}`
    const ok = await asked('INVITE', { callId, seq: 1, to: echo, body: sdp(41_700) }, one)
    expect(ok.status).toBe(200)
    const uri = /<([^>]+)>/.exec(ok.header('contact') ?? '')?.[1] ?? ''
    const inDialog = { user, uri, to: ok.header('to') ?? '' }
    phone.send(phone.request('ACK', callId, { ...inDialog, seq: 2 }))

    const second = await tokenBy(`Bearer ${first.body.token}`)
    expect(second.status).toBe(201)
    const two = loginIn(second.body.token)
    const renewed = await asked('REGISTER', { ...registration, seq: 3 }, two)
    expect(renewed.status).toBe(200)
    expect((await device()).contacts).toHaveLength(1)
    const call = await newest()
    expect([call.status, call.from]).toEqual(['in-progress', expect.any(String)])
    phone.send(phone.request('BYE', callId, { ...inDialog, seq: 3 }))
    expect((await phone.final('BYE')).status).toBe(200)
    await eventually(newest, ({ status }) => status === 'completed')

    const { body: ladder } = await engine.get(`/v1/voice/calls/${call.id}/sip`)
    // the welcome of the first start shows the first passwords
    const log = engine
      .output()
      .split('\n')
      .filter((line) => line.trimStart().startsWith('{'))
    const seen = JSON.stringify([ladder, log])
    expect(seen).toContain('INVITE')
    for (const { body } of [first, second]) {
      expect(seen).not.toContain(body.token)
      expect(seen).not.toContain(body.sip.password)
    }
    expect(seen).not.toContain(password)
  },
)

embeddedOnly(
  'is refused with one whose secret is another, and with none of its tokens once its password is another',
  async () => {
    const { body } = await tokenBy(basic(password))
    const login = loginIn(body.token)
    phone = await WsPhone.open(`ws://127.0.0.1:${engine.httpPort}/sip`)
    const registration = { callId: `reg-${Math.random()}`, to: home }
    const wrong = { ...login, password: `${login.password}x` }
    expect((await asked('REGISTER', { ...registration, seq: 1 }, wrong)).status).toBe(401)
    expect((await asked('REGISTER', { ...registration, seq: 3 }, login)).status).toBe(200)
    const other = 'another password of it'
    const change = await engine.send('POST', `/v1/voice/devices/${(await device()).id}/password`, {
      password: other,
    })
    expect(change.status).toBe(200)
    expect((await device()).registered).toBe(false)
    expect((await asked('REGISTER', { ...registration, seq: 5 }, login)).status).toBe(401)
    expect((await tokenBy(`Bearer ${body.token}`)).status).toBe(401)
    expect((await tokenBy(basic(other))).status).toBe(201)
  },
)

embeddedOnly(
  'a page of another site gets no WebSocket; of this one, and of none, it does',
  async () => {
    const url = `ws://127.0.0.1:${engine.httpPort}/sip`
    for (const origin of ['https://elsewhere.example', 'null', 'file://']) {
      await expect(WsPhone.open(url, { origin })).rejects.toThrow('403')
    }
    for (const more of [{}, { origin: `http://127.0.0.1:${engine.httpPort}` }]) {
      phone = await WsPhone.open(url, more)
      phone.close()
    }
  },
)
