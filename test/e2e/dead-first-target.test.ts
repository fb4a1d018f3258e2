/** Two Kamailios are one provider by its name (SRV). The first falls silent, comes back, and dies; it is pinged too. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  type EngineProcess,
  eventually,
  freePort,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { type Kamailio, noKamailio, startKamailio } from '../support/kamailio.ts'
import { bugsIn } from '../support/log-lines.ts'
import { MockDns } from '../support/mock-dns.ts'
import { phoneSdp, ScriptedPhone } from '../support/scripted-phone.ts'

const login = { username: 'ringdown', password: 'correct horse' }
let engine: EngineProcess
let dns: MockDns
let phone: ScriptedPhone
let first: Kamailio
let second: Kamailio
let pinged: string

beforeAll(async () => {
  if (noKamailio !== undefined) return
  const address = '127.0.0.1'
  phone = await ScriptedPhone.open({
    address,
    onCall: (call) => call.accept(phoneSdp(address, 40_000)),
  })
  const provider = async () =>
    startKamailio({
      ...{ address, port: await freePort(), realm: 'carrier.test', login },
      phone: { address, port: phone.port },
    })
  first = await provider()
  second = await provider()
  dns = await MockDns.open([
    { name: '_sip._udp.carrier.test', srv: [1, 1, first.port, 'sbc.carrier.test'] },
    { name: '_sip._udp.carrier.test', srv: [2, 1, second.port, 'sbc.carrier.test'] },
    { name: 'sbc.carrier.test', address },
  ])
  engine = await startEngine({ RINGDOWN_LAB: 'off', RINGDOWN_DNS: dns.server })
  const trunk = async (more: object): Promise<string> => {
    const { status, body } = await engine.send('POST', '/v1/voice/trunks', { ...login, ...more })
    expect(status, JSON.stringify(body)).toBe(201)
    return body.id
  }
  await trunk({ name: 'named', host: 'carrier.test', prefixes: ['+614'] })
  const { port } = first
  pinged = await trunk({
    name: 'pinged',
    host: address,
    port,
    prefixes: ['+615'],
    ping_interval_s: 5,
  })
})
afterEach(() => {
  if (engine) {
    expect(bugsIn(engine.output())).toEqual([])
  }
})
afterAll(async () => {
  await engine?.stop()
  engine?.removeData()
  phone?.close()
  dns?.close()
  await first?.stop()
  await second?.stop()
})

/** Calls until somebody answers, and hangs up; to whom its INVITEs went, each transaction once. */
async function asked(): Promise<('first' | 'second')[]> {
  const call = { to: '+61400000001', from: '+15005550100' }
  const placed = await engine.send('POST', '/v1/voice/calls', call)
  const path = `/v1/voice/calls/${placed.body.id}`
  await eventually(
    async () => (await engine.get(path)).body.status,
    (status) => status === 'in-progress',
  )
  await engine.send('DELETE', path)
  // The trace comes from the SIP server in batches.
  const { messages } = await eventually(
    async () => (await engine.get(`${path}/sip`)).body,
    (ladder) => ladder.messages.some(({ label }: Json) => label === '200 OK (INVITE, sdp)'),
  )
  return messages
    .filter(({ label, retransmission }: Json) => label === 'INVITE (sdp)' && !retransmission)
    .map(({ remote }: Json) => (remote === `127.0.0.1:${first.port}` ? 'first' : 'second'))
}
const statusOf = async (id: string): Promise<Json> =>
  (await engine.get(`/v1/voice/trunks/${id}`)).body.status
const untilReachable = (reachable: boolean) =>
  eventually(
    () => statusOf(pinged),
    (status) => status.reachable === reachable,
    40_000,
  )
const pingEvents = async (): Promise<string[]> =>
  (await engine.get('/v1/voice/events?page_size=1000')).body.events
    .map(({ type }: Json) => type)
    .filter((type: string) => /^trunk\.(?:up|down)$/.test(type))

describe.skipIf(noKamailio !== undefined)(`kamailio${noKamailio ? ` (${noKamailio})` : ''}`, () => {
  test('the first takes calls; in silence it costs one call one transaction, and the next none', async () => {
    // Without credentials and with them.
    expect(await asked()).toEqual(['first', 'first'])
    await untilReachable(true)
    first.freeze()
    expect(await asked()).toEqual(['first', 'second', 'second'])
    expect(await asked()).toEqual(['second', 'second'])
  })

  test('who pings it hears that it is down', async () => {
    await untilReachable(false)
    expect(await pingEvents()).toEqual(['trunk.down'])
  })

  test('it is back: it is asked when the second is dead, and from then on first again', async () => {
    first.thaw()
    await second.kill()
    expect(await asked()).toEqual(['second', 'first', 'first'])
    expect(await asked()).toEqual(['first', 'first'])
    await untilReachable(true)
    expect(await pingEvents()).toEqual(['trunk.down', 'trunk.up'])
  })

  test('another starts where the second was, and the first dies', async () => {
    const { address, port } = second
    second = await startKamailio({
      ...{ address, port, realm: 'carrier.test', login },
      phone: { address, port: phone.port },
    })
    await first.kill()
    expect(await asked()).toEqual(['first', 'second', 'second'])
    expect(await asked()).toEqual(['second', 'second'])
  })
})
