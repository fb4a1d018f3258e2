/** A server that is flooded serves its own; who abuses it is banned, and nobody else. */
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { authorize, Caller, type Login, register } from '../loop/sip/support/caller.ts'
import { type Message, sdp, type UdpPeer } from '../loop/sip/support/peer.ts'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { goodCall } from '../support/good-caller.ts'
import { bugsIn } from '../support/log-lines.ts'
import { peerAt } from '../support/loopback-peer.ts'

const callee = '+61255550177'
const flooder = resolve(import.meta.dirname, '../support/flood-child.ts')
let engine: EngineProcess
let login: Login
const closers: (() => unknown)[] = []

beforeAll(async () => {
  // nobody is exempt, or the loopback addresses of this test would all be
  engine = await startEngine({ RINGDOWN_NEVER_BAN: '192.0.2.1', RINGDOWN_MAX_CALLS: '3' })
  const verbs = [{ verb: 'answer' }, { verb: 'pause', length: 30 }]
  const made = await engine.send('POST', '/v1/voice/numbers', { number: callee, route: { verbs } })
  expect(made.status).toBe(201)
  const logins = JSON.parse(readFileSync(join(engine.dataDir, 'first-logins.json'), 'utf8'))
  login = logins.devices.find((device: Json) => device.username === '1001')
})
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
  expect(bugsIn(engine.output())).toEqual([])
})
afterAll(async () => {
  await engine?.stop()
  engine?.removeData()
})

async function peer(address: string): Promise<UdpPeer> {
  const made = await peerAt(address, engine.sipPort)
  closers.push(() => made.close())
  return made
}
const here = (user: string): string => `sip:${user}@127.0.0.1:${engine.sipPort}`
const isFinal = ({ status = 0 }: Message): boolean => status >= 200
/** Not one to another request, which may come twice. */
const finalOf =
  ({ callId }: Caller, cseq: string) =>
  (message: Message): boolean =>
    isFinal(message) && message.headers['call-id'] === callId && message.headers['cseq'] === cseq
const bans = async (): Promise<Json[]> => (await engine.get('/v1/voice/bans')).body.bans
const figure = async (name: string): Promise<number> => {
  const text = String((await engine.get('/metrics')).body)
  return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1] ?? Number.NaN)
}

/** Whether an OPTIONS from there is answered; who is not to be heard is not waited for for long. */
async function isHeard(from: UdpPeer, withinMs = 20_000): Promise<boolean> {
  const caller = new Caller(from, { from: here('x'), to: here('x') })
  caller.request('OPTIONS', { uri: here('x') })
  // Not a late answer to what was asked before.
  return from.expect(finalOf(caller, '1 OPTIONS'), withinMs).then(
    () => true,
    () => false,
  )
}

/** A REGISTER with wrong credentials: with the nonce that was sent to this address, or one that was not. */
async function guess(from: UdpPeer, username: string, nonce?: string): Promise<void> {
  const caller = new Caller(from, {
    from: here(username),
    to: here(username),
    callId: randomUUID(),
  })
  caller.request('REGISTER', { uri: here(username) })
  const challenge = await from.expect(finalOf(caller, '1 REGISTER'), 1000).catch(() => undefined)
  // whoever is banned hears no more
  if (challenge?.status !== 401) return
  const right = authorize(challenge, 'REGISTER', here(username), { username, password: 'guess' })
  const line = nonce === undefined ? right : right.replace(/nonce="[^"]*"/, `nonce="${nonce}"`)
  caller.request('REGISTER', { uri: here(username), headers: [['Authorization', line]] })
  await from.expect(finalOf(caller, '2 REGISTER'), 1000).catch(() => undefined)
}

test('whoever guesses passwords with nonces of ours is banned; the phone next door is not', async () => {
  const guesser = await peer('127.0.1.8')
  for (let i = 0; i < 60 && (await bans()).length === 0; i++) await guess(guesser, `10${i % 7}0`)
  expect(await bans()).toMatchObject([{ address: '127.0.1.8', reason: 'digests', count: 1 }])
  expect(await isHeard(guesser, 700)).toBe(false)
  expect(await isHeard(await peer('127.0.1.9'))).toBe(true)
  expect((await engine.send('DELETE', '/v1/voice/bans/127.0.1.8')).status).toBe(204)
  expect(await bans()).toEqual([])
  // another socket: the first one still waits for answers that did not come
  expect(await isHeard(await peer('127.0.1.8'))).toBe(true)
  expect(await figure('ringdown_sip_bans_made')).toBe(1)
})

test('guesses that prove no address ban nobody', async () => {
  const victim = await peer('127.0.1.10')
  for (let i = 0; i < 25; i++) await guess(victim, `10${i % 7}0`, 'made.up.nonce')
  expect(await bans()).toEqual([])
  expect(await isHeard(victim)).toBe(true)
})

test('whoever sends what is no SIP on connections is banned, and the connection closed', async () => {
  const stream = connect({ port: engine.sipPort, host: '127.0.0.1', localAddress: '127.0.1.11' })
  stream.on('error', () => undefined)
  closers.push(() => stream.destroy())
  const closed = new Promise((done) => {
    stream.once('close', done)
  })
  for (let i = 0; i < 60; i++) stream.write('OPTIONS sip:x SIP/2.0\r\nContent-Length: 0\r\n\r\n')
  const found = await eventually(bans, (list) => list.length > 0)
  expect(found).toMatchObject([{ address: '127.0.1.11', reason: 'malformed' }])
  stream.write('OPTIONS sip:x SIP/2.0\r\nContent-Length: 0\r\n\r\n')
  await closed
  expect((await engine.send('DELETE', '/v1/voice/bans/127.0.1.11')).status).toBe(204)
})

test('over the limit of calls callers get 503 at once, and so does the API; who is up stays', async () => {
  const phone = await peer('127.0.0.5')
  const up: Caller[] = []
  for (let call = 0; call < 4; call++) {
    const caller = new Caller(phone, { from: here('1001'), to: here(callee) })
    caller.request('INVITE', { body: sdp() })
    const challenge = await phone.expect(finalOf(caller, '1 INVITE'))
    caller.ackFailure(challenge)
    if (call === 3) {
      expect(challenge.status).toBe(503)
      expect(challenge.headers['retry-after']).toMatch(/^\d+$/)
      break
    }
    const authorization = authorize(challenge, 'INVITE', here(callee), login)
    caller.request('INVITE', {
      headers: [['Authorization', authorization]],
      body: sdp(),
    })
    const answer = await phone.expect(finalOf(caller, '2 INVITE'))
    expect(answer.status).toBe(200)
    caller.ack(answer)
    up.push(caller)
  }
  const wanted = { to: '+15005550001', from: '+15005550100', verbs: [{ verb: 'hangup' }] }
  expect(await engine.send('POST', '/v1/voice/calls', wanted)).toMatchObject({
    status: 503,
    body: { error: { code: 'overloaded' } },
  })
  for (const caller of up) {
    caller.request('BYE')
    expect((await phone.expect(finalOf(caller, '3 BYE'))).status).toBe(200)
  }
  await eventually(
    async () => figure('ringdown_calls'),
    (count) => count === 0,
  )
  expect((await engine.send('POST', '/v1/voice/calls', wanted)).status).toBeLessThan(300)
})

test('a flood is cut off at its source, and a phone of ours calls through it', async () => {
  const phone = await peer('127.0.0.5')
  expect((await register(phone, engine.sipPort, login)).status).toBe(200)
  const run = promisify(execFile)
  const args = [flooder, engine.sipPort, 60, 3000, 2.5].map(String)
  const flood = run(process.execPath, args)
  let served = 0
  for (let call = 0; call < 8; call++) {
    const { status } = await goodCall(phone, engine.sipPort, login, callee)
    expect(status).toBe(200)
    served++
  }
  const sent = Number((await flood).stdout)
  expect(served).toBe(8)
  expect(sent).toBeGreaterThan(1000)
  const dropped = await figure('ringdown_sip_rate_limited')
  expect(dropped).toBeGreaterThan(0)
  expect(await bans()).toEqual([])
})
