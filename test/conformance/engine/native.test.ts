/** The native API against its OpenAPI document: every printed operation is asked and its answer held to the printed schema. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { eventually, type Json } from '../../support/engine-process.ts'
import { bugsIn } from '../../support/log-lines.ts'
import type { PrintedOperation, Schema } from '../documents.ts'
import { endedCall, type House, openHouse, ownNumber } from '../house.ts'
import { documents } from '../printed.ts'
import { faultsBySchema } from '../shape.ts'

const callee = '+61255550170'
const unknownId = '99999999-2222-4333-8444-555555555555'

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house?.close())
afterEach(() => {
  expect(bugsIn(house.engine.output())).toEqual([])
})

describe.each(documents)('$name', ({ native }) => {
  const base = new URL(native.servers[0]!.url).pathname
  const operations = Object.entries(native.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )
  const operation = (id: string): PrintedOperation =>
    operations.find((one) => one.operation.operationId === id)!.operation

  /** The answer has the one good status that is printed, and its body the printed schema. */
  function expectPrinted(id: string, { status, body }: { status: number; body: Json }): void {
    const [good = ''] = Object.keys(operation(id).responses).filter((code) => code.startsWith('2'))
    expect([id, String(status)]).toEqual([id, good])
    const schema = operation(id).responses[good]?.content?.['application/json']?.schema
    if (!schema) expect(body).toBeUndefined()
    else expect(faultsBySchema(body, schema, native.components.schemas)).toEqual([])
  }

  const place = async (more: object = {}): Promise<Json> => {
    const body = { to: callee, from: ownNumber, ...more }
    const answer = await house.engine.send('POST', `${base}/calls`, body)
    expectPrinted('initiateCall', answer)
    return answer.body
  }

  const read = async (id: string): Promise<Json> => {
    const answer = await house.engine.get(`${base}/calls/${id}`)
    expectPrinted('getCall', answer)
    return answer.body
  }

  const becomes = (id: string, status: string) =>
    eventually(
      () => read(id),
      (call) => call.status === status,
    )

  test('every printed operation is there, and asks for a key in the printed header', async () => {
    for (const { path, method } of operations) {
      const address = house.engine.httpUrl + base + path.replaceAll(/\{\w+\}/g, unknownId)
      const response = await fetch(address, { method: method.toUpperCase() })
      expect([method, path, response.status]).toEqual([method, path, 401])
      const headers = { 'X-API-Key': house.engine.apiKey }
      const known = await fetch(address, { method: method.toUpperCase(), headers })
      expect([200, 201, 400, 404]).toContain(known.status)
    }
  })

  test('a call with all printed fields: instructions are fetched, changes are told', async () => {
    const { application, carrier } = house
    carrier.set(callee, { does: 'answer' })
    application.json('/instructions', [{ verb: 'pause', length: 1 }])
    application.on('/changes', (response) => response.writeHead(204).end())
    const { schema } = operation('initiateCall').requestBody!.content['application/json']!
    const values: Record<string, unknown> = {
      ...{ to: callee, from: ownNumber, url: `${application.url}/instructions`, method: 'GET' },
      ...{ status_callback: `${application.url}/changes`, timeout: 30, record: true },
    }
    expect(Object.keys(schema.properties ?? {}).filter((name) => !(name in values))).toEqual([])
    const { id } = await place(values)
    expect(await endedCall(house, id)).toMatchObject({ status: 'completed', to: callee })
    const ended = await eventually(
      () => read(id),
      (call) => call.recording_url !== null,
    )
    expect(ended.duration).toBeGreaterThanOrEqual(1)
    expect(Number(ended.price)).toBeLessThan(0)
    const told = () =>
      application.asked
        .filter(({ path, json }) => path === '/changes' && json?.call?.id === id)
        .map(({ json }) => json)
    await eventually(
      async () => told().map(({ call }) => call.status),
      (seen) => seen.at(-1) === 'completed',
    )
    const { Call } = native.components.schemas
    for (const { call } of told()) {
      expect(faultsBySchema(call, Call!, native.components.schemas)).toEqual([])
    }
    const asked = application.asked.filter(({ path }) => path === '/instructions')
    expect(asked.at(-1)?.method).toBe('GET')
  })

  test.each([
    ['in-progress', 'completed', 'completed'],
    ['ringing', 'canceled', 'canceled'],
  ])('a call that is %s and set to %s', async (at, status, becoming) => {
    house.carrier.set(callee, { does: at === 'ringing' ? 'ring' : 'answer' })
    const { id } = await place()
    await becomes(id, at)
    expectPrinted('updateCall', await house.engine.send('POST', `${base}/calls/${id}`, { status }))
    await becomes(id, becoming)
  })

  test('a call that is sent to another address', async () => {
    house.carrier.set(callee, { does: 'answer' })
    house.application.json('/elsewhere', [{ verb: 'hangup' }])
    const { id } = await place()
    await becomes(id, 'in-progress')
    const change = { url: `${house.application.url}/elsewhere`, method: 'POST' }
    expectPrinted('updateCall', await house.engine.send('POST', `${base}/calls/${id}`, change))
    await becomes(id, 'completed')
  })

  test.each([
    ['ring', 'ringing', 'canceled'],
    ['answer', 'in-progress', 'completed'],
  ] as const)('a call that is deleted while it %ss', async (does, at, becoming) => {
    house.carrier.set(callee, { does })
    const { id } = await place()
    await becomes(id, at)
    for (let time = 0; time < 2; time++) {
      expectPrinted('endCall', await house.engine.send('DELETE', `${base}/calls/${id}`))
    }
    await becomes(id, becoming)
  })

  test('a conference with all printed fields: somebody is called into it, and it is told', async () => {
    const { application, carrier } = house
    carrier.set(callee, { does: 'answer' })
    application.on('/room', (response) => response.writeHead(204).end())
    const given = (id: string, values: Record<string, unknown>) => {
      const { schema } = operation(id).requestBody!.content['application/json']!
      expect(Object.keys(schema.properties ?? {}).filter((name) => !(name in values))).toEqual([])
      return values
    }
    const wanted = given('createConference', {
      ...{ friendly_name: 'Monday', max_participants: 2, record: true },
      status_callback: `${application.url}/room`,
    })
    const made = await house.engine.send('POST', `${base}/conferences`, wanted)
    expectPrinted('createConference', made)
    const participants = `${base}/conferences/${made.body.id}/participants`
    const member = given('addConferenceParticipant', { to: callee, from: ownNumber, muted: true })
    const added = await house.engine.send('POST', participants, member)
    expectPrinted('addConferenceParticipant', added)
    const there = await eventually(
      () => house.engine.get(participants),
      ({ body }) => body.participants[0]?.status === 'connected',
    )
    expectPrinted('listConferenceParticipants', there)
    expect(there.body.participants).toMatchObject([{ call_id: added.body.call_id, muted: true }])
    await house.engine.send('DELETE', `${base}/calls/${added.body.call_id}`)
    const list = (status: string) => house.engine.get(`${base}/conferences?status=${status}`)
    const isOver = (answer: Json) =>
      answer.body.conferences.some(({ id }: Json) => id === made.body.id)
    await eventually(() => list('completed'), isOver)
    const [filter] = operation('listConferences').parameters ?? []
    for (const status of filter?.schema.enum ?? []) {
      const answer = await list(status)
      expectPrinted('listConferences', answer)
      const others = answer.body.conferences.filter((one: Json) => one.status !== status)
      expect([status, others]).toEqual([status, []])
    }
    const told = () => application.asked.filter(({ path }) => path === '/room')
    await eventually(
      async () => told().map(({ json }) => json.event),
      (events) => events.includes('conference.ended'),
    )
    const { Conference } = native.components.schemas
    for (const { json } of told()) {
      expect(faultsBySchema(json.conference, Conference!, native.components.schemas)).toEqual([])
    }
  })

  test('every printed filter, every printed value of it', async () => {
    const ask = (query: string) => house.engine.get(`${base}/calls?${query}`)
    for (const { name, schema } of operation('listCalls').parameters ?? []) {
      for (const value of valuesOf(name, schema)) {
        const query = new URLSearchParams({ [name]: value }).toString()
        const answer = await ask(query)
        expectPrinted('listCalls', answer)
        if (name === 'page' || name === 'page_size') continue
        const others = answer.body.calls.filter((call: Json) => call[name] !== value)
        expect([query, others]).toEqual([query, []])
      }
      if (schema.maximum === undefined) continue
      expect((await ask(`${name}=${schema.maximum + 1}`)).status).toBe(400)
    }
    const { calls, total } = (await ask('status=completed&page_size=2')).body
    expect([calls.length, total > 2]).toEqual([2, true])
  })
})

function valuesOf(name: string, { enum: words, maximum }: Schema): readonly string[] {
  if (words) return words
  return { from: [ownNumber], to: [callee], page: ['1', '2'] }[name] ?? [String(maximum)]
}
