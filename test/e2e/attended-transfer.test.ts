/** A device connects the two that it talks to (REFER with Replaces), and takes calls over (INVITE with Replaces). */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { toneDbfs } from '../../engine/dsp/goertzel.ts'
import { sine } from '../media/rtp-peer.ts'
import { DeskPhone } from '../support/desk-phone.ts'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
} from '../support/engine-process.ts'

let engine: EngineProcess
const passwords = new Map<string, string>()
const phones: DeskPhone[] = []
beforeAll(async () => {
  engine = await startEngine()
  const logins = JSON.parse(readFileSync(join(engine.dataDir, 'first-logins.json'), 'utf8'))
  for (const { username, password } of logins.devices) passwords.set(username, password)
  const made = await engine.send('POST', '/v1/voice/devices', { username: '1003', name: 'third' })
  passwords.set('1003', made.body.password)
})
afterEach(() => {
  for (const phone of phones.splice(0)) phone.close()
})
afterAll(async () => {
  await engine.stop()
  engine.removeData()
})

async function phone(username: string): Promise<DeskPhone> {
  const login = { username, password: passwords.get(username)! }
  const opened = await DeskPhone.open(engine.sipPort, login)
  phones.push(opened)
  await opened.register()
  return opened
}

/** Both talk; what each hears of the other, in dBFS. */
async function talk(a: DeskPhone, b: DeskPhone): Promise<{ a: number; b: number }> {
  a.audio.received.length = 0
  b.audio.received.length = 0
  await Promise.all([a.audio.talk(sine(700, 600)), b.audio.talk(sine(1_000, 600))])
  return { a: toneDbfs(a.audio.heard(), 1_000), b: toneDbfs(b.audio.heard(), 700) }
}

async function liveCalls(): Promise<Json[]> {
  return (await engine.get('/v1/voice/calls?status=in-progress')).body.calls
}

/** Whom each call that is up talks to. */
async function connected(): Promise<(string | null)[]> {
  const calls = await liveCalls()
  const now = await Promise.all(calls.map(({ id }) => engine.get(`/v1/voice/calls/${id}`)))
  return now.map(({ body }) => body.live?.connected_with ?? null)
}

/** 1001 talks to 1002 and, in a second call, to 1003. */
async function consulting() {
  const [alice, bob, carol] = [await phone('1001'), await phone('1002'), await phone('1003')]
  const [first] = await Promise.all([alice.call('1002'), bob.answer()])
  const [second] = await Promise.all([alice.call('1003'), carol.answer()])
  // answered is not yet connected, and who is not can not be transferred
  await eventually(connected, (pairs) => pairs.length === 4 && pairs.every((one) => one !== null))
  return { alice, bob, carol, first, second }
}

test.each([
  ['the first call is hung up first', ['first', 'second']],
  ['the second call is hung up first', ['second', 'first']],
] as const)('the other two are connected; %s', async (_title, order) => {
  const { bob, carol, ...calls } = await consulting()
  const { first, second } = calls
  const replaces = encodeURIComponent(second.replaces)
  expect(await first.refer(`<sip:1003@127.0.0.1?Replaces=${replaces}>`)).toBe(202)
  expect(await first.notified()).toBe('SIP/2.0 100 Trying')
  expect(await first.notified()).toBe('SIP/2.0 200 OK')
  for (const name of order) await calls[name].hangUp()
  await eventually(connected, (all) => all.length === 2 && all.every((one) => one !== null))
  const heard = await talk(bob, carol)
  expect(heard.a).toBeGreaterThan(-30)
  expect(heard.b).toBeGreaterThan(-30)
  const gone = carol.hungUp()
  for (const call of await liveCalls()) await engine.send('DELETE', `/v1/voice/calls/${call.id}`)
  await gone
  await eventually(liveCalls, (now) => now.length === 0)
})

test('a Replaces that names no call of ours changes nothing', async () => {
  const { bob, first, second } = await consulting()
  const wrong = encodeURIComponent(second.replaces.replace('to-tag=', 'to-tag=x'))
  expect(await first.refer(`<sip:1003@127.0.0.1?Replaces=${wrong}>`)).toBe(202)
  expect(await first.notified()).toBe('SIP/2.0 100 Trying')
  expect(await first.notified()).toMatch(/^SIP\/2\.0 481 /)
  expect(await liveCalls()).toHaveLength(4)
  await second.hangUp()
  await first.hangUp()
  await bob.hungUp()
  await eventually(liveCalls, (now) => now.length === 0)
})

test('a device takes the place of another in its call', async () => {
  const [alice, bob, carol] = [await phone('1001'), await phone('1002'), await phone('1003')]
  const [first, invite] = await Promise.all([alice.call('1002'), bob.answer()])
  const { from = '', to = '', 'call-id': sipCallId } = invite.headers
  const [ours = ''] = from.split(';tag=').slice(1)
  // Bob's call, seen from the engine, which made it.
  const replaces = `${sipCallId};to-tag=${ours};from-tag=peer`
  expect(to).not.toContain('tag=')
  const left = bob.hungUp()
  const taken = await carol.invite('1002', [['Replaces', replaces]])
  expect(await taken.final()).toBe(200)
  await left
  await eventually(connected, (all) => all.length === 2 && all.every((one) => one !== null))
  const heard = await talk(alice, carol)
  expect(heard.a).toBeGreaterThan(-30)
  expect(heard.b).toBeGreaterThan(-30)
  const stranger = await carol.invite('1002', [['Replaces', replaces.replace('peer', 'x')]])
  expect(await stranger.final()).toBe(481)
  const over = carol.hungUp()
  await first.hangUp()
  await over
  await eventually(liveCalls, (now) => now.length === 0)
})
