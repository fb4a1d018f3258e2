import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readCallId, renderCallId } from '../../../engine/api/dialects/telephony/call-id.ts'
import type { TriggerDetails } from '../../../engine/core/call.ts'
import { Failure } from '../../../engine/core/failures.ts'
import type { CallId, RecordingId } from '../../../engine/core/ids.ts'
import fc from '../../support/property.ts'
import { type ApiLab, apiLab, callRecord, key, startMs, theirs } from './api-lab.ts'

let lab: ApiLab
beforeEach(async () => {
  lab = await apiLab()
})
afterEach(() => lab.close())

const id = '11111111-2222-4333-8444-555555555555' as CallId
const url = '/api/voice/trigger-call'
const sample = {
  agentPhone: '+61412345678',
  leadPhone: '+61498765432',
  leadName: 'Sarah Johnson',
  source: 'Zillow',
  metadata: { propertyId: 'PROP-12345', listingUrl: 'https://example.com/property/12345' },
}
const post = (payload: unknown) => {
  const headers = { authorization: `Bearer ${key}` }
  return lab.app.inject({ method: 'POST', url, payload: payload as object, headers })
}

test("the document's own request", async () => {
  const answer = await post(sample)
  expect(answer.statusCode).toBe(200)
  expect(answer.json()).toEqual({
    success: true,
    callId: renderCallId('aaaaaaaa-bbbb-4ccc-8ddd-000000000001' as CallId),
    status: 'initiated',
    agentPhone: '+61412345678',
    leadPhone: '+61498765432',
    estimatedConnectTime: '2-3 seconds',
    creditsUsed: 0.1,
  })
  expect(lab.centre.asked).toEqual([{ what: 'triggerCall', request: sample }])
})

test('texts are trimmed, an empty source is none, unknown fields are ignored', async () => {
  const { metadata: _metadata, ...rest } = sample
  const answer = await post({ ...rest, leadName: '  Sarah\n Johnson ', source: ' ', colour: 'red' })
  expect(answer.statusCode).toBe(200)
  const { agentPhone, leadPhone } = sample
  const request = { agentPhone, leadPhone, leadName: 'Sarah Johnson' }
  expect(lab.centre.asked).toEqual([{ what: 'triggerCall', request }])
})

test('an answering machine is looked for where that is wished', async () => {
  await post({ ...sample, machineDetection: false })
  await post({ ...sample, machineDetection: true })
  expect(lab.centre.asked.map(({ request }) => request)).toEqual([
    ...[sample, { ...sample, hangsUpMachine: true }],
  ])
  const refused = await post({ ...sample, machineDetection: 'yes' })
  expect([refused.statusCode, refused.json().error.field]).toEqual([400, 'machineDetection'])
})

test('metadata of 4096 bytes is taken', async () => {
  const metadata = { a: 'x'.repeat(4088) }
  expect(JSON.stringify(metadata)).toHaveLength(4096)
  expect((await post({ ...sample, metadata })).statusCode).toBe(200)
})

const without = (name: keyof typeof sample) => ({ ...sample, [name]: undefined })
test.each([
  ['no agentPhone', without('agentPhone'), 'missing_parameter', 'agentPhone'],
  ['no leadPhone', without('leadPhone'), 'missing_parameter', 'leadPhone'],
  ['no leadName', without('leadName'), 'missing_parameter', 'leadName'],
  ['a blank leadName', { ...sample, leadName: ' \t' }, 'missing_parameter', 'leadName'],
  ['a blank leadPhone', { ...sample, leadPhone: ' ' }, 'missing_parameter', 'leadPhone'],
  ['a number', { ...sample, leadPhone: 61412345678 }, 'invalid_request', 'leadPhone'],
  ['a name with a NUL', { ...sample, leadName: 'Sarah\u0000' }, 'invalid_request', 'leadName'],
  ['half a character', { ...sample, leadName: 'Sarah\ud800' }, 'invalid_request', 'leadName'],
  ['a source that rings', { ...sample, source: '\u0007' }, 'invalid_request', 'source'],
  ['a long name', { ...sample, leadName: 'x'.repeat(101) }, 'invalid_request', 'leadName'],
  ['a long source', { ...sample, source: 'x'.repeat(101) }, 'invalid_request', 'source'],
  ['a list as metadata', { ...sample, metadata: [] }, 'invalid_request', 'metadata'],
  ['text as metadata', { ...sample, metadata: 'x' }, 'invalid_request', 'metadata'],
  ['null as metadata', { ...sample, metadata: null }, 'invalid_request', 'metadata'],
  ['4097 bytes', { ...sample, metadata: { a: 'x'.repeat(4089) } }, 'invalid_request', 'metadata'],
])('%s is refused and makes nothing', async (_name, payload, code, field) => {
  const answer = await post(payload)
  expect(answer.statusCode).toBe(400)
  expect(answer.json()).toEqual({ error: { code, message: expect.any(String), field } })
  expect(lab.centre.asked).toEqual([])
})

test("a bad number is refused in the document's words", async () => {
  lab.centre.refuse = new Failure('invalid_phone_number', 'no', 'leadPhone')
  const answer = await post(sample)
  expect(answer.statusCode).toBe(400)
  expect(answer.json()).toEqual({
    error: {
      code: 'invalid_phone_number',
      message: 'Phone number must be in E.164 format (+61...)',
      field: 'leadPhone',
    },
  })
})

describe('GET /api/voice/calls/{callId}', () => {
  const details: TriggerDetails = {
    leadPhone: '+61298765432',
    leadName: 'Sarah',
    source: null,
    metadata: { a: 1 },
    connectedAtMs: null,
    failure: null,
    creditsUsedMicro: 100_000,
  }
  const lookup = (text = renderCallId(id)) => lab.ask({ url: `/api/voice/calls/${text}` })

  test.each([
    ['queued', null, 'initiated'],
    ['ringing', null, 'ringing'],
    ['in-progress', null, 'ringing'],
    ['in-progress', startMs, 'connected'],
    ['completed', startMs, 'completed'],
    ['completed', null, 'failed'],
    ['failed', startMs, 'completed'],
  ] as const)('%s, lead connected at %s: %s', async (status, connectedAtMs, word) => {
    await lab.put(callRecord({ status, trigger: { ...details, connectedAtMs } }))
    expect((await lookup()).body).toMatchObject({ success: true, status: word })
  })

  test.each([
    [{ status: 'busy' }, null, 'agent_declined'],
    [{ status: 'no-answer' }, null, 'agent_no_answer'],
    [{ status: 'failed' }, null, 'trunk_error'],
    [{ status: 'completed' }, 'lead_busy', 'lead_busy'],
    [{ status: 'completed' }, 'no_keypress', 'no_keypress'],
  ] as const)('%j, named %s: reason %s', async (changes, failure, reason) => {
    const ended = { ...changes, endedAtMs: startMs }
    await lab.put(callRecord({ ...ended, trigger: { ...details, failure } }))
    expect((await lookup()).body).toMatchObject({ status: 'failed', reason })
  })

  test('completed: duration of the conversation, cost of both legs, recording', async () => {
    const ended = { status: 'completed', endedAtMs: startMs + 130_000 } as const
    const trigger = { ...details, connectedAtMs: startMs + 20_000 }
    await lab.put(callRecord({ ...ended, answeredAtMs: startMs + 5_000, trigger }))
    const lead = {
      id: id.replace('1', '2') as CallId,
      parentId: id,
      to: '+61298765432',
      answeredAtMs: startMs + 20_000,
      recordingId: '33333333-2222-4333-8444-555555555555' as RecordingId,
    }
    await lab.put(callRecord({ ...ended, ...lead }))
    const { body } = await lookup()
    expect(body).toEqual({
      success: true,
      callId: renderCallId(id),
      status: 'completed',
      agentPhone: '+61412345678',
      leadPhone: '+61298765432',
      estimatedConnectTime: '2-3 seconds',
      creditsUsed: 0.1,
      leadName: 'Sarah',
      source: null,
      reason: null,
      duration: 110,
      // Agent, mobile: 125 s = 3 minutes at 0.10; lead, landline: 110 s = 2 minutes at 0.08.
      cost: 0.46,
      metadata: { a: 1 },
      voiceCallId: id,
      recordingUrl:
        'http://voice.example/v1/voice/recordings/33333333-2222-4333-8444-555555555555/media',
    })
  })

  test('the time to connect is what was observed, once enough was', async () => {
    await lab.put(callRecord({ trigger: details }))
    const estimate = async (p50Ms: number, p90Ms: number) => {
      lab.centre.connectTimes = () => ({ p50Ms, p90Ms })
      return ((await lookup()).body as { estimatedConnectTime: string }).estimatedConnectTime
    }
    expect(await estimate(80, 240)).toBe('0-1 seconds')
    expect(await estimate(2_100, 3_900)).toBe('2-4 seconds')
    expect(await estimate(2_000, 2_000)).toBe('2-3 seconds')
  })

  test('a call of the native API can be looked up too', async () => {
    await lab.put(callRecord({ status: 'in-progress', answeredAtMs: startMs }))
    const { body } = await lookup()
    expect(body).toMatchObject({ status: 'connected', leadPhone: null, metadata: null })
  })

  test.each([
    ['unknown', renderCallId('99999999-2222-4333-8444-555555555555' as CallId)],
    ['the bare UUID', id],
    ['upper case', renderCallId(id).toUpperCase()],
    ['too large for a UUID', `call_${'z'.repeat(25)}`],
    ['the sample of the document', 'call_9h2k4j8f9s7d6'],
  ])('%s is 404', async (_name, text) => {
    const { status, body } = await lookup(text)
    expect([status, body]).toEqual([
      404,
      { error: { code: 'not_found', message: expect.any(String) } },
    ])
  })

  test("another account's call is 404", async () => {
    await lab.put(callRecord({ accountId: theirs.id }))
    expect((await lookup()).status).toBe(404)
  })
})

test('a call id can be read back, whatever the UUID', () => {
  fc.assert(
    fc.property(fc.uuid(), (uuid) => {
      const text = renderCallId(uuid as CallId)
      expect(text).toMatch(/^call_[0-9a-z]{25}$/)
      expect(readCallId(text)).toBe(uuid)
    }),
  )
  expect(renderCallId('ffffffff-ffff-ffff-ffff-ffffffffffff' as CallId)).toHaveLength(30)
  expect(readCallId(`call_${'0'.repeat(25)}`)).toBe('00000000-0000-0000-0000-000000000000')
})
