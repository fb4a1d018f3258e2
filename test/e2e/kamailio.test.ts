/** Kamailio as a provider that wants registration and digests: outward, inward, and with a wrong password. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { DeskPhone } from '../support/desk-phone.ts'
import {
  type EngineProcess,
  eventually,
  freePort,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { type Kamailio, noKamailio, startKamailio } from '../support/kamailio.ts'
import { bugsIn } from '../support/log-lines.ts'
import type { ScriptedCall } from '../support/scripted-call.ts'
import { phoneSdp, ScriptedPhone } from '../support/scripted-phone.ts'

const ownNumber = '+15005550100'
const login = { username: 'ringdown', password: 'correct horse' }
const realm = 'provider.example'

let engine: EngineProcess
let kamailio: Kamailio
let phone: ScriptedPhone
const calls: ScriptedCall[] = []
const open: { close(): void }[] = []

beforeAll(async () => {
  if (noKamailio !== undefined) return
  phone = await ScriptedPhone.open({
    address: '127.0.3.2',
    onCall: (call) => {
      calls.push(call)
      call.ring()
      call.accept(phoneSdp('127.0.3.2', 40_000))
    },
  })
  kamailio = await startKamailio({
    ...{ address: '127.0.3.1', port: await freePort(), realm, login },
    phone: { address: phone.address, port: phone.port },
  })
  engine = await startEngine({ RINGDOWN_LAB: 'off' })
})
afterEach(() => {
  for (const one of open.splice(0)) one.close()
  if (engine) expect(bugsIn(engine.output())).toEqual([])
})
afterAll(async () => {
  await engine?.stop()
  engine?.removeData()
  phone?.close()
  await kamailio?.stop()
})

const trunksPath = '/v1/voice/trunks'
async function trunk(more: object): Promise<string> {
  const { address: host, port } = kamailio
  const wish = { name: 'provider', host, port, username: login.username, ...more }
  const { status, body } = await engine.send('POST', trunksPath, wish)
  expect(status).toBe(201)
  return body.id
}
const statusOf = async (id: string): Promise<Json> =>
  (await engine.get(`${trunksPath}/${id}`)).body.status
const untilRegistration = (id: string, state: string): Promise<Json> =>
  eventually(
    () => statusOf(id),
    ({ registration }) => registration === state,
  )
const trunkEvents = async (): Promise<string[]> =>
  (await engine.get('/v1/voice/events?page_size=1000')).body.events
    .map(({ type }: Json) => type)
    .filter((type: string) => type.startsWith('trunk.'))
const printed = (pattern: RegExp): Promise<string> =>
  eventually(
    async () => kamailio.output(),
    (text) => pattern.test(text),
  )

describe.skipIf(noKamailio !== undefined)(`kamailio${noKamailio ? ` (${noKamailio})` : ''}`, () => {
  test('registers, calls, is called, is pinged, and un-registers', async () => {
    const id = await trunk({
      ...{ password: login.password, registration: {}, ping_interval_s: 5, auth_realm: realm },
    })
    const status = await untilRegistration(id, 'registered')
    // The provider grants less than was asked for.
    expect(Date.parse(status.registered_until) - Date.now()).toBeLessThanOrEqual(60_000)
    expect(status).toMatchObject({ last_error: null })
    expect(await trunkEvents()).toEqual(['trunk.registered'])
    await eventually(
      () => statusOf(id),
      ({ reachable, round_trip_ms }) => reachable === true && round_trip_ms !== null,
    )

    const to = '+61298765432'
    const placed = await engine.send('POST', '/v1/voice/calls', { to, from: ownNumber })
    expect(placed.status).toBe(201)
    await eventually(
      () => engine.get(`/v1/voice/calls/${placed.body.id}`),
      ({ body }) => body.status === 'in-progress',
    )
    expect(calls.map(({ number }) => number)).toEqual([to])
    await engine.send('DELETE', `/v1/voice/calls/${placed.body.id}`)
    await calls[0]?.ended

    const desk = await deskPhone('desk')
    await desk.register()
    const number = { number: '+15005550177', route: { device: 'desk' } }
    expect((await engine.send('POST', '/v1/voice/numbers', number)).status).toBe(201)
    const inbound = phone.call(
      kamailio,
      number.number,
      '+61411111111',
      phoneSdp('127.0.3.2', 40_002),
    )
    const invite = await desk.answer()
    expect(await inbound.answered).toBe(200)
    expect(invite.headers['from']).toContain('+61411111111')
    const [call] = (await engine.get('/v1/voice/calls?direction=inbound')).body.calls
    expect(call).toMatchObject({ from: '+61411111111', to: number.number })
    inbound.bye()
    await desk.hungUp()

    expect((await engine.send('DELETE', `${trunksPath}/${id}`)).status).toBe(204)
    await printed(/REGISTER taken ringdown for 0\b/)
  })

  test('a wrong password: told once, not tried again at once; the right one works at once', async () => {
    const before = (await trunkEvents()).length
    // Each once, however often it had to be sent.
    const refused = () => new Set(kamailio.output().match(/REGISTER refused .*/g)).size
    const refusedBefore = refused()
    const id = await trunk({ password: 'wrong', registration: {} })
    expect((await untilRegistration(id, 'failed')).last_error).toMatch(/^401 /)
    await new Promise((done) => {
      setTimeout(done, 2_000)
    })
    // One without credentials, one with the wrong ones.
    expect(refused() - refusedBefore).toBe(2)
    expect((await trunkEvents()).slice(before)).toEqual(['trunk.registration-failed'])
    await engine.send('PATCH', `${trunksPath}/${id}`, { password: login.password })
    await untilRegistration(id, 'registered')
    expect((await trunkEvents()).slice(before)).toEqual([
      'trunk.registration-failed',
      'trunk.registered',
    ])
  })

  test('the engine ends: un-registers', async () => {
    const farewells = () => kamailio.output().split(/REGISTER taken ringdown for 0\b/).length
    const before = farewells()
    await engine.stop()
    // Its line may be read after the engine's end is known.
    await expect.poll(farewells).toBe(before + 1)
  })
})

async function deskPhone(username: string): Promise<DeskPhone> {
  const { body } = await engine.send('POST', '/v1/voice/devices', { username })
  const desk = await DeskPhone.open(engine.sipPort, { username, password: body.password })
  open.push(desk)
  return desk
}
