/** Several carriers for one number, on the wire: whoever is out of order is followed by the next. */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { bugsIn } from '../support/log-lines.ts'
import type { ScriptedCall } from '../support/scripted-call.ts'
import { phoneSdp, ScriptedPhone } from '../support/scripted-phone.ts'
import { sipServerIsSeparate } from '../support/sip-server-process.ts'

const from = '+15005550100'
const open: { close(): void }[] = []
/** Silence is told after 32 s by a server that does not show 100 Trying. */
const notSeparate = test.skipIf(sipServerIsSeparate)

let engine: EngineProcess
let made = 0

beforeAll(async () => {
  engine = await startEngine({ RINGDOWN_LAB: 'off' })
})
afterEach(() => {
  for (const one of open.splice(0)) one.close()
  expect(bugsIn(engine.output())).toEqual([])
})
afterAll(async () => {
  await engine?.stop()
  engine?.removeData()
})

interface Carrier {
  readonly port: number
  readonly address: string
  readonly calls: ScriptedCall[]
}

/** A carrier that does this with every call. */
async function carrier(onCall: (call: ScriptedCall) => void): Promise<Carrier> {
  const address = `127.0.1.${++made}`
  const calls: ScriptedCall[] = []
  const phone = await ScriptedPhone.open({
    address,
    onCall: (call) => {
      calls.push(call)
      onCall(call)
    },
  })
  open.push(phone)
  return { address, port: phone.port, calls }
}

const refusing = (status: number) => carrier((call) => call.refuse(status))
const taking = () =>
  carrier((call) => {
    call.ring()
    call.accept(phoneSdp('127.0.0.1', 40_000))
  })

/** A socket that hears everything and says nothing. */
async function dead(): Promise<Carrier & { readonly heard: () => string[] }> {
  const address = `127.0.1.${++made}`
  const heard: string[] = []
  const socket: Socket = createSocket('udp4')
  socket.on('message', (bytes) => heard.push(bytes.toString().split(' ')[0] ?? ''))
  socket.bind(0, address)
  await once(socket, 'listening')
  open.push(socket)
  return { address, port: socket.address().port, calls: [], heard: () => heard }
}

let lastNumber = 0
/** Trunks by these ways, the first first, for a number of their own. */
async function trunksTo(
  ways: readonly { address: string; port: number; more?: object }[],
): Promise<{ number: string; ids: string[] }> {
  const prefix = `+61291${String(++lastNumber).padStart(3, '0')}`
  const ids: string[] = []
  for (const [index, { address, port, more }] of ways.entries()) {
    const answer = await engine.send('POST', '/v1/voice/trunks', {
      ...{ name: `way ${index}`, host: address, port, prefixes: [prefix], priority: index },
      ...more,
    })
    expect(answer.status).toBe(201)
    ids.push(answer.body.id)
  }
  return { number: `${prefix}123`, ids }
}

async function placed(to: string): Promise<string> {
  const answer = await engine.send('POST', '/v1/voice/calls', { to, from })
  expect(answer.status).toBe(201)
  return answer.body.id
}
const get = async (id: string): Promise<Json> => (await engine.get(`/v1/voice/calls/${id}`)).body
const until = (id: string, status: string) =>
  eventually(
    () => get(id),
    (call) => call.status === status,
  )
const eventsOf = async (id: string): Promise<Json[]> =>
  (await engine.get(`/v1/voice/calls/${id}/events`)).body.events
const hangUp = (id: string) => engine.send('DELETE', `/v1/voice/calls/${id}`)

describe('a call by several trunks', () => {
  test('the first answers 503, the second takes it, with its audio', async () => {
    const [one, two] = [await refusing(503), await taking()]
    const { number, ids } = await trunksTo([one, two])
    const id = await placed(number)
    await until(id, 'in-progress')
    expect([one.calls.length, two.calls.length]).toEqual([1, 1])
    expect(two.calls[0]?.remoteSdp).toMatch(/^m=audio \d+ RTP\/AVP/m)
    expect(two.calls[0]?.id).not.toBe(one.calls[0]?.id)
    const failed = (await eventsOf(id)).filter(({ type }) => type === 'trunk.failed')
    expect(failed.map(({ data }) => data)).toEqual([
      {
        trunk_id: ids[0],
        sip_status: 503,
        sip_call_id: one.calls[0]?.id,
        next_trunk_id: ids[1],
      },
    ])
    await hangUp(id)
    await two.calls[0]?.ended

    // It failed just now: the next call does not go there at all.
    const next = await placed(number)
    await until(next, 'in-progress')
    expect([one.calls.length, two.calls.length]).toEqual([1, 2])
    await hangUp(next)
  })

  notSeparate('the first is silent: the second has the call after 5 s', async () => {
    const [one, two] = [await dead(), await taking()]
    const { number } = await trunksTo([one, two])
    const id = await placed(number)
    await until(id, 'in-progress')
    const [taken] = two.calls
    expect(one.heard().filter((method) => method !== 'INVITE')).toEqual([])
    expect(taken?.number).toBe(number)
    await hangUp(id)
    await taken?.ended
  })

  notSeparate('the first was silent and wakes up: it is cancelled, and rings nobody', async () => {
    const first = await carrier(() => {})
    const [woken] = [first.calls]
    const two = await taking()
    const { number } = await trunksTo([first, two])
    const id = await placed(number)
    await until(id, 'in-progress')
    woken[0]?.ring()
    await expect(woken[0]?.ended).resolves.toBeUndefined()
    expect((await get(id)).status).toBe('in-progress')
    await hangUp(id)
  })

  notSeparate('nobody listens at the first, and the second has no such name', async () => {
    const gone = await dead()
    open.pop()?.close()
    const three = await taking()
    const { number } = await trunksTo([
      gone,
      { address: 'no-such-host.example', port: 5060 },
      three,
    ])
    const id = await placed(number)
    await until(id, 'in-progress')
    expect(three.calls).toHaveLength(1)
    await hangUp(id)
  })

  test.each([
    [486, 'busy'],
    [603, 'failed'],
    [404, 'failed'],
    [480, 'no-answer'],
  ])('%i is the answer: nobody else is asked', async (status, expected) => {
    const [one, two] = [await refusing(status), await taking()]
    const { number } = await trunksTo([one, two])
    await until(await placed(number), expected)
    expect([one.calls.length, two.calls.length]).toEqual([1, 0])
  })

  test('all fail: so does the call, for the last reason', async () => {
    const { number } = await trunksTo([await refusing(503), await refusing(500)])
    const id = await placed(number)
    await until(id, 'failed')
    expect((await eventsOf(id)).at(-1)?.data).toMatchObject({ end_reason: 'trunk_error:500' })
  })

  test('a full trunk is passed over, and a full house is 503', async () => {
    const [one, two] = [await taking(), await taking()]
    const { number } = await trunksTo([
      { ...one, more: { max_calls: 1 } },
      { ...two, more: { max_calls: 1 } },
    ])
    const ids = [await placed(number), await placed(number)]
    for (const id of ids) await until(id, 'in-progress')
    expect([one.calls.length, two.calls.length]).toEqual([1, 1])
    const answer = await engine.send('POST', '/v1/voice/calls', { to: number, from })
    expect(answer).toMatchObject({ status: 503, body: { error: { code: 'trunk_busy' } } })
    for (const id of ids) await hangUp(id)
    await eventually(
      () => engine.send('POST', '/v1/voice/calls', { to: number, from }),
      ({ status }) => status === 201,
    )
  })
})
