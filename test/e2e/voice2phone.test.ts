import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
  testKey,
} from '../support/engine-process.ts'

const json = { 'content-type': 'application/json' }
/** As the API's document prints its sample; only the number is one of the lab's. */
const printed = (number: string) => `{
    Phone:
    {
        "Number":"${number}",
        "CountryCode":"US"
    },
    Message: "Please press one",
    
    Dtmf:
    {
        "1"     : "Thank you"
    }
}`

const dateUtc = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}$/

describe('calls', () => {
  let engine: EngineProcess
  beforeAll(async () => {
    engine = await startEngine()
  })
  afterAll(async () => {
    await engine.stop()
    engine.removeData()
  })

  const post = async (body: string, authorization = testKey) => {
    const headers = { ...json, authorization }
    const response = await fetch(`${engine.httpUrl}/call`, { method: 'POST', headers, body })
    return { status: response.status, body: (await response.json()) as Json }
  }
  const look = async (id: string): Promise<Json> => {
    const headers = { authorization: `Basic ${btoa(`${testKey}:`)}` }
    const response = await fetch(`${engine.httpUrl}/call/${id}`, { headers })
    expect(response.status).toBe(200)
    return response.json()
  }
  const made = async (body: string): Promise<string> => {
    const answer = await post(body)
    expect(answer).toEqual({ status: 200, body: { CallId: expect.any(String) } })
    return answer.body.CallId
  }
  const over = (id: string) =>
    eventually(
      () => look(id),
      ({ Status }) => Status >= 2,
      60_000,
    )
  /** The call's log, as the native API has it. */
  const eventsOf = async (id: string): Promise<Json[]> =>
    (await engine.get(`/v1/voice/calls/${id}/events`)).body.events

  test('the printed sample: the agent presses one and is thanked', async () => {
    const id = await made(printed('5005550111'))
    const call = await over(id)
    expect(call).toEqual({
      CallId: id,
      Status: 2,
      StatusText: 'Completed',
      CreatedDateUtc: expect.stringMatching(dateUtc),
      UpdatedDateUtc: expect.stringMatching(dateUtc),
      Dtmf: '1',
    })
    expect(call.UpdatedDateUtc > call.CreatedDateUtc).toBe(true)
    const events = await eventsOf(id)
    const story = events
      .filter(({ type }) => /^(digit|verb)\./.test(type))
      .map(({ type, data }) => [type, data.verb ?? data.digit])
    expect(story).toEqual([
      ['verb.started', 'gather'],
      ['digit.received', '1'],
      ['verb.started', 'say'],
      ['verb.ended', 'say'],
      ['verb.ended', 'gather'],
    ])
    // "Thank you" was not only begun: no one says it in less than three tenths of a second.
    const at = (type: string, verb: string): number =>
      Date.parse(events.find((event) => event.type === type && event.data.verb === verb).at)
    expect(at('verb.ended', 'say') - at('verb.started', 'say')).toBeGreaterThan(300)
    // It is one call in all APIs.
    const { body } = await engine.get(`/v1/voice/calls/${id}`)
    expect(body).toMatchObject({ to: '+15005550111', status: 'completed', gathered_digits: '1' })
  })

  test('without Dtmf the call ends behind the message', async () => {
    const body = { Phone: { Number: '(500) 555-0140', CountryCode: 'us' }, Message: 'Hello.' }
    const call = await over(await made(JSON.stringify(body)))
    expect(call).toMatchObject({ Status: 2, Dtmf: null })
  })

  test.each([
    ['5005550180', 3, 'Busy'],
    ['5005550183', 5, 'Failed'],
  ])('%s: %i %s', async (number, Status, StatusText) => {
    expect(await over(await made(printed(number)))).toMatchObject({ Status, StatusText })
  })

  test('a call of the trigger-call API has the key of its agent', async () => {
    const body = { agentPhone: '+15005550111', leadPhone: '+15005550130', leadName: 'Sarah' }
    const trigger = await engine.send('POST', '/api/voice/trigger-call', body)
    const lookup = await engine.get(`/api/voice/calls/${trigger.body.callId}`)
    expect(await over(lookup.body.voiceCallId)).toMatchObject({ Status: 2, Dtmf: '1' })
  })

  test.each([
    ['no key', printed('5005550111'), '', 401, 'unauthorized'],
    ['an impossible number', printed('911'), testKey, 400, 'invalid_phone_number'],
    ['a comma too many', '{Phone:{},}', testKey, 400, 'invalid_json'],
  ])('%s', async (_what, body, authorization, status, Code) => {
    expect(await post(body, authorization)).toEqual({
      status,
      body: { Error: { Code, Message: expect.any(String) } },
    })
  })

  test('no such call', async () => {
    const headers = { authorization: testKey }
    const response = await fetch(`${engine.httpUrl}/call/nothing`, { headers })
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ Error: { Code: 'not_found' } })
  })
})

describe('HTTPS only', () => {
  let engine: EngineProcess
  beforeAll(async () => {
    engine = await startEngine({
      RINGDOWN_PLAIN_HTTP: 'refuse',
      RINGDOWN_TRUSTED_PROXIES: '127.0.0.1',
    })
  })
  afterAll(async () => {
    await engine.stop()
    engine.removeData()
  })

  const ask = (headers: Record<string, string>) =>
    fetch(`${engine.httpUrl}/call`, {
      method: 'POST',
      headers: { ...json, authorization: testKey, ...headers },
      body: printed('5005550140'),
    })

  /** By the API that the operator no longer serves over plain HTTP either. */
  async function callsMade(): Promise<number> {
    const address = `${engine.httpUrl}/v1/voice/calls`
    expect((await fetch(address, { headers: { 'x-api-key': testKey } })).status).toBe(403)
    const headers = { 'x-api-key': testKey, 'x-forwarded-proto': 'https' }
    const { total } = (await (await fetch(address, { headers })).json()) as { total: number }
    return total
  }

  test('plain HTTP fails, and nobody is called', async () => {
    for (const headers of [{}, { 'x-forwarded-proto': 'http' }] as Record<string, string>[]) {
      const response = await ask(headers)
      expect(response.status).toBe(403)
      expect(await response.json()).toEqual({
        Error: { Code: 'https_required', Message: expect.any(String) },
      })
    }
    expect(await callsMade()).toBe(0)
  })

  test('behind a proxy that is trusted it is what the proxy says', async () => {
    const response = await ask({ 'x-forwarded-proto': 'https' })
    expect(response.status).toBe(200)
    expect(await callsMade()).toBe(1)
  })
})

test('the header of somebody else is not believed', async () => {
  const engine = await startEngine({
    RINGDOWN_PLAIN_HTTP: 'refuse',
    RINGDOWN_TRUSTED_PROXIES: '192.0.2.1',
  })
  try {
    const headers = { ...json, authorization: testKey, 'x-forwarded-proto': 'https' }
    const body = printed('5005550140')
    const response = await fetch(`${engine.httpUrl}/call`, { method: 'POST', headers, body })
    expect(response.status).toBe(403)
  } finally {
    await engine.stop()
    engine.removeData()
  }
})
