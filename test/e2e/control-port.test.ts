import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { register } from '../loop/sip/support/caller.ts'
import { reply, TcpPeer, UdpPeer } from '../loop/sip/support/peer.ts'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
} from '../support/engine-process.ts'

const root = resolve(import.meta.dirname, '../..')
const secret = 'only-between-us'

let server: ChildProcess
let sipPort: number
let controlPort: number
let engine: EngineProcess
beforeAll(async () => {
  server = await startSipServer(0, 0)
  engine = await startEngine({
    RINGDOWN_DRACHTIO: `127.0.0.1:${controlPort}:${secret}`,
    RINGDOWN_SIP_PORT: String(sipPort),
  })
})
afterAll(async () => {
  await engine?.stop()
  engine?.removeData()
  await stop(server)
})

async function startSipServer(sip: number, control: number): Promise<ChildProcess> {
  const flags = ['--sip-host', '127.0.0.1', '--sip-port', `${sip}`]
  flags.push('--control-port', `${control}`, '--secret', secret)
  const child = spawn(
    join(root, 'node_modules/.bin/node'),
    ['engine/sip-server/standalone.ts', ...flags],
    { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const [line] = await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => ['it ended at its start']),
  ])
  const ports = /^sip (\d+) control (\d+)$/m.exec(String(line))
  if (!ports) throw new Error(`no SIP server: ${line}`)
  sipPort = Number(ports[1])
  controlPort = Number(ports[2])
  return child
}

async function stop(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 3_000)
  await exit
  clearTimeout(timer)
}

/** Agent, key 1, lead, recording: to its end. */
async function triggerCallCompletes(): Promise<void> {
  const body = { agentPhone: '+15005550111', leadPhone: '+15005550130', leadName: 'Ann' }
  const answer = await engine.send('POST', '/api/voice/trigger-call', body)
  expect(answer).toMatchObject({ status: 200 })
  const call: Json = await eventually(
    async () => (await engine.get(`/api/voice/calls/${answer.body.callId}`)).body,
    ({ status }) => status === 'completed' || status === 'failed',
    60_000,
  )
  expect(call).toMatchObject({ status: 'completed' })
  expect(call.recordingUrl).not.toBeNull()
}

test('a trigger call goes through a SIP server that is a process of its own', async () => {
  await triggerCallCompletes()
})

test('a phone registers at that server, and the engine knows', async () => {
  const login = { username: 'desk', password: 'a-long-password' }
  expect((await engine.send('POST', '/v1/voice/devices', login)).status).toBe(201)
  const phone = await UdpPeer.open(sipPort)
  try {
    expect((await register(phone, sipPort, login)).status).toBe(200)
    const { devices } = (await engine.get('/v1/voice/devices')).body
    const desk = devices.find((one: Json) => one.username === 'desk')
    expect(desk).toMatchObject({ registered: true })
  } finally {
    phone.close()
  }
})

/** Over a connection that is the only way to it. */
async function registerByTcp(username: string): Promise<void> {
  const login = { username, password: 'a-long-password' }
  expect((await engine.send('POST', '/v1/voice/devices', login)).status).toBe(201)
  const phone = await TcpPeer.open(sipPort)
  const contact = '<sip:phone@192.0.2.77:5099;transport=tcp>'
  expect((await register(phone, sipPort, login, { contact })).status).toBe(200)
  // Asked now, it is not asked again of itself for two minutes. The server's end closes the connection.
  phone.send(reply(await phone.expect('OPTIONS'), 200))
}

test('when that server goes away the engine is not ready, and is again once it is back', async () => {
  await registerByTcp('cordless')
  await stop(server)
  await eventually(
    () => engine.get('/readyz'),
    ({ status }) => status === 503,
  )
  const call = { to: '+15005550140', from: '+15005550100' }
  const { body } = await engine.send('POST', '/v1/voice/calls', call)
  await eventually(
    async () => (await engine.get(`/v1/voice/calls/${body.id}`)).body,
    ({ status }) => status === 'failed',
  )
  server = await startSipServer(sipPort, controlPort)
  await eventually(
    () => engine.get('/readyz'),
    ({ status }) => status === 200,
  )
  // Its connection went with the server: nobody waits for it to answer.
  await eventually(
    async () => (await engine.get('/v1/voice/devices')).body.devices,
    (devices) =>
      devices.find((one: Json) => one.username === 'cordless')?.contacts[0]?.status === 'gone',
  )
  const toNobody = { ...call, to: 'cordless' }
  expect(await engine.send('POST', '/v1/voice/calls', toNobody)).toMatchObject({
    body: { error: { code: 'device_not_registered' } },
  })
  const next = await engine.send('POST', '/v1/voice/calls', { ...call, verbs: [] })
  await eventually(
    async () => (await engine.get(`/v1/voice/calls/${next.body.id}`)).body,
    ({ status }) => status === 'completed',
  )
})
