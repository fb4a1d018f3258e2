/** A whole engine that is killed: whoever was registered over UDP is called at once, others are known to be away. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { register } from '../loop/sip/support/caller.ts'
import { type Peer, reply, TcpPeer, UdpPeer } from '../loop/sip/support/peer.ts'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { sipServerIsSeparate } from '../support/sip-server-process.ts'

let engine: EngineProcess | undefined
const open: Peer[] = []
afterEach(async () => {
  for (const peer of open.splice(0)) peer.close()
  await engine?.stop()
  engine?.removeData()
})

const passwordOf = ({ dataDir }: EngineProcess, username: string): string => {
  const logins = JSON.parse(readFileSync(join(dataDir, 'first-logins.json'), 'utf8'))
  return logins.devices.find((device: Json) => device.username === username).password
}
const eventsOf = async (of: EngineProcess): Promise<string[]> => {
  const { body } = await of.get('/v1/voice/events?page_size=1000')
  return body.events
    .filter(({ type }: Json) => type.startsWith('device.'))
    .map(({ type, data }: Json) => `${type} ${data.username} ${data.transport} ${data.reason}`)
}
const call = (of: EngineProcess, to: string) =>
  of.send('POST', '/v1/voice/calls', {
    to,
    from: '+15005550100',
    verbs: [{ verb: 'pause', length: 1 }],
  })

// A server of its own outlives the engine, with its connections.
test.skipIf(sipServerIsSeparate)('kill -9, and a call right after the restart', async () => {
  const first = await startEngine()
  engine = first
  const desk = await UdpPeer.open(first.sipPort)
  const cell = await TcpPeer.open(first.sipPort)
  open.push(desk, cell)
  const login = (username: string) => ({ username, password: passwordOf(first, username) })
  expect((await register(desk, first.sipPort, login('1001'))).status).toBe(200)
  const contact = '<sip:1002@10.0.0.9;transport=tcp>'
  expect((await register(cell, first.sipPort, login('1002'), { contact })).status).toBe(200)
  await first.stop('SIGKILL')

  const again = await startEngine({ RINGDOWN_SIP_PORT: String(first.sipPort) }, first.dataDir)
  engine = again
  expect((await call(again, '1001')).status).toBe(201)
  // It does not register again: without what was kept it would never ring.
  const invite = await desk.expect('INVITE')
  desk.send(reply(invite, 486))

  const refused = await call(again, '1002')
  expect([refused.status, refused.body.error?.code ?? refused.body.code]).toEqual([
    expect.any(Number),
    'device_not_registered',
  ])
  expect((await again.get('/v1/voice/devices')).body.devices).toMatchObject([
    { username: '1001', registered: true, contacts: [{ transport: 'udp' }] },
    { username: '1002', registered: false, contacts: [{ transport: 'tcp', status: 'gone' }] },
  ])
})

test('another password, a phone that leaves, and a device that is deleted', async () => {
  engine = await startEngine()
  const desk = await UdpPeer.open(engine.sipPort)
  open.push(desk)
  const old = { username: '1001', password: passwordOf(engine, '1001') }
  expect((await register(desk, engine.sipPort, old)).status).toBe(200)
  const { devices } = (await engine.get('/v1/voice/devices')).body
  const { id } = devices.find(({ username }: Json) => username === '1001')

  const { status, body } = await engine.send('POST', `/v1/voice/devices/${id}/password`, {})
  expect([status, body.registered]).toEqual([200, false])
  expect((await register(desk, engine.sipPort, old)).status).toBe(401)
  const renewed = { username: '1001', password: body.password }
  expect((await register(desk, engine.sipPort, renewed)).status).toBe(200)

  expect((await engine.send('DELETE', `/v1/voice/devices/${id}`)).status).toBe(204)
  expect((await call(engine, '1001')).body).toMatchObject({ error: expect.anything() })
  expect((await register(desk, engine.sipPort, renewed)).status).toBe(401)
  const told = [
    'device.registered 1001 udp undefined',
    'device.unregistered 1001 udp password',
    'device.registered 1001 udp undefined',
    'device.unregistered 1001 udp deleted',
  ]
  const running = engine
  await eventually(
    () => eventsOf(running),
    (events) => JSON.stringify(events) === JSON.stringify(told),
  )
})
