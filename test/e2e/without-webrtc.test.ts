/** An engine without a mediasoup worker: browsers are told that there is none for them, handsets notice nothing. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { SipMessage } from '../../engine/sip-server/index.ts'
import { authorize, type Login, register } from '../loop/sip/support/caller.ts'
import { type Peer, parse, reply, UdpPeer } from '../loop/sip/support/peer.ts'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { sipServerIsSeparate } from '../support/sip-server-process.ts'
import { WsPhone } from '../support/ws-phone.ts'
import { chromiumOffer } from '../unit/media/sdp-of-others.ts'

/** A server that is not ours to start has no place at /sip. */
const embeddedOnly = test.skipIf(sipServerIsSeparate)

let engine: EngineProcess
const user = '1001'
const closers: (() => void)[] = []
beforeAll(async () => {
  engine = await startEngine({ MEDIASOUP_WORKER_BIN: '/nonexistent/worker' })
})
afterEach(() => {
  for (const close of closers.splice(0)) close()
})
afterAll(async () => {
  await engine.stop()
  engine.removeData()
})

const login = (): Login => {
  const logins = JSON.parse(readFileSync(join(engine.dataDir, 'first-logins.json'), 'utf8'))
  return logins.devices.find((device: Json) => device.username === user)
}

/** The answer to a request of the browser’s that was challenged once; the challenge of an INVITE stays without ACK. */
async function asked(phone: WsPhone, method: string, uri: string, body = ''): Promise<SipMessage> {
  const type = body === '' ? [] : ['Content-Type: application/sdp']
  const parts = { user, uri, to: method === 'REGISTER' ? `<sip:${user}@127.0.0.1>` : `<${uri}>` }
  phone.send(phone.request(method, method, { ...parts, body, fields: [...type, 'Expires: 60'] }))
  expect((await phone.final(method)).status).toBe(401)
  const proof = authorize(parse(phone.raw.at(-1) ?? ''), method, uri, login())
  const fields = [...type, 'Expires: 60', `Authorization: ${proof}`]
  phone.send(phone.request(method, method, { ...parts, body, seq: 2, fields }))
  return phone.final(method)
}

async function browser(): Promise<WsPhone> {
  const phone = await WsPhone.open(`ws://127.0.0.1:${engine.httpPort}/sip`)
  closers.push(() => phone.close())
  expect((await asked(phone, 'REGISTER', 'sip:127.0.0.1')).status).toBe(200)
  return phone
}
async function handset(): Promise<Peer> {
  const phone = await UdpPeer.open(engine.sipPort)
  closers.push(() => phone.close())
  expect((await register(phone, engine.sipPort, login())).status).toBe(200)
  return phone
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
const isInvite = ({ method }: { readonly method: string }): boolean => method === 'INVITE'

embeddedOnly('a device in a browser alone: the call fails, and says why', async () => {
  const tab = await browser()
  const id = await called()
  expect(await ended(id)).toMatchObject({ status: 'failed' })
  const { events } = (await engine.get(`/v1/voice/calls/${id}/events`)).body
  expect(events.at(-1).data.why).toMatch(/browsers are not possible/)
  expect(tab.messages.filter(isInvite)).toEqual([])
})

embeddedOnly('a device in a browser and on a desk: the desk rings', async () => {
  const tab = await browser()
  const desk = await handset()
  const id = await called()
  desk.send(reply(await desk.expect('INVITE'), 486))
  expect(await ended(id)).toMatchObject({ status: 'busy' })
  expect(tab.messages.filter(isInvite)).toEqual([])
})

embeddedOnly('a browser that calls is refused, and told why', async () => {
  const tab = await browser()
  const answer = await asked(tab, 'INVITE', 'sip:+15005550140@127.0.0.1', chromiumOffer)
  expect(answer.status).toBe(488)
  expect(answer.header('warning')).toMatch(/browsers are not possible/)
})
