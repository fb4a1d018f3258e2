import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { rmsDbfs } from '../../engine/dsp/levels.ts'
import { Caller } from '../loop/sip/support/caller.ts'
import { reply, sdp, UdpPeer } from '../loop/sip/support/peer.ts'
import { likeness, noise } from '../media/rtp-peer.ts'
import { type Application, startApplication } from '../support/application.ts'
import { DeskPhone } from '../support/desk-phone.ts'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { bugsIn } from '../support/log-lines.ts'

const trunkHost = '127.0.0.9'
const echo = '+15005550140'

let engine: EngineProcess
let application: Application
let alice: DeskPhone
let bob: DeskPhone
const peers: { close(): void }[] = []

beforeAll(async () => {
  application = await startApplication()
  engine = await startEngine({ RINGDOWN_ALLOWED_URL_TARGETS: '127.0.0.0/8' })
  alice = await phoneOf('alice')
  bob = await phoneOf('bob')
  await bob.register()
  const trunk = { name: 'provider', host: trunkHost, port: 5_060, prefixes: ['+6129'] }
  expect((await engine.send('POST', '/v1/voice/trunks', trunk)).status).toBe(201)
})
afterEach(() => {
  for (const peer of peers.splice(0)) peer.close()
  expect(bugsIn(engine.output())).toEqual([])
})
afterAll(async () => {
  alice?.close()
  bob?.close()
  await application?.close()
  await engine?.stop()
  engine?.removeData()
})

async function phoneOf(username: string): Promise<DeskPhone> {
  const login = { username, password: `password-of-${username}` }
  expect((await engine.send('POST', '/v1/voice/devices', login)).status).toBe(201)
  return DeskPhone.open(engine.sipPort, login)
}

let lastNumber = 0
/** A new number with this route. */
async function numberFor(route: object): Promise<string> {
  const number = `+6128000${1_000 + lastNumber++}`
  const answer = await engine.send('POST', '/v1/voice/numbers', { number, route })
  expect(answer).toMatchObject({ status: 201 })
  return number
}

/** The newest call to that number, once it is over. */
async function endedCall(to: string): Promise<Json> {
  const { calls } = await eventually(
    async () =>
      (await engine.get(`/v1/voice/calls?direction=inbound&to=${encodeURIComponent(to)}`)).body,
    (list) => list.calls[0]?.end_time,
  )
  return calls[0]
}

/** Until a key is waited for. */
const listens = async (to: string): Promise<void> => {
  await eventually(
    async () => {
      const path = `/v1/voice/calls?direction=inbound&to=${encodeURIComponent(to)}`
      const [call] = (await engine.get(path)).body.calls
      return call ? (await engine.get(`/v1/voice/calls/${call.id}/events`)).body.events : []
    },
    (events) => events.some(({ data }: Json) => data.verb === 'gather'),
  )
}
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 400))

const one = { verb: 'say', text: 'You have pressed the key one. Thank you very much.' }
const menu = {
  verb: 'gather',
  num_digits: 1,
  timeout: 10,
  branches: { '1': [one], '2': [{ verb: 'hangup' }] },
}

describe('a number with verbs', () => {
  test('a key chooses the branch, which is heard, and the call ends', async () => {
    const number = await numberFor({ verbs: [{ verb: 'answer' }, menu] })
    await alice.call(number)
    await listens(number)
    const before = alice.audio.received.length
    await alice.audio.press(1)
    await alice.hungUp()
    const heard = alice.audio.received.length - before
    expect(rmsDbfs(alice.audio.heard().subarray(-heard * 160))).toBeGreaterThan(-40)
    const call = await endedCall(number)
    expect(call).toMatchObject({ status: 'completed', from: 'alice', end_reason: 'hangup:program' })
    const { events } = (await engine.get(`/v1/voice/calls/${call.id}/events`)).body
    const told = events.map(({ type, data }: Json) => data.verb ?? data.digit ?? type)
    expect(told).toEqual(
      expect.arrayContaining(['call.ringing', 'answer', 'gather', '1', 'say', 'call.completed']),
    )
  })

  test('reject answers with its status', async () => {
    const number = await numberFor({ verbs: [{ verb: 'reject', sip_status: 486 }] })
    expect(await (await alice.invite(number)).final()).toBe(486)
    expect(await endedCall(number)).toMatchObject({ answered_at: null })
  })
})

describe('a number with a url', () => {
  test('the digits go to the next url, which goes on', async () => {
    const url = `${application.url}/digits`
    application.json('/welcome', [{ verb: 'answer' }, { ...menu, num_digits: 2, url }])
    application.json('/digits', [{ verb: 'pause', length: 0.2 }, { verb: 'hangup' }])
    const number = await numberFor({ url: `${application.url}/welcome` })
    const { sipCallId } = await alice.call(number)
    await listens(number)
    await alice.audio.press(4)
    await settled()
    await alice.audio.press(2)
    await alice.hungUp()
    const call = await endedCall(number)
    const [first, second, ...more] = application.asked
    expect(more).toEqual([])
    expect(first).toMatchObject({
      path: '/welcome',
      method: 'POST',
      json: { call_id: call.id, direction: 'inbound', from: 'alice', to: number },
    })
    expect(second).toMatchObject({ path: '/digits', json: { call_id: call.id, digits: '42' } })
    expect(sipCallId).not.toBe('')
  })

  test('a branch is taken without asking again; GET puts the fields in the query', async () => {
    const before = application.asked.length
    application.json('/menu', [{ verb: 'answer' }, { ...menu, url: `${application.url}/never` }])
    const number = await numberFor({ url: `${application.url}/menu`, method: 'GET' })
    await alice.call(number)
    await listens(number)
    await alice.audio.press(2)
    await alice.hungUp()
    const asked = application.asked.slice(before)
    expect(asked.map(({ method, path }) => [method, path])).toEqual([['GET', '/menu']])
  })

  const answers: readonly [string, (response: ServerResponse) => void][] = [
    ['500', (response) => response.writeHead(500).end('no')],
    ['what is no JSON', (response) => response.writeHead(200).end('<Response/>')],
    ['an unknown verb', (response) => response.writeHead(200).end('[{"verb":"sing"}]')],
    ['nothing, for ever', () => {}],
    ['half an answer', (response) => response.writeHead(200).write('[')],
    ['a closed connection', (response) => response.destroy()],
  ]
  test.each(answers)('one that answers %s refuses the call', async (_what, answer) => {
    application.on('/bad', answer)
    const number = await numberFor({ url: `${application.url}/bad` })
    const status = await (await alice.invite(number)).final()
    expect(status).toBeGreaterThanOrEqual(400)
    const call = await endedCall(number)
    expect(call.answered_at).toBeNull()
    expect(call.end_reason).not.toBeNull()
  })
})

describe('a number that leads on', () => {
  test('to a device: both hear each other, and one hang-up ends both', async () => {
    const number = await numberFor({ device: 'bob' })
    const [call, invite] = await Promise.all([alice.call(number), bob.answer()])
    expect(invite.headers['from']).toContain('alice')
    await expectTalk()
    await Promise.all([call.hangUp(), bob.hungUp()])
    expect(await endedCall(number)).toMatchObject({ status: 'completed' })
  })

  test('to another number', async () => {
    const number = await numberFor({ number: echo })
    const call = await alice.call(number)
    const said = noise(1_600, 5)
    const from = alice.audio.received.length
    await alice.audio.talk(said)
    await settled()
    expect(likeness(said, heardFrom(alice, from))).toBeGreaterThan(0.9)
    await call.hangUp()
    expect(await endedCall(number)).toMatchObject({ status: 'completed' })
  })

  test('to a device that is busy, and to one that is not there', async () => {
    const number = await numberFor({ device: 'bob' })
    const call = await alice.invite(number)
    bob.sip.send(reply(await bob.sip.expect('INVITE'), 486))
    expect(await call.final()).toBe(486)
    const nobody = await numberFor({ device: 'alice' })
    expect(await (await bob.invite(nobody)).final()).toBe(480)
  })

  test('who gives up while it rings stops the ringing', async () => {
    const number = await numberFor({ device: 'bob' })
    const call = await alice.invite(number)
    const invite = await bob.sip.expect('INVITE')
    bob.sip.send(reply(invite, 180, { contact: bob.sip.contact }))
    await call.ringing()
    call.cancel()
    bob.sip.send(reply(await bob.sip.expect('CANCEL'), 200))
    bob.sip.send(reply(invite, 487))
    await alice.sip.expect(487)
    expect(await endedCall(number)).toMatchObject({ status: 'canceled' })
  })
})

describe('a device calls', () => {
  test('another device by its name', async () => {
    const [call] = await Promise.all([alice.call('bob'), bob.answer()])
    await expectTalk()
    await Promise.all([call.hangUp(), bob.hungUp()])
  })

  test('a lab number', async () => {
    const call = await alice.call(echo)
    await call.hangUp()
    expect(await endedCall(echo)).toMatchObject({ from: 'alice', status: 'completed' })
  })

  test.each(['nobody', '+4930123456'])('%s, who is not there', async (to) => {
    expect(await (await alice.invite(to)).final()).toBe(404)
  })
})

describe('who may not call', () => {
  test('a stranger is asked for credentials and reaches nobody', async () => {
    const number = await numberFor({ device: 'bob' })
    const before = (await engine.get('/v1/voice/calls')).body.total
    const invites = () => bob.sip.all.filter(({ method }) => method === 'INVITE').length
    const rung = invites()
    const stranger = await UdpPeer.open(engine.sipPort)
    peers.push(stranger)
    for (const from of ['stranger', 'alice', 'bob', '+61255500000']) {
      for (const to of [number, 'bob', echo]) {
        const caller = new Caller(stranger, {
          from: `sip:${from}@127.0.0.1`,
          to: `sip:${to}@127.0.0.1:${engine.sipPort}`,
        })
        caller.request('INVITE', { body: sdp() })
        const answer = await stranger.expect(({ status = 0 }) => status >= 200)
        caller.ackFailure(answer)
        expect([from, to, answer.status]).toEqual([from, to, 401])
      }
    }
    const forged = await DeskPhone.open(engine.sipPort, { username: 'alice', password: 'guessed' })
    peers.push(forged)
    expect([401, 403]).toContain(await (await forged.invite('bob')).final())
    await settled()
    expect((await engine.get('/v1/voice/calls')).body.total).toBe(before)
    expect(invites()).toBe(rung)
  })

  test('a trunk that calls a number that nobody has gets 404', async () => {
    const socket = createSocket('udp4').bind(0, trunkHost)
    await once(socket, 'listening')
    const trunk = new UdpPeer(socket, engine.sipPort)
    peers.push(trunk)
    const number = await numberFor({ verbs: [{ verb: 'reject', sip_status: 486 }] })
    for (const [to, status] of [
      ['+61280009999', 404],
      ['bob', 404],
      [echo, 404],
      [number, 486],
    ] as const) {
      const caller = new Caller(trunk, {
        from: `sip:+61255500000@${trunkHost}`,
        to: `sip:${to}@127.0.0.1:${engine.sipPort}`,
      })
      caller.request('INVITE', { body: sdp() })
      const answer = await trunk.expect((message) => (message.status ?? 0) >= 200)
      caller.ackFailure(answer)
      expect([to, answer.status]).toEqual([to, status])
    }
  })
})

/** What that phone has heard since. */
function heardFrom(phone: DeskPhone, packet: number): Int16Array {
  phone.audio.received.splice(0, packet)
  return phone.audio.heard()
}

/** Alice and Bob speak at the same time, and each hears the other. */
async function expectTalk(): Promise<void> {
  const [fromAlice, fromBob] = [noise(1_600, 3), noise(1_600, 4)]
  const [a, b] = [alice.audio.received.length, bob.audio.received.length]
  await Promise.all([alice.audio.talk(fromAlice), bob.audio.talk(fromBob)])
  await settled()
  expect(likeness(fromBob, heardFrom(alice, a))).toBeGreaterThan(0.9)
  expect(likeness(fromAlice, heardFrom(bob, b))).toBeGreaterThan(0.9)
}
