/** A trunk by the name of a domain: its servers in turn (RFC 3263), and after them the next trunk. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { reply, UdpPeer } from '../loop/sip/support/peer.ts'
import { type EngineProcess, type Json, startEngine } from '../support/engine-process.ts'
import { MockDns } from '../support/mock-dns.ts'
import { sipServerIsSeparate } from '../support/sip-server-process.ts'

let engine: EngineProcess
let dns: MockDns
let first: UdpPeer
let second: UdpPeer
let other: UdpPeer
beforeAll(async () => {
  dns = await MockDns.open([])
  engine = await startEngine({ RINGDOWN_LAB: 'on', RINGDOWN_DNS: dns.server })
  first = await UdpPeer.open(engine.sipPort)
  second = await UdpPeer.open(engine.sipPort)
  other = await UdpPeer.open(engine.sipPort)
  const name = '_sip._udp.carrier.test'
  dns.records = [
    { name, srv: [1, 1, first.port, 'sbc.carrier.test'] },
    { name, srv: [2, 1, second.port, 'sbc.carrier.test'] },
    { name: 'sbc.carrier.test', address: '127.0.0.1' },
  ]
  for (const trunk of [
    { name: 'named', host: 'carrier.test', priority: 1 },
    { name: 'stand-in', host: '127.0.0.1', port: other.port, priority: 2 },
  ]) {
    const given = { ...trunk, prefixes: ['+614'] }
    expect((await engine.send('POST', '/v1/voice/trunks', given)).status).toBe(201)
  }
})
afterAll(async () => {
  for (const peer of [first, second, other]) peer.close()
  await engine.stop()
  engine.removeData()
  dns.close()
})

const place = async (): Promise<string> => {
  const call = { to: '+61400000001', from: '+15005550100' }
  const { status, body } = await engine.send('POST', '/v1/voice/calls', call)
  expect(status).toBe(201)
  return body.id
}
const get = async (id: string): Promise<Json> => (await engine.get(`/v1/voice/calls/${id}`)).body
const invitesOf = (peer: UdpPeer, callId: string) =>
  peer.all.filter(({ method, headers }) => method === 'INVITE' && headers['call-id'] === callId)

// What is waited for below is less than the 32 s after which silence alone ends an INVITE (timer B).

/** A server that is not ours to start has name servers of its own. */
const embeddedOnly = test.skipIf(sipServerIsSeparate)

embeddedOnly('a first server that says nothing costs neither the call nor the trunk', async () => {
  const id = await place()
  const unheard = await first.expect('INVITE')
  const heard = await second.expect('INVITE')
  expect(heard.headers['call-id']).toBe(unheard.headers['call-id'])
  expect(heard.headers['via']).not.toBe(unheard.headers['via'])
  second.send(reply(heard, 100))
  second.send(reply(heard, 486))
  await expect.poll(async () => (await get(id)).status).toBe('busy')
  expect(other.all).toEqual([])
  // the next call asks the one that answers
  const next = await place()
  const direct = await second.expect(
    ({ method, headers }) => method === 'INVITE' && headers['call-id'] !== heard.headers['call-id'],
  )
  second.send(reply(direct, 486))
  await expect.poll(async () => (await get(next)).status).toBe('busy')
  expect(invitesOf(first, direct.headers['call-id'] ?? '')).toEqual([])
})

embeddedOnly('where all its servers say nothing the next trunk is asked', async () => {
  const id = await place()
  const instead = await other.expect('INVITE')
  other.send(reply(instead, 486))
  await expect.poll(async () => (await get(id)).status).toBe('busy')
})
