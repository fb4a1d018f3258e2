/** Three phones of others (baresip): hold by a key, blind transfer by REFER; who hears whom, by tones. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type BaresipPhone, startBaresip } from '../support/baresip-phone.ts'
import {
  type EngineProcess,
  eventually,
  freePort,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { whenRegistered } from '../support/registered.ts'
import { otherSoundMs, toneMs, toneOf } from '../support/tone-times.ts'

const toneHz = { '1001': 1_100, '1002': 1_500, '1003': 1_900 } as const
type User = keyof typeof toneHz

let engine: EngineProcess
const passwords = new Map<User, string>()
const phones: BaresipPhone[] = []
beforeAll(async () => {
  engine = await startEngine()
  const logins = JSON.parse(readFileSync(join(engine.dataDir, 'first-logins.json'), 'utf8'))
  for (const { username, password } of logins.devices) passwords.set(username, password)
  const made = await engine.send('POST', '/v1/voice/devices', { username: '1003', name: 'third' })
  expect(made.status).toBe(201)
  passwords.set('1003', made.body.password)
})
afterEach(async () => {
  for (const phone of phones.splice(0)) await phone.stop()
})
afterAll(async () => {
  await engine.stop()
  engine.removeData()
})

async function registered(user: User): Promise<BaresipPhone> {
  return whenRegistered(engine, user, async () => {
    const phone = await startBaresip({
      user,
      password: passwords.get(user)!,
      registrar: `127.0.0.1:${engine.sipPort}`,
      port: await freePort(),
      says: toneOf(toneHz[user], 60),
    })
    phones.push(phone)
    return phone
  })
}

const uri = (user: User): string => `sip:${user}@127.0.0.1:${engine.sipPort}`
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

async function liveCalls(): Promise<Json[]> {
  const { calls } = (await engine.get('/v1/voice/calls?status=in-progress')).body
  return calls
}

/** The type and data of every event of a call and those that it dialed. */
async function eventTypes(id: string): Promise<string[]> {
  const { events } = (await engine.get(`/v1/voice/calls/${id}/events`)).body
  return events.map((event: Json) => `${event.type} ${event.data.by ?? ''}`.trim())
}

const told = (id: string, type: string): Promise<string[]> =>
  eventually(
    () => eventTypes(id),
    (types) => types.includes(type),
  )

test('a phone holds, comes back, and transfers the other to a third', async () => {
  const [alice, bob, carol] = [
    await registered('1001'),
    await registered('1002'),
    await registered('1003'),
  ]
  await alice.command('dial', uri('1002'))
  await eventually(liveCalls, (calls) => calls.length === 2)
  const parent = (await liveCalls()).find((call) => call.parent_call_id === null)!
  await pause(2_000)
  await alice.command('hold')
  await told(parent.id, 'call.held remote')
  await pause(2_000)
  await alice.command('resume')
  await told(parent.id, 'call.resumed remote')
  await pause(2_000)
  await alice.command('transfer', uri('1003'))
  await told(parent.id, 'transfer.completed')
  // The phone that transferred hangs up; the other two are left.
  await eventually(
    liveCalls,
    (calls) => calls.length === 2 && calls.every((c) => c.id !== parent.id),
  )
  await pause(2_000)
  await bob.command('hangup')
  await eventually(liveCalls, (calls) => calls.length === 0)
  await Promise.all([alice.stop(), bob.stop(), carol.stop()])
  const heard = { alice: alice.heard(), bob: bob.heard(), carol: carol.heard() }
  const all = Object.values(toneHz)
  expect(toneMs(heard.bob, toneHz['1001'])).toBeGreaterThan(2_500)
  expect(toneMs(heard.bob, toneHz['1003'])).toBeGreaterThan(1_000)
  expect(otherSoundMs(heard.bob, all)).toBeGreaterThan(1_000)
  // baresip writes down what it hears only until its session changes for the first time.
  expect(toneMs(heard.alice, toneHz['1002'])).toBeGreaterThan(1_000)
  expect(toneMs(heard.alice, toneHz['1003'])).toBe(0)
  expect(toneMs(heard.carol, toneHz['1002'])).toBeGreaterThan(1_000)
  expect(toneMs(heard.carol, toneHz['1001'])).toBe(0)
})

test('hold and transfer by the API', async () => {
  const [alice, bob, carol] = [
    await registered('1001'),
    await registered('1002'),
    await registered('1003'),
  ]
  await alice.command('dial', uri('1002'))
  await eventually(liveCalls, (calls) => calls.length === 2)
  const calls = await liveCalls()
  const parent = calls.find((call) => call.parent_call_id === null)!
  const child = calls.find((call) => call.id !== parent.id)!
  await pause(1_500)
  expect((await engine.send('POST', `/v1/voice/calls/${child.id}/hold`)).status).toBe(200)
  await told(parent.id, 'call.held api')
  await pause(2_000)
  expect((await engine.send('POST', `/v1/voice/calls/${child.id}/unhold`)).status).toBe(200)
  await pause(1_500)
  const wanted = { to: '1003' }
  const begun = await engine.send('POST', `/v1/voice/calls/${child.id}/transfer`, wanted)
  expect(begun.status).toBe(202)
  await told(child.id, 'transfer.completed')
  await eventually(liveCalls, (now) => now.every((call) => call.id !== parent.id))
  await pause(2_000)
  await carol.command('hangup')
  await eventually(liveCalls, (now) => now.length === 0)
  await Promise.all([alice.stop(), bob.stop(), carol.stop()])
  const heard = { alice: alice.heard(), bob: bob.heard(), carol: carol.heard() }
  const all = Object.values(toneHz)
  expect(toneMs(heard.bob, toneHz['1001'])).toBeGreaterThan(1_000)
  // Nothing of the phone that is held, and then it again; no music for the one who waits.
  const spoken = toneMs(heard.alice, toneHz['1002'])
  const totalMs = heard.alice.length / 8
  expect(spoken).toBeGreaterThan(2_000)
  expect(totalMs - spoken).toBeGreaterThan(1_500)
  // Less than the two seconds of music: what a busy machine tears is other sound, too.
  expect(otherSoundMs(heard.alice, all)).toBeLessThan(1_500)
  expect(toneMs(heard.alice, toneHz['1003'])).toBe(0)
  expect(toneMs(heard.carol, toneHz['1002'])).toBeGreaterThan(1_000)
})
