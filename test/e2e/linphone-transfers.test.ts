/** linphonec (liblinphone 5.1) beside baresip: holds, is held, transfers and is transferred; who hears whom, by tones. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { PhoneRoom, toneHz } from '../support/phone-room.ts'
import { otherSoundMs, toneMs } from '../support/tone-times.ts'

let engine: EngineProcess
let room: PhoneRoom
beforeAll(async () => {
  engine = await startEngine()
  room = await PhoneRoom.at(engine)
})
afterEach(async () => {
  await room?.close()
})
afterAll(async () => {
  await engine.stop()
  engine.removeData()
})

const all = Object.values(toneHz)
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))
const parentOf = (calls: readonly Json[]): Json =>
  calls.find((call) => call.parent_call_id === null)
const ask = async (id: string, what: string, body?: object): Promise<void> => {
  const { status } = await engine.send('POST', `/v1/voice/calls/${id}/${what}`, body)
  expect(status).toBe(what === 'transfer' ? 202 : 200)
}

test.each(['udp', 'tls'] as const)('over %s it holds, is held, and transfers', async (by) => {
  const [alice, bob, carol] = [
    await room.linphone('1001', by),
    await room.baresip('1002', by),
    await room.baresip('1003', by),
  ]
  alice.command(`call ${room.uri('1002', by)}`)
  const { id } = parentOf(await room.up(2))
  await pause(1_500)
  alice.command('pause')
  await room.told(id, 'call.held remote')
  await pause(2_000)
  alice.command('resume')
  await room.told(id, 'call.resumed remote')
  await pause(1_500)
  await ask(id, 'hold')
  await pause(2_000)
  await ask(id, 'unhold')
  await pause(1_500)
  alice.command(`transfer ${room.uri('1003', by)}`)
  await room.told(id, 'transfer.completed')
  await expect.poll(async () => (await room.liveCalls()).map((call) => call.id)).not.toContain(id)
  await pause(1_500)
  await bob.command('hangup')
  await room.up(0)
  await room.close()
  const heard = { alice: alice.heard(), bob: bob.heard(), carol: carol.heard() }
  // Three stretches of alice and, while she held, the tune; then carol.
  expect(toneMs(heard.bob, toneHz['1001']), bob.output()).toBeGreaterThan(3_000)
  expect(otherSoundMs(heard.bob, all)).toBeGreaterThan(1_000)
  expect(toneMs(heard.bob, toneHz['1003'])).toBeGreaterThan(1_000)
  // linphonec goes on with its recording after each change of the session.
  expect(toneMs(heard.alice, toneHz['1002']), alice.output()).toBeGreaterThan(3_000)
  expect(otherSoundMs(heard.alice, all)).toBeGreaterThan(1_000)
  expect(toneMs(heard.alice, toneHz['1003'])).toBe(0)
  expect(toneMs(heard.carol, toneHz['1002']), carol.output()).toBeGreaterThan(1_000)
  expect(toneMs(heard.carol, toneHz['1001'])).toBe(0)
})

test('it connects the two that it talks to (REFER with Replaces)', async () => {
  const [alice, bob, carol] = [
    await room.linphone('1001'),
    await room.baresip('1002'),
    await room.baresip('1003'),
  ]
  alice.command(`call ${room.uri('1002')}`)
  const { id } = parentOf(await room.up(2))
  await pause(1_000)
  alice.command('pause')
  await room.told(id, 'call.held remote')
  alice.command(`call ${room.uri('1003')}`)
  const calls = await room.up(4)
  await pause(1_500)
  alice.command('transfer 1 --to-call 2')
  await room.told(id, 'transfer.completed')
  const left = await room.up(2)
  expect(calls.map((call) => call.id)).toEqual(expect.arrayContaining(left.map((call) => call.id)))
  await pause(2_000)
  await bob.command('hangup')
  await room.up(0)
  await room.close()
  const heard = { bob: bob.heard(), carol: carol.heard() }
  expect(toneMs(heard.bob, toneHz['1003']), bob.output()).toBeGreaterThan(1_000)
  expect(toneMs(heard.carol, toneHz['1001']), carol.output()).toBeGreaterThan(1_000)
  expect(toneMs(heard.carol, toneHz['1002'])).toBeGreaterThan(1_000)
})

test.each([
  ['linphone', 'udp'],
  ['linphone', 'tls'],
  ['baresip', 'udp'],
] as const)('%s that is asked over %s calls somebody else by itself', async (make, by) => {
  await room[make]('1001', by)
  const carol = await room.baresip('1003', by)
  const verbs = [{ verb: 'pause', length: 30 }]
  const placed = await engine.send('POST', '/v1/voice/calls', {
    to: '1001',
    from: '+15005550100',
    verbs,
  })
  const { id } = placed.body
  await room.up(1)
  await pause(500)
  await ask(id, 'transfer', { to: '1003', mode: 'refer' })
  const told = await room.told(id, 'transfer.completed')
  expect(told.filter((type) => type.startsWith('transfer.'))).toEqual([
    'transfer.started',
    'transfer.progress',
    'transfer.completed',
  ])
  const calls = await room.up(2)
  expect(calls.map((call) => call.id)).not.toContain(id)
  await pause(1_500)
  await carol.command('hangup')
  await room.up(0)
  await room.close()
  expect(toneMs(carol.heard(), toneHz['1001'])).toBeGreaterThan(1_000)
})

test.each([
  ['tcp', 'rtp', '+61255501999'],
  ['tls', 'rtp', '+61255502999'],
  ['udp', 'info', '+61255503999'],
] as const)('keys over %s, by %s, are collected', async (by, keysBy, number) => {
  const gather = { verb: 'gather', num_digits: 4, timeout: 10 }
  const route = { verbs: [gather, { verb: 'hangup' }] }
  expect((await engine.send('POST', '/v1/voice/numbers', { number, route })).status).toBe(201)
  const phone = await room.linphone('1001', by, keysBy === 'info' ? keysBy : undefined)
  phone.command(`call ${room.uri(number, by)}`)
  await room.up(1)
  await pause(1_000)
  for (const key of '7702') {
    phone.command(key)
    await pause(400)
  }
  await room.up(0)
  const [call] = (await engine.get('/v1/voice/calls')).body.calls
  expect(call).toMatchObject({ to: number, gathered_digits: '7702' })
  // The trace comes from the SIP server in batches.
  const { body } = await eventually(
    () => engine.get(`/v1/voice/calls/${call.id}/sip?format=text`),
    ({ body: text }) => text.includes(' BYE '),
  )
  expect(/-- INFO --/.test(body), body).toBe(keysBy === 'info')
})
