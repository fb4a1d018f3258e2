import { once } from 'node:events'
import { copyFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { rmsDbfs } from '../../engine/dsp/levels.ts'
import { readWav } from '../../engine/dsp/wav.ts'
import { Caller, register } from '../loop/sip/support/caller.ts'
import { reply, sdp, UdpPeer } from '../loop/sip/support/peer.ts'
import { certificateFiles } from '../support/certificate-files.ts'
import { childrenOf } from '../support/child-processes.ts'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
} from '../support/engine-process.ts'

const echo = '+15005550140'
const ownNumber = '+15005550100'
const words = 'One two three four five six seven eight nine ten. '

const engines: EngineProcess[] = []
const peers: UdpPeer[] = []
afterEach(async () => {
  for (const peer of peers.splice(0)) peer.close()
  // Several of a test have one folder, one after the other.
  const all = engines.splice(0)
  await Promise.all(all.map((engine) => engine.stop('SIGKILL')))
  for (const engine of all) engine.removeData()
})

async function start(
  settings: Readonly<Record<string, string>>,
  dataDir?: string,
): Promise<EngineProcess> {
  const engine = await startEngine(settings, dataDir)
  engines.push(engine)
  return engine
}

async function peerOf(engine: EngineProcess): Promise<UdpPeer> {
  const peer = await UdpPeer.open(engine.sipPort)
  peers.push(peer)
  return peer
}

async function placed(engine: EngineProcess, body: object): Promise<string> {
  const call = { to: echo, from: ownNumber, ...body }
  const answer = await engine.send('POST', '/v1/voice/calls', call)
  expect(answer).toMatchObject({ status: 201 })
  return answer.body.id
}

/** What a phone gets that calls now. */
async function inviteStatus(engine: EngineProcess): Promise<number | undefined> {
  const peer = await peerOf(engine)
  const to = `sip:${ownNumber}@127.0.0.1:${engine.sipPort}`
  const caller = new Caller(peer, { from: 'sip:somebody@127.0.0.1', to })
  caller.request('INVITE', { body: sdp() })
  const answer = await peer.expect(({ status = 0 }) => status >= 200)
  caller.ackFailure(answer)
  return answer.status
}

const callOf = async (engine: EngineProcess, id: string): Promise<Json> =>
  (await engine.get(`/v1/voice/calls/${id}`)).body

const up = (engine: EngineProcess, id: string): Promise<Json> =>
  eventually(
    () => callOf(engine, id),
    (call) => call.status === 'in-progress',
  )

/** How the process ended, and after how long from now. */
async function ending(
  engine: EngineProcess,
): Promise<{ code: number | null; signal: string | null; afterMs: number }> {
  const startedMs = performance.now()
  const [code, signal] = await once(engine.process, 'exit')
  return { code, signal, afterMs: performance.now() - startedMs }
}

describe('SIGTERM', () => {
  test('drains: not ready, no new calls, the one that is up ends by itself, then exit 0', async () => {
    const engine = await start({ RINGDOWN_DRAIN_S: '60' })
    const id = await placed(engine, { verbs: [{ verb: 'answer' }, { verb: 'pause', length: 10 }] })
    await up(engine, id)
    const ended = ending(engine)
    engine.process.kill('SIGTERM')
    const ready = await eventually(
      () => engine.get('/readyz'),
      ({ status }) => status !== 200,
    )
    expect(ready.status).toBe(503)
    const refused = await engine.send('POST', '/v1/voice/calls', { to: echo, from: ownNumber })
    expect(refused).toMatchObject({ status: 503, body: { error: { code: 'draining' } } })
    const trigger = { agentPhone: '+15005550111', leadPhone: '+15005550130', leadName: 'Ann' }
    expect((await engine.send('POST', '/api/voice/trigger-call', trigger)).status).toBe(503)
    expect(await inviteStatus(engine)).toBe(503)
    expect((await engine.get('/healthz')).status).toBe(200)
    expect((await callOf(engine, id)).status).toBe('in-progress')
    expect(await ended).toMatchObject({ code: 0 })
    const next = await start({}, engine.dataDir)
    expect(await callOf(next, id)).toMatchObject({ status: 'completed' })
    expect(next.output()).not.toContain('closed what a crash left open')
  })

  test('a second one ends at once', async () => {
    const engine = await start({ RINGDOWN_DRAIN_S: '600' })
    await up(engine, await placed(engine, { verbs: [{ verb: 'pause', length: 300 }] }))
    const ended = ending(engine)
    engine.process.kill('SIGTERM')
    await eventually(
      () => engine.get('/readyz'),
      ({ status }) => status === 503,
    )
    engine.process.kill('SIGTERM')
    const { code, afterMs } = await ended
    expect(code).toBe(1)
    // Of 600 s.
    expect(afterMs).toBeLessThan(60_000)
  })

  test('a call that outlasts the drain time gets a BYE and an end', async () => {
    const engine = await start({ RINGDOWN_DRAIN_S: '1' })
    const peer = await peerOf(engine)
    const trunk = { name: 'peer', host: '127.0.0.1', port: peer.port, prefixes: ['+6125'] }
    expect((await engine.send('POST', '/v1/voice/trunks', trunk)).status).toBe(201)
    const id = await placed(engine, {
      to: '+61255550001',
      record: true,
      verbs: [{ verb: 'pause', length: 300 }],
    })
    const invite = await peer.expect('INVITE')
    peer.send(reply(invite, 200, { contact: peer.contact, body: sdp() }))
    await peer.expect('ACK')
    await up(engine, id)
    const ended = ending(engine)
    engine.process.kill('SIGTERM')
    peer.send(reply(await peer.expect('BYE'), 200))
    const { code, afterMs } = await ended
    expect(code).toBe(0)
    // Sooner than a BYE that nobody answers is given up (32 s).
    expect(afterMs).toBeLessThan(30_000)
    const next = await start({}, engine.dataDir)
    const call = await callOf(next, id)
    expect(call).toMatchObject({ status: 'completed', end_reason: 'hangup:api' })
    expect(call.recording_url).not.toBeNull()
  })
})

describe('kill -9 in the middle of a recorded call', () => {
  test('the restart closes the call, and nothing that was stored is lost', async () => {
    const engine = await start({})
    const stored = await storeThings(engine)
    const verbs = [{ verb: 'say', text: words.repeat(5) }]
    const id = await placed(engine, { record: true, verbs })
    await up(engine, id)
    await new Promise((resolve) => setTimeout(resolve, 3_500))
    const programs = childrenOf(engine.process.pid!)
    expect(programs).not.toEqual([])
    await engine.stop('SIGKILL')
    await eventually(
      async () => programs.filter(({ pid }) => existsSync(`/proc/${pid}`)),
      (left) => left.length === 0,
    )

    const next = await start({}, engine.dataDir)
    const call = await callOf(next, id)
    expect(call).toMatchObject({ status: 'failed', end_reason: 'process_restarted' })
    expect(call.end_time).not.toBeNull()
    await expectPlayable(next, id)
    await expectGapless(next)
    expect(await thingsOf(next)).toEqual(stored)
    const calls = await next.get('/v1/voice/calls?status=in-progress')
    expect(calls.body.total).toBe(0)
    // The second restart finds nothing to do.
    await next.stop()
    const third = await start({}, engine.dataDir)
    expect(await callOf(third, id)).toEqual(withPort(call, third))
    expect(third.output()).not.toContain('closed what a crash left open')
  })
})

/** Each engine has ports of its own, and URLs name them. */
const withPort = (call: Json, { httpUrl }: EngineProcess): Json => ({
  ...call,
  recording_url: call.recording_url.replace(/^http:\/\/[^/]+/, httpUrl),
})

/** A number, a trunk, a device and a registration beside what the first start made. */
async function storeThings(engine: EngineProcess): Promise<Json> {
  const number = { number: '+61255502001', route: { verbs: [{ verb: 'say', text: 'Hello' }] } }
  const trunk = { name: 'peer', host: '192.0.2.7', port: 5_071, prefixes: ['+6125'] }
  const device = { username: 'desk', password: 'a-long-password' }
  for (const [kind, body] of Object.entries({ numbers: number, trunks: trunk, devices: device })) {
    expect((await engine.send('POST', `/v1/voice/${kind}`, body)).status).toBe(201)
  }
  const login = { username: 'desk', password: 'a-long-password' }
  const answer = await register(await peerOf(engine), engine.sipPort, login)
  expect(answer.status).toBe(200)
  const things = await thingsOf(engine)
  expect(things.devices.find((one: Json) => one.username === 'desk').contacts).toHaveLength(1)
  return things
}

/** All that is kept, seen through the API: that the key works is part of it. */
async function thingsOf(engine: EngineProcess): Promise<Json> {
  const [numbers, trunks, devices] = await Promise.all(
    ['numbers', 'trunks', 'devices'].map(async (kind) => {
      const { status, body } = await engine.get(`/v1/voice/${kind}`)
      expect(status).toBe(200)
      return body[kind]
    }),
  )
  // The lab carrier listens somewhere else each time.
  return { numbers, trunks: trunks.filter((one: Json) => one.name === 'peer'), devices }
}

async function expectPlayable(engine: EngineProcess, callId: string): Promise<void> {
  const { recording_url: url } = await callOf(engine, callId)
  const response = await fetch(url, { headers: { 'x-api-key': engine.apiKey } })
  expect(response.status).toBe(200)
  const bytes = Buffer.from(await response.arrayBuffer())
  expect(bytes.subarray(0, 4).toString()).toBe('RIFF')
  expect(bytes.readUInt32LE(4)).toBe(bytes.length - 8)
  const data = bytes.indexOf('data')
  expect(bytes.readUInt32LE(data + 4)).toBe(bytes.length - data - 8)
  const { rateHz, samples } = readWav(bytes)
  expect(rateHz).toBe(8_000)
  expect(samples).toHaveLength(2)
  // At least two of the three and a half seconds were on disk, and speech is in them.
  expect(samples[0]!.length).toBeGreaterThan(2 * 8_000)
  expect(rmsDbfs(samples[0]!)).toBeGreaterThan(-50)
  const { body } = await engine.get(`/v1/voice/recordings?call_id=${callId}`)
  expect(body.recordings).toHaveLength(1)
  expect(body.recordings[0]).toMatchObject({ status: 'completed', channels: 2 })
}

/** Every event of the account, by number: 1, 2, 3, ... */
async function expectGapless(engine: EngineProcess): Promise<void> {
  const { events } = (await engine.get('/v1/voice/events?page_size=1000')).body
  const sequences: number[] = events.map((event: Json) => event.sequence)
  expect(sequences.length).toBeGreaterThan(4)
  expect(sequences).toEqual(sequences.map((_, index) => index + 1))
}

test('first-logins.json is for its owner only and outlives a crash', async () => {
  const engine = await start({})
  const file = join(engine.dataDir, 'first-logins.json')
  const before = readFileSync(file, 'utf8')
  await engine.stop('SIGKILL')
  const next = await start({}, engine.dataDir)
  expect(readFileSync(file, 'utf8')).toBe(before)
  const { password } = JSON.parse(before).devices[0]
  await eventually(
    () => Promise.resolve(next.output()),
    (output) => output.includes(password),
  )
})

test('SIGHUP reads the certificate again and ends nothing', async () => {
  const engine = await start({ RINGDOWN_LAB: 'on' })
  const thumbprint = async (): Promise<string> => {
    const socket = connectTls({
      ...{ host: '127.0.0.1', port: engine.tlsPort },
      rejectUnauthorized: false,
    })
    await once(socket, 'secureConnect')
    const { fingerprint256 } = socket.getPeerCertificate()
    socket.destroy()
    return fingerprint256
  }
  const before = await thumbprint()
  const files = certificateFiles()
  copyFileSync(files.keyFile, join(engine.dataDir, 'tls-key.pem'))
  copyFileSync(files.certFile, join(engine.dataDir, 'tls-cert.pem'))
  files.remove()
  engine.process.kill('SIGHUP')
  // sooner than it would be seen without the signal
  await eventually(thumbprint, (now) => now !== before)
  expect((await engine.get('/readyz')).status).toBe(200)
})
