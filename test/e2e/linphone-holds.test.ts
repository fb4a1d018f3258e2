/** Two linphonecs hold each other; phones whose transfer fails come back to their call. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type EngineProcess, startEngine } from '../support/engine-process.ts'
import { bugsIn } from '../support/log-lines.ts'
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
  expect(bugsIn(engine.output())).toEqual([])
})
afterAll(async () => {
  await engine.stop()
  engine.removeData()
})

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

test('both hold, one after the other and at one moment, and come back', async () => {
  const [alice, bob] = [await room.linphone('1001', 'tcp'), await room.linphone('1002', 'tls')]
  alice.command(`call ${room.uri('1002', 'tcp')}`)
  const { id } = (await room.up(2)).find((call) => call.parent_call_id === null)
  const changes = (count: number) =>
    expect
      .poll(async () => (await room.eventsOf(id)).filter((type) => / remote$/.test(type)))
      .toHaveLength(count)
  await pause(1_500)
  alice.command('pause')
  await changes(1)
  await pause(1_500)
  bob.command('pause')
  await changes(2)
  alice.command('resume')
  await changes(3)
  bob.command('resume')
  await changes(4)
  for (const phone of [alice, bob]) phone.command('pause')
  await changes(6)
  for (const phone of [alice, bob]) phone.command('resume')
  await changes(8)
  await pause(1_500)
  bob.command('terminate')
  await room.up(0)
  await room.close()
  const [heardByAlice, heardByBob] = [alice.heard(), bob.heard()]
  expect(toneMs(heardByAlice, toneHz['1002']), alice.output()).toBeGreaterThan(2_000)
  expect(toneMs(heardByBob, toneHz['1001']), bob.output()).toBeGreaterThan(2_000)
  // While alice alone held.
  expect(otherSoundMs(heardByBob, Object.values(toneHz))).toBeGreaterThan(1_000)
})

test.each(['linphone', 'baresip'] as const)(
  '%s that is sent to a busy number tells so, and the call goes on',
  async (make) => {
    await room[make]('1001')
    const verbs = [{ verb: 'pause', length: 30 }]
    const call = { to: '1001', from: '+15005550100', verbs }
    const { id } = (await engine.send('POST', '/v1/voice/calls', call)).body
    await room.up(1)
    const busy = { to: '+15005550180', mode: 'refer' }
    const path = `/v1/voice/calls/${id}`
    expect((await engine.send('POST', `${path}/transfer`, busy)).status).toBe(202)
    const told = await room.told(id, 'transfer.failed')
    expect(told.filter((type) => type.startsWith('transfer.'))).toEqual([
      'transfer.started',
      'transfer.progress',
      'transfer.failed',
    ])
    // linphonec holds while it tries.
    if (make === 'linphone') await room.told(id, 'call.resumed remote')
    expect((await room.liveCalls()).map((live) => live.id)).toEqual([id])
    await engine.send('DELETE', path)
    await room.up(0)
  },
)
