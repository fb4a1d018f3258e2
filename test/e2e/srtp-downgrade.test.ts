/**
 * Nobody on the way, and no phone, talks a protected call down to a plain one; keys are told and taken over TLS
 * alone.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { authorize, Caller, type Login, register } from '../loop/sip/support/caller.ts'
import { type Message, type Peer, reply, TcpPeer, UdpPeer } from '../loop/sip/support/peer.ts'
import { RtpPeer, sine } from '../media/rtp-peer.ts'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { entropyOf } from '../support/entropy.ts'
import { bugsIn } from '../support/log-lines.ts'

const user = '1001'
/** The lab's echo. */
const echo = '+15005550140'

let engine: EngineProcess
let sip: Peer
let audio: RtpPeer
let port: number
beforeAll(async () => {
  engine = await startEngine()
})
beforeEach(async () => {
  audio = await RtpPeer.open()
})
afterEach(() => {
  sip.close()
  audio.close()
  expect(bugsIn(engine.output())).toEqual([])
})
afterAll(async () => {
  await engine.stop()
  engine.removeData()
})

const login = (): Login =>
  JSON.parse(readFileSync(join(engine.dataDir, 'first-logins.json'), 'utf8')).devices.find(
    ({ username }: Json) => username === user,
  )

async function phoneOver(transport: 'tls' | 'udp', srtp: string): Promise<void> {
  port = transport === 'tls' ? engine.tlsPort : engine.sipPort
  sip = await (transport === 'tls' ? TcpPeer.openTls(port) : UdpPeer.open(port))
  const { devices } = (await engine.get('/v1/voice/devices')).body
  const { id } = devices.find(({ username }: Json) => username === user)
  await engine.send('PATCH', `/v1/voice/devices/${id}`, { srtp })
  expect((await register(sip, port, login())).status).toBe(200)
}

const keyLine = (tag = 1, suite = 'AES_CM_128_HMAC_SHA1_80', bytes = 30): string =>
  `a=crypto:${tag} ${suite} inline:${randomBytes(bytes).toString('base64')}`
const described = (profile: 'AVP' | 'SAVP', ...lines: string[]): string =>
  audio.sdp(lines).replace('RTP/AVP', `RTP/${profile}`)
const isFinal = (method: string) => (message: Message) =>
  (message.status ?? 0) >= 200 && message.headers['cseq']?.endsWith(method) === true

/** The final response to an INVITE for the echo, and the call if that is a 200. */
async function invite(body: string): Promise<{ response: Message; caller: Caller }> {
  const uri = `sip:${echo}@127.0.0.1:${port}`
  const caller = new Caller(sip, { from: `sip:${user}@127.0.0.1`, to: uri })
  caller.request('INVITE', { body })
  const challenge = await sip.expect(isFinal('INVITE'))
  caller.ackFailure(challenge)
  const proof = authorize(challenge, 'INVITE', uri, login())
  caller.request('INVITE', { body, headers: [['Authorization', proof]] })
  const response = await sip.expect(isFinal('INVITE'))
  if (response.status === 200) caller.ack(response)
  else caller.ackFailure(response)
  return { response, caller }
}
async function hangUp(caller: Caller): Promise<void> {
  caller.request('BYE')
  expect((await sip.expect(isFinal('BYE'))).status).toBe(200)
}
const outgoing = async (): Promise<Json[]> =>
  (await engine.get('/v1/voice/calls?direction=outbound')).body.calls
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

describe('required: an offer', () => {
  test.each<[string, () => string]>([
    ['plain', () => described('AVP')],
    ['whose keys were taken out on the way', () => described('SAVP')],
    ['with a suite that nobody has', () => described('SAVP', keyLine(1, 'F8_128_HMAC_SHA1_80'))],
    ['with too short a key', () => described('SAVP', keyLine(1, 'AES_CM_128_HMAC_SHA1_80', 16))],
    ['with keys that do not encrypt', () => described('SAVP', `${keyLine()} UNENCRYPTED_SRTP`)],
    ['with keys that do not prove', () => described('SAVP', `${keyLine()} UNAUTHENTICATED_SRTP`)],
  ])('%s gets 488, why, and nobody is called', async (_what, offer) => {
    await phoneOver('tls', 'required')
    const before = (await outgoing()).length
    const { response } = await invite(offer())
    expect(response.status).toBe(488)
    expect(response.headers['warning']).toMatch(/^399 \S+ ".+"$/)
    expect(await outgoing()).toHaveLength(before)
    expect(audio.received).toEqual([])
  })

  test('with good keys gets 488 over UDP, where they were read', async () => {
    await phoneOver('udp', 'required')
    const { response } = await invite(described('SAVP', keyLine()))
    expect(response.status).toBe(488)
    expect(response.headers['warning']).toMatch(/^399 /)
  })

  test('in a protected call gets 488, and the call goes on as it was', async () => {
    await phoneOver('tls', 'required')
    const { response, caller } = await invite(described('SAVP', keyLine()))
    expect(response.status).toBe(200)
    expect(response.body).toMatch(/^m=audio \d+ RTP\/SAVP /m)
    for (const body of [described('AVP'), described('SAVP')]) {
      caller.request('INVITE', { body })
      const refused = await sip.expect(isFinal('INVITE'))
      caller.ackFailure(refused)
      expect([refused.status, refused.headers['warning']]).toEqual([
        488,
        expect.stringMatching(/^399 /),
      ])
    }
    expect((await engine.get('/v1/voice/calls?status=in-progress')).body.calls).toHaveLength(2)
    await hangUp(caller)
  })
})

test.each(['required', 'off'])('%s: a call on the wire', async (srtp) => {
  await phoneOver('tls', srtp)
  const isProtected = srtp === 'required'
  const { response, caller } = await invite(
    isProtected ? described('SAVP', keyLine()) : described('AVP'),
  )
  audio.aim(response.body)
  // a plain tone: where it has to be protected the echo never hears of it
  await audio.talk(sine(1_000, 1_500))
  const bytes = audio.received.map(({ payload }) => payload)
  expect(bytes.length).toBeGreaterThan(20)
  if (isProtected) expect(entropyOf(bytes)).toBeGreaterThan(7.8)
  else expect(entropyOf(bytes)).toBeLessThan(5)
  await hangUp(caller)
})

describe('required: an answer', () => {
  test.each<[string, (invite: Message) => string]>([
    ['plain', () => described('AVP')],
    ['whose keys were taken out on the way', () => described('SAVP')],
    ['to a key that we did not offer', () => described('SAVP', keyLine(99))],
    [
      'in another suite than that key’s',
      () => described('SAVP', keyLine(1, 'F8_128_HMAC_SHA1_80')),
    ],
  ])('%s ends the call, and not a packet goes out', async (_what, answer) => {
    await phoneOver('tls', 'required')
    const verbs = [{ verb: 'pause', length: 5 }]
    const wanted = { to: user, from: '+15005550100', verbs }
    const { id } = (await engine.send('POST', '/v1/voice/calls', wanted)).body
    const request = await sip.expect('INVITE')
    expect(request.body).toMatch(/^m=audio \d+ RTP\/SAVP .*^a=crypto:1 \S+ inline:/ms)
    const { contact } = sip
    sip.send(reply(request, 200, { contact, body: answer(request) }))
    const bye = await sip.expect('BYE')
    sip.send(reply(bye, 200))
    const call = await eventually(
      async () => (await engine.get(`/v1/voice/calls/${id}`)).body,
      ({ status }) => status === 'failed',
    )
    expect(call.end_reason).toBe('media_error')
    await pause(200)
    expect(audio.received).toEqual([])
  })
})

describe('optional over UDP', () => {
  test('keys of an offer are not taken, and none are told', async () => {
    await phoneOver('udp', 'optional')
    const { response, caller } = await invite(described('AVP', keyLine()))
    expect(response.status).toBe(200)
    expect(response.body).toMatch(/^m=audio \d+ RTP\/AVP /m)
    expect(response.body).not.toMatch(/^a=crypto:/m)
    await hangUp(caller)
    expect((await invite(described('SAVP', keyLine()))).response.status).toBe(488)
  })

  test('none are in our offer', async () => {
    await phoneOver('udp', 'optional')
    const wanted = { to: user, from: '+15005550100', verbs: [{ verb: 'pause', length: 1 }] }
    await engine.send('POST', '/v1/voice/calls', wanted)
    const request = await sip.expect('INVITE')
    expect(request.body).toMatch(/^m=audio \d+ RTP\/AVP /m)
    expect(request.body).not.toMatch(/^a=crypto:/m)
    sip.send(reply(request, 486))
  })
})

test('traces of the SIP show no key', async () => {
  await phoneOver('tls', 'required')
  const { response, caller } = await invite(described('SAVP', keyLine()))
  const ours = /inline:(\S+)/.exec(response.body)?.[1] ?? ''
  expect(ours.length).toBeGreaterThanOrEqual(40)
  await hangUp(caller)
  const [call] = (await engine.get('/v1/voice/calls?direction=inbound')).body.calls
  // Told in batches, in order.
  const ladder = await eventually(
    async () => (await engine.get(`/v1/voice/calls/${call.id}/sip`)).body,
    ({ messages }) => messages.some(({ label }: Json) => label === '200 OK (BYE)'),
  )
  const text = JSON.stringify(ladder)
  expect(text).toMatch(/a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:\*{40}/)
  expect(text).not.toContain(ours)
  expect(engine.output()).not.toContain(ours)
})
