/** A phone on a WebSocket at /sip of the web page's address, as a browser's is one. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { authorize, type Login } from '../loop/sip/support/caller.ts'
import { parse, sdp } from '../loop/sip/support/peer.ts'
import {
  type EngineProcess,
  eventually,
  freePort,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { sipServerIsSeparate } from '../support/sip-server-process.ts'
import { WsPhone } from '../support/ws-phone.ts'

/** A server that is not ours to start has a WebSocket port of its own, and no place at /sip. */
const embeddedOnly = test.skipIf(sipServerIsSeparate)

let engine: EngineProcess
let phone: WsPhone
let wssPort: number
const user = '1001'
beforeAll(async () => {
  wssPort = await freePort()
  engine = await startEngine({ RINGDOWN_SIP_WSS_PORT: `${wssPort}` })
  // this one has no WebRTC
  await tellDevice({ webrtc: 'never' })
})
afterEach(() => phone.close())
afterAll(async () => {
  await engine.stop()
  engine.removeData()
})

const login = (): Login => {
  const logins = JSON.parse(readFileSync(join(engine.dataDir, 'first-logins.json'), 'utf8'))
  return logins.devices.find((device: Json) => device.username === user)
}
const uri = 'sip:127.0.0.1'

async function tellDevice(change: object): Promise<void> {
  const { devices } = (await engine.get('/v1/voice/devices')).body
  const { id } = devices.find((one: Json) => one.username === user)
  expect((await engine.send('PATCH', `/v1/voice/devices/${id}`, change)).status).toBe(200)
}

/** The final response to a request with credentials; an INVITE's refusal is acknowledged. */
async function asked(method: string, callId: string, more: { to: string; body?: string }) {
  const offer = more.body === undefined ? [] : ['Content-Type: application/sdp']
  const parts = { ...more, user, uri: method === 'REGISTER' ? uri : more.to.slice(1, -1) }
  phone.send(phone.request(method, callId, { ...parts, fields: ['Expires: 60', ...offer] }))
  const challenge = await phone.final(method)
  expect(challenge.status).toBe(401)
  if (method === 'INVITE') {
    const { body: _, ...ack } = { ...parts, to: challenge.header('to') ?? '' }
    const branch = /branch=\w+/.exec(challenge.header('via') ?? '')?.[0] ?? ''
    phone.send(phone.request('ACK', callId, ack).replace(/branch=\w+/, branch))
  }
  const proof = authorize(parse(phone.raw.at(-1) ?? ''), method, parts.uri, login())
  const fields = ['Expires: 60', ...offer, `Authorization: ${proof}`]
  phone.send(phone.request(method, callId, { ...parts, seq: 2, fields }))
  return await phone.final(method)
}

async function registered(url: string, options = {}): Promise<void> {
  phone = await WsPhone.open(url, options)
  const ok = await asked('REGISTER', `reg-${Math.random()}`, { to: `<sip:${user}@127.0.0.1>` })
  expect(ok.status).toBe(200)
}
const sourceNow = async (): Promise<string> => {
  const { devices } = (await engine.get('/v1/voice/devices')).body
  const device = devices.find((one: Json) => one.username === user)
  return device.contacts.find((one: Json) => one.uri === phone.contact)?.source
}
const called = async (): Promise<string> => {
  const verbs = [{ verb: 'pause', length: 1 }]
  const call = { to: user, from: '+15005550100', verbs }
  return (await engine.send('POST', '/v1/voice/calls', call)).body.id
}
const ended = (id: string): Promise<Json> =>
  eventually(
    async () => (await engine.get(`/v1/voice/calls/${id}`)).body,
    ({ status }) => ['completed', 'failed', 'no-answer', 'busy', 'canceled'].includes(status),
  )
const mine = (message: { readonly uri: string }) => message.uri === phone.contact

embeddedOnly('registers, is called, answers, and is hung up on', async () => {
  await registered(`ws://127.0.0.1:${engine.httpPort}/sip`)
  expect(await sourceNow()).toMatch(/^ws\/127\.0\.0\.1:\d+$/)
  const id = await called()
  const invite = await phone.next((message) => message.method === 'INVITE' && mine(message))
  phone.answer(invite, 180)
  phone.answer(invite, 200, { fields: ['Content-Type: application/sdp'], body: sdp(41_300) })
  await phone.next((message) => message.method === 'ACK' && mine(message))
  const bye = await phone.next((message) => message.method === 'BYE' && mine(message))
  phone.answer(bye, 200)
  expect((await ended(id)).status).toBe('completed')
})

embeddedOnly('gets an offer for a browser, unless it is known to be none', async () => {
  await registered(`ws://127.0.0.1:${engine.httpPort}/sip`)
  const offers: string[] = []
  for (const webrtc of ['auto', 'never']) {
    await tellDevice({ webrtc })
    const id = await called()
    const invite = await phone.next((message) => message.method === 'INVITE' && mine(message))
    offers.push(Buffer.from(invite.body).toString())
    phone.answer(invite, 488)
    await ended(id)
    await ended(id)
  }
  expect(offers[0]).toMatch(/^m=audio \d+ UDP\/TLS\/RTP\/SAVPF .*^a=fingerprint:sha-256 /ms)
  expect(offers[1]).toMatch(/^m=audio \d+ RTP\/AVP /m)
  // the WebSocket is plain, and keys would be read on the way
  expect(offers[1]).not.toMatch(/^a=(?:crypto|fingerprint):/m)
})

embeddedOnly('calls the lab’s echo and hangs up', async () => {
  await registered(`ws://127.0.0.1:${engine.httpPort}/sip`)
  const to = '<sip:+15005550140@127.0.0.1>'
  const ok = await asked('INVITE', 'out', { to, body: sdp(41_400) })
  expect(ok.status).toBe(200)
  const contact = /<([^>]+)>/.exec(ok.header('contact') ?? '')?.[1] ?? ''
  const inDialog = { user, uri: contact, to: ok.header('to') ?? '' }
  phone.send(phone.request('ACK', 'out', { ...inDialog, seq: 2 }))
  phone.send(phone.request('BYE', 'out', { ...inDialog, seq: 3 }))
  expect((await phone.final('BYE')).status).toBe(200)
})

embeddedOnly('that has closed its page is away, which is told: it is not called', async () => {
  await registered(`ws://127.0.0.1:${engine.httpPort}/sip`)
  const source = await sourceNow()
  phone.close()
  await eventually(sourceNow, (now) => now === undefined)
  const lastOfIt = async (): Promise<Json> => {
    const { events } = (await engine.get('/v1/voice/events?page_size=1000')).body
    return events.findLast(({ data }: Json) => data.source === source)
  }
  const told = await eventually(lastOfIt, (last) => last?.type === 'device.unregistered')
  expect(told.data).toMatchObject({
    username: user,
    transport: 'ws',
    reason: 'connection-closed',
  })
  const verbs = [{ verb: 'pause', length: 1 }]
  const call = { to: user, from: '+15005550100', verbs }
  const refused = await engine.send('POST', '/v1/voice/calls', call)
  expect(refused.body).toMatchObject({ error: { code: 'device_not_registered' } })
})

embeddedOnly(
  'registers on the port of its own, with the certificate that the engine made',
  async () => {
    const ca = readFileSync(join(engine.dataDir, 'tls-cert.pem'))
    await registered(`wss://127.0.0.1:${wssPort}/`, { ca })
    expect(await sourceNow()).toMatch(/^wss\/127\.0\.0\.1:\d+$/)
    await called()
    const invite = await phone.next((message) => message.method === 'INVITE' && mine(message))
    phone.answer(invite, 486)
  },
)

embeddedOnly('a page request at /sip finds no page, another sub-protocol is refused', async () => {
  expect((await fetch(`${engine.httpUrl}/sip`)).status).toBe(404)
  const chat = new WebSocket(`ws://127.0.0.1:${engine.httpPort}/sip`, 'chat')
  const why = await new Promise<Error>((resolve) => chat.on('error', resolve))
  expect(why.message).toBe('Unexpected server response: 400')
})
