/**
 * One call, four APIs to make it, four to read it: its ids are views of one UUID, and at each moment all
 * say the same of it, each in its own words. Number callbacks tell of calls whoever made them.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { eventually, type Json } from '../../support/engine-process.ts'
import { bugsIn } from '../../support/log-lines.ts'
import { type Answered, answered, type House, openHouse, ownNumber, tokenOf } from '../house.ts'
import { callIdOf } from '../table.ts'

const callee = '+61255550160'
const lead = '+61255550161'

let house: House
let token: string
beforeAll(async () => {
  house = await openHouse()
  token = await tokenOf('directory')
  house.application.on('/told', (response) => response.writeHead(204).end())
  const url = `${house.application.url}/told`
  const body = { fonenumber: ownNumber, type: 'Callback', url, method: 'JSON' }
  expect((await ask('POST', '/v2/calls/send_notify', body)).status).toBe(200)
})
afterAll(() => house?.close())
afterEach(() => {
  expect(bugsIn(house.engine.output())).toEqual([])
})

/** With the credential that every dialect takes; records want a token. */
async function ask(method: string, path: string, body?: object): Promise<Answered> {
  const proof = path.startsWith('/v3') ? token : house.engine.apiKey
  const headers = {
    ...{ authorization: `Bearer ${proof}`, prefer: 'respond-async' },
    ...(body && { 'content-type': 'application/json' }),
  }
  const request = { method, headers, ...(body && { body: JSON.stringify(body) }) }
  return answered(await fetch(house.engine.httpUrl + path, request))
}

interface Maker {
  readonly name: string
  /** The UUID of the call that was made to `callee`. */
  make(): Promise<string>
  /** Both sides of it talk to each other, not the callee to a program. */
  readonly connects: boolean
}

const makers: readonly Maker[] = [
  {
    name: 'trigger-call',
    connects: true,
    async make() {
      const body = { agentPhone: callee, leadPhone: lead, leadName: 'Sarah Johnson' }
      const made = await ask('POST', '/api/voice/trigger-call', body)
      expect(made.status).toBe(200)
      return uuidOf(made.body.callId)
    },
  },
  {
    name: 'the native API',
    connects: false,
    async make() {
      const made = await ask('POST', '/v1/voice/calls', { to: callee, from: ownNumber })
      expect(made.status).toBe(201)
      return made.body.id
    },
  },
  {
    name: 'the FoneNumber API',
    connects: true,
    async make() {
      const service = { service_type: 'Phonenumber', service_id: lead }
      const body = { fonenumber: ownNumber, to: callee, ...service }
      const made = await ask('POST', '/v2/calls', body)
      expect(made.status).toBe(202)
      return made.body.call.id
    },
  },
  {
    name: 'a voice to a phone',
    connects: false,
    async make() {
      const Phone = { Number: callee, CountryCode: 'AU' }
      const made = await ask('POST', '/call', { Phone, Message: 'One', Dtmf: { 1: 'Two' } })
      expect(made.status).toBe(200)
      return made.body.CallId
    },
  },
]

function uuidOf(callId: string): string {
  const figures = [...callId.replace('call_', '')].map((figure) => Number.parseInt(figure, 36))
  const value = figures.reduce((sum, figure) => sum * 36n + BigInt(figure), 0n)
  const hex = value.toString(16).padStart(32, '0')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** What each API says of a call: its id there, its status, and who was called. */
async function seen(id: string) {
  // Six requests a look: slow enough for the limit of the account.
  await sleep(150)
  const [trigger, native, list, record, records, phone] = await Promise.all(
    [
      `/api/voice/calls/${callIdOf(id)}`,
      `/v1/voice/calls/${id}`,
      `/v1/voice/calls?to=${encodeURIComponent(callee)}&page_size=100`,
      `/v3/communication/voice_calls/${id}`,
      '/v3/communication/voice_calls?per_page=100',
      `/call/${id}`,
    ].map(async (path) => {
      const { status, body } = await ask('GET', path)
      expect([path, status, body]).toEqual([path, 200, body])
      return body
    }),
  )
  const listed = list.calls.find((call: Json) => call.id === id)
  const { voice_calls: all } = records.data
  const recorded = all.find((call: Json) => call.external_uuid === id)
  return {
    ids: [trigger.callId, trigger.voiceCallId, native.id, phone.CallId, record.data.external_uuid],
    called: [trigger.agentPhone, native.to],
    // Of a triggered call the business's side is the agent, and the other one the lead.
    other: [record.data.to_number, trigger.leadPhone ?? callee],
    words: [trigger.status, native.status, record.data.status, phone.Status],
    inLists: [listed?.status, recorded?.status],
  }
}

/** All of them say these words at the same moment, sooner or later. */
async function allSay(id: string, words: readonly unknown[]): Promise<void> {
  const last = await eventually(
    () => seen(id),
    (now) => JSON.stringify(now.words) === JSON.stringify(words),
  ).catch((error: unknown) => {
    throw new Error(`wanted ${JSON.stringify(words)}: ${String(error)}`)
  })
  expect(last.ids).toEqual([callIdOf(id), id, id, id, id])
  expect(last.called).toEqual([callee, callee])
  expect(last.other[0]).toBe(last.other[1])
  expect(last.inLists).toEqual([words[1], words[2]])
}

/** What the number's callback was told of a call. */
const told = (id: string): Json[] =>
  house.application.asked.filter(({ json }) => json?.uid === id).map(({ json }) => json)

async function toldOf(id: string, disposition: string): Promise<void> {
  await eventually(
    async () => told(id).map((one) => one.status),
    (statuses) => statuses.includes('END'),
  )
  const all = { from: ownNumber, to: callee, direction: 'OUTBOUND', uid: id }
  expect(told(id)).toMatchObject([
    { status: 'BEGIN', ...all },
    { status: 'END', disposition, ...all },
  ])
}

describe.each(makers)('a call made by $name', ({ make, connects }) => {
  test('rings, is answered, ends', async () => {
    const { carrier } = house
    carrier.set(callee, { does: 'ring' })
    carrier.set(lead, { does: 'answer' })
    const before = carrier.calls.length
    const id = await make()
    await allSay(id, ['ringing', 'ringing', 'INCOMING_CALL', 1])

    await eventually(
      async () => carrier.calls.length,
      (calls) => calls > before,
    )
    const call = carrier.calls[before]!
    call.answer('1')
    const answeredBy = connects ? 'ANSWERED_BY_STAFF' : 'ANSWERED_BY_CALLS_PROVIDER'
    await allSay(id, ['connected', 'in-progress', answeredBy, 1])

    call.hangUp()
    await allSay(id, ['completed', 'completed', answeredBy, 2])
    await toldOf(id, 'ANSWERED')
  })

  test.each([
    [486, ['failed', 'busy', 'MISSED', 3], 'BUSY'],
    [480, ['failed', 'no-answer', 'MISSED', 4], 'NO_ANSWER'],
    [603, ['failed', 'failed', 'MISSED', 5], 'REJECTED'],
    [404, ['failed', 'failed', 'MISSED', 5], 'INVALID'],
  ] as const)('is refused with %i', async (sipStatus, words, disposition) => {
    house.carrier.set(callee, { does: 'refuse', sipStatus })
    const id = await make()
    await allSay(id, words)
    await toldOf(id, disposition)
  })

  test('is canceled by the native API while it rings', async () => {
    house.carrier.set(callee, { does: 'ring' })
    const id = await make()
    await allSay(id, ['ringing', 'ringing', 'INCOMING_CALL', 1])
    expect((await ask('DELETE', `/v1/voice/calls/${id}`)).status).toBe(204)
    await allSay(id, ['failed', 'canceled', 'MISSED', 6])
    await toldOf(id, 'CANCEL')
  })
})

test('a record that names a live call is that call, and calls nobody', async () => {
  house.carrier.set(callee, { does: 'answer' })
  const id = await makers[1]!.make()
  await allSay(id, ['connected', 'in-progress', 'ANSWERED_BY_CALLS_PROVIDER', 1])
  const before = house.carrier.calls.length
  const uids = { staff_uid: 'staff-1', client_uid: 'client-1', business_uid: 'business-1' }
  const made = await ask('POST', '/v3/communication/voice_calls', {
    ...{ ...uids, from_number: ownNumber, to_number: callee, direction: 'OUTBOUND' },
    ...{ status: 'ANSWERED_BY_CALLS_PROVIDER', rate: '0', provider: 'VONAGE' },
    ...{ source_id: 'source-of-a-live-call', external_uuid: id },
  })
  expect([made.status, made.body.success]).toEqual([200, true])
  expect(made.body.data).toMatchObject({ external_uuid: id, ...uids })
  expect((await ask('DELETE', `/v1/voice/calls/${id}`)).status).toBe(204)
  await eventually(
    async () => (await ask('GET', `/v3/communication/voice_calls/${made.body.data.uid}`)).body.data,
    // Only a call of ours is known to have had a length.
    (record) => record.duration !== null,
  )
  expect(house.carrier.calls.length).toBe(before)
})
