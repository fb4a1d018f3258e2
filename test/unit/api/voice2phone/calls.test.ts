import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { PlaceCall } from '../../../../engine/app/call-centre.ts'
import { type CallRecord, callStatuses } from '../../../../engine/core/call.ts'
import { Failure, type FailureCode } from '../../../../engine/core/failures.ts'
import type { AccountId, CallId } from '../../../../engine/core/ids.ts'
import fc from '../../../support/property.ts'
import {
  type ApiLab,
  apiLab,
  callRecord,
  key,
  otherKey,
  ours,
  startMs,
  theirs,
} from '../api-lab.ts'
import { printedSample } from './printed-sample.ts'

let lab: ApiLab
beforeEach(async () => {
  lab = await apiLab({ plainHttp: 'allow', limits: { requestsPerSecond: 1e9 } })
})
afterEach(() => lab.close())

const sample = {
  Phone: { Number: '4252337837', CountryCode: 'US' },
  Message: 'Please press one',
  Dtmf: { '1': 'Thank you' },
}
const headers = { 'x-api-key': '', authorization: key, 'content-type': 'application/json' }

const post = (payload: unknown, more: Record<string, string> = {}) =>
  lab.ask({
    method: 'POST',
    url: '/call',
    headers: { ...headers, ...more },
    payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
  })
const look = (id: string, more: Record<string, string> = {}) =>
  lab.ask({ url: `/call/${id}`, headers: { ...headers, ...more } })

const asked = (): PlaceCall[] =>
  lab.centre.asked.map(({ what, request }) => {
    expect(what).toBe('placeCall')
    return request as PlaceCall
  })

const uuidV4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

describe('making a call', () => {
  test('the sample as it is printed', async () => {
    const { status, body } = await post(printedSample)
    expect({ status, body }).toEqual({
      status: 200,
      body: { CallId: expect.stringMatching(uuidV4) },
    })
    expect(asked()).toEqual([
      {
        to: '+14252337837',
        from: ours.defaultNumber,
        checkFirst: true,
        verbs: [
          {
            verb: 'gather',
            prompt: { verb: 'say', text: 'Please press one', voice: 'en-us' },
            keys: '1',
            numDigits: 1,
            finishOnKey: '',
            timeoutMs: 10_000,
            attempts: 2,
            branches: { '1': [{ verb: 'say', text: 'Thank you', voice: 'en-us' }] },
          },
        ],
      },
    ])
  })

  test.each([
    ['no Dtmf', undefined],
    ['an empty one', {}],
  ])('%s: the message, no question', async (_what, Dtmf) => {
    expect((await post({ ...sample, Dtmf })).status).toBe(200)
    expect(asked()[0]?.verbs).toEqual([{ verb: 'say', text: 'Please press one', voice: 'en-us' }])
  })

  test('all twelve keys', async () => {
    const Dtmf = Object.fromEntries([...'0123456789*#'].map((one) => [one, `Key ${one}`]))
    expect((await post({ ...sample, Dtmf })).status).toBe(200)
    const [gather] = asked()[0]?.verbs ?? []
    if (gather?.verb !== 'gather') throw new Error('no question was asked')
    expect(new Set(gather.keys)).toEqual(new Set('0123456789*#'))
    expect(gather.keys).toHaveLength(12)
    expect(gather.branches).toMatchObject({
      '#': [{ text: 'Key #' }],
      '*': [{ text: 'Key *' }],
      '0': [{ text: 'Key 0' }],
    })
  })

  test('markup is text', async () => {
    const Message = '<speak>Hello <break time="1s"/></speak> & bye'
    await post({ ...sample, Message, Dtmf: { '1': '<b>' } })
    expect(asked()[0]?.verbs).toMatchObject([
      { prompt: { text: Message }, branches: { '1': [{ text: '<b>' }] } },
    ])
    expect(JSON.stringify(asked())).not.toContain('markup')
  })

  test('the language is that of CountryCode, wherever the number is', async () => {
    await post({ ...sample, Phone: { Number: '+14252337837', CountryCode: 'de' }, Dtmf: {} })
    expect(asked()).toMatchObject([{ to: '+14252337837', verbs: [{ voice: 'de' }] }])
  })

  test('and English without a voice for it', async () => {
    const { services } = lab.options
    const mute = await apiLab({
      plainHttp: 'allow',
      services: { ...services, speech: { hasVoice: (tag) => tag === 'en' } },
    })
    const payload = { ...sample, Phone: { Number: '030 901820', CountryCode: 'DE' } }
    const { statusCode } = await mute.app.inject({ method: 'POST', url: '/call', headers, payload })
    expect(statusCode).toBe(200)
    expect(asked()).toMatchObject([{ verbs: [{ prompt: { voice: 'en' } }] }])
    await mute.close()
  })

  test('the greatest lengths', async () => {
    const body = { ...sample, Message: 'm'.repeat(4096), Dtmf: { '#': 'd'.repeat(1000) } }
    expect((await post(body)).status).toBe(200)
  })

  test('what is not known is ignored', async () => {
    const Phone = { ...sample.Phone, Extension: 5 }
    expect((await post({ ...sample, Phone, Voice: 'loud', message: 1 })).status).toBe(200)
  })
})

type Fault = [what: string, payload: unknown, code: string, names: string]
const without = (name: keyof typeof sample) => ({ ...sample, [name]: undefined })
const phone = (number: unknown, country: unknown) => ({
  ...sample,
  Phone: { Number: number, CountryCode: country },
})
const dtmf = (Dtmf: unknown) => ({ ...sample, Dtmf })

const faults: Fault[] = [
  ['no body', '', 'invalid_request', 'body'],
  ['bad JSON', '{', 'invalid_json', 'JSON'],
  ['a trailing comma', '{Message:"x",}', 'invalid_json', 'JSON'],
  ['poison', '{Phone:{__proto__:{}}}', 'invalid_json', 'key'],
  ['a list', '[]', 'invalid_request', 'body'],
  ['null', 'null', 'invalid_request', 'body'],
  ['no Phone', without('Phone'), 'missing_parameter', 'Phone'],
  ['no Number', phone(undefined, 'US'), 'missing_parameter', 'Phone.Number'],
  ['no CountryCode', phone('4252337837', undefined), 'missing_parameter', 'Phone.CountryCode'],
  ['no Message', without('Message'), 'missing_parameter', 'Message'],
  ['lower-case names', { phone: sample.Phone, message: 'x' }, 'missing_parameter', 'Phone'],
  ['Phone is text', { ...sample, Phone: '+14252337837' }, 'invalid_request', 'Phone'],
  ['Number is a number', phone(4252337837, 'US'), 'invalid_request', 'Phone.Number'],
  ['an empty Number', phone('', 'US'), 'invalid_phone_number', 'Phone.Number'],
  ['an impossible Number', phone('911', 'US'), 'invalid_phone_number', 'Phone.Number'],
  ['a long Number', phone('1'.repeat(101), 'US'), 'invalid_request', 'Phone.Number'],
  ['a device', phone('1001', 'US'), 'invalid_phone_number', 'Phone.Number'],
  ['a SIP address', phone('sip:a@b', 'US'), 'invalid_phone_number', 'Phone.Number'],
  ['an unknown CountryCode', phone('4252337837', 'XX'), 'invalid_request', 'Phone.CountryCode'],
  ['an empty CountryCode', phone('+14252337837', ''), 'invalid_request', 'Phone.CountryCode'],
  ['Message is a number', { ...sample, Message: 1 }, 'invalid_request', 'Message'],
  ['an empty Message', { ...sample, Message: '' }, 'missing_parameter', 'Message'],
  ['a blank Message', { ...sample, Message: ' \n' }, 'missing_parameter', 'Message'],
  ['a long Message', { ...sample, Message: 'x'.repeat(4097) }, 'invalid_request', 'Message'],
  ['control characters', { ...sample, Message: 'a\u0007b' }, 'invalid_request', 'Message'],
  ['half a character', { ...sample, Message: '\ud83d' }, 'invalid_request', 'Message'],
  ['Dtmf is null', dtmf(null), 'invalid_request', 'Dtmf'],
  ['Dtmf is a list', dtmf(['x']), 'invalid_request', 'Dtmf'],
  ['Dtmf of two keys', dtmf({ '12': 'x' }), 'invalid_request', 'Dtmf'],
  ['Dtmf of no key', dtmf({ '': 'x' }), 'invalid_request', 'Dtmf'],
  ['Dtmf of a letter', dtmf({ A: 'x' }), 'invalid_request', 'Dtmf'],
  ['Dtmf of a wide digit', dtmf({ '１': 'x' }), 'invalid_request', 'Dtmf'],
  ['a thirteenth key', dtmf({ ...dozen(), x: 'x' }), 'invalid_request', 'Dtmf'],
  ['no text for a key', dtmf({ '1': '' }), 'missing_parameter', 'Dtmf.1'],
  ['long text for a key', dtmf({ '*': 'x'.repeat(1001) }), 'invalid_request', 'Dtmf.*'],
  ['a number for a key', dtmf({ '1': 1 }), 'invalid_request', 'Dtmf.1'],
]
function dozen(): object {
  return Object.fromEntries([...'0123456789*#'].map((one) => [one, 'x']))
}

describe('a bad body is a 400 that names what is wrong, and no call', () => {
  test.each(faults)('%s', async (_what, payload, code, names) => {
    const { status, body } = await post(payload)
    expect({ status, body }).toEqual({
      status: 400,
      body: { Error: { Code: code, Message: expect.stringContaining(names) } },
    })
    expect(lab.centre.asked).toEqual([])
  })

  test('whatever comes is never a fault of ours, and makes no call unless it is right', async () => {
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom('4252337837', '+', 'US', 'GB', '1', '\u0000', '\ud800', 1e308, -0),
      fc.record({ Number: fc.constantFrom('4252337837', '0', '+1'), CountryCode: fc.string() }),
      fc.dictionary(fc.constantFrom('0', '9', '*', '#', 'A', '__proto__'), fc.string()),
    )
    const name = fc.oneof(fc.constantFrom('Phone', 'Message', 'Dtmf'), fc.string())
    const json = fc.dictionary(name, value).map((body) => JSON.stringify(body))
    const text = fc.oneof(json, fc.string(), fc.constant(printedSample)).chain((whole) =>
      fc.tuple(fc.nat(whole.length), fc.nat(3), fc.string({ maxLength: 2 })).map(
        // A few characters are cut out, a few put in.
        ([at, cut, put]) => whole.slice(0, at) + put + whole.slice(at + cut),
      ),
    )
    await fc.assert(
      fc.asyncProperty(fc.oneof(json, text), async (payload) => {
        const before = lab.centre.asked.length
        const { status, body } = await post(payload)
        expect([200, 400]).toContain(status)
        expect(lab.centre.asked.length - before).toBe(status === 200 ? 1 : 0)
        const { Error: fault } = body as { Error?: unknown }
        if (status === 400) expect(fault).toMatchObject({ Code: expect.any(String) })
      }),
      { numRuns: 400 },
    )
    expect(lab.log.lines).toEqual([])
  })

  test.each([
    ['10 MB', `{"a":"${'x'.repeat(10_000_000)}"}`, 'application/json', 413],
    ['a thousand deep', `${'{a:'.repeat(1000)}1${'}'.repeat(1000)}`, 'application/json', 400],
    ['a form', 'Message=x', 'application/x-www-form-urlencoded', 415],
    ['text', printedSample, 'text/plain', 415],
  ])('%s', async (_what, payload, type, expected) => {
    const { status, body } = await post(payload, { 'content-type': type })
    expect({ status, body }).toMatchObject({
      status: expected,
      body: { Error: { Code: expect.any(String), Message: expect.any(String) } },
    })
    expect(lab.centre.asked).toEqual([])
  })
})

describe('answering machines', () => {
  test('nobody listens for one unless it is wished', async () => {
    await post(sample)
    await post({ ...sample, MachineDetection: 'Off' })
    await post({ ...sample, MachineDetection: 'GreetingEnd' })
    expect(asked().map((call) => call.machineDetection)).toEqual([
      ...[undefined, undefined],
      { until: 'messageEnd', isAsync: false },
    ])
  })

  test.each(['On', 'greetingend', '', true, null])('MachineDetection: %j is none', async (word) => {
    const { status, body } = await post({ ...sample, MachineDetection: word })
    const Message = expect.stringContaining('MachineDetection')
    expect({ status, body }).toEqual({
      status: 400,
      body: { Error: { Code: 'invalid_request', Message } },
    })
    expect(lab.centre.asked).toEqual([])
  })
})

describe('valid, but failed', () => {
  test.each<[FailureCode, string | undefined, number]>([
    ['no_route', 'to', 402],
    ['no_route', undefined, 402],
    ['target_not_allowed', 'to', 402],
    ['device_not_registered', 'to', 402],
    ['from_not_owned', 'from', 402],
    ['not_found', 'to', 402],
    ['invalid_phone_number', 'to', 402],
    ['draining', undefined, 503],
    ['speech_unavailable', undefined, 503],
    ['no_media_port', undefined, 503],
    ['call_failed', undefined, 502],
  ])('%s of %s: %i', async (code, field, expected) => {
    lab.centre.refuse = new Failure(code, 'because', field)
    const { status, body } = await post(sample)
    expect({ status, body }).toMatchObject({ status: expected, body: { Error: { Code: code } } })
  })

  test('no number to call from: 402', async () => {
    await lab.store.accounts.update({ ...ours, defaultNumber: null })
    const { status, body } = await post(sample)
    expect({ status, body }).toEqual({
      status: 402,
      body: {
        Error: {
          Code: 'from_not_owned',
          Message: 'The account has no number of its own to call from',
        },
      },
    })
    expect(lab.centre.asked).toEqual([])
  })

  test('a bug of ours is a 500 in the same shape', async () => {
    lab.centre.refuse = new Error('oops')
    const { status, body } = await post(sample)
    expect({ status, body }).toMatchObject({
      status: 500,
      body: { Error: { Code: 'internal_error' } },
    })
    expect(JSON.stringify(body)).not.toContain('oops')
  })
})

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

describe('the key', () => {
  test.each([
    ['as it is', key],
    ['as bearer token', `Bearer ${key}`],
    ['as user name, without a password', basic(`${key}:`)],
    ['as user name, without a colon', basic(key)],
    ['as user name, with a password', basic(`${key}:secret`)],
  ])('%s', async (_what, authorization) => {
    expect((await post(sample, { authorization })).status).toBe(200)
  })

  test.each([
    ['none', ''],
    ['a wrong one', 'sk_live_guess'],
    ['as password', basic(`:${key}`)],
    ['nothing behind Basic', 'Basic'],
    ['a publishable one', 'pk_test_0123456789abcdef'],
  ])('%s: 401', async (_what, authorization) => {
    for (const answer of [
      await post(sample, { authorization }),
      await look('x', { authorization }),
    ]) {
      expect(answer).toMatchObject({
        status: 401,
        body: { Error: { Code: 'unauthorized', Message: expect.any(String) } },
        headers: { 'www-authenticate': expect.stringMatching(/^Basic /) },
      })
    }
    expect(lab.centre.asked).toEqual([])
  })

  test('other headers are not looked at', async () => {
    expect((await post(sample, { authorization: '', 'x-api-key': key })).status).toBe(401)
  })

  test('too many requests', async () => {
    const strict = await apiLab({ plainHttp: 'allow', limits: { requestsPerSecond: 1 } })
    const ask = () => strict.app.inject({ url: '/call/x', headers })
    await ask()
    const answer = await ask()
    expect(answer.statusCode).toBe(429)
    expect(answer.headers['retry-after']).toBe('1')
    expect(answer.json()).toMatchObject({ Error: { Code: 'rate_limited' } })
    await strict.close()
  })

  test('plain HTTP: 403, whatever the key', async () => {
    const strict = await apiLab()
    for (const authorization of [key, '']) {
      const answer = await strict.app.inject({
        method: 'POST',
        url: '/call',
        headers: { ...headers, authorization },
        payload: printedSample,
      })
      expect(answer.statusCode).toBe(403)
      expect(answer.json()).toMatchObject({ Error: { Code: 'https_required' } })
    }
    expect(strict.centre.asked).toEqual([])
    await strict.close()
  })

  test.each([
    ['PUT', '/call', 405],
    ['GET', '/call', 405],
    ['DELETE', '/call/11111111-2222-4333-8444-555555555555', 405],
    ['GET', '/call/a/b', 404],
  ] as const)('%s %s: %i in its own shape', async (method, url, status) => {
    const answer = await lab.ask({ method, url, headers: { authorization: key } })
    expect(answer).toMatchObject({ status, body: { Error: { Message: expect.any(String) } } })
  })
})

const id = '11111111-2222-4333-8444-555555555555'

describe('looking at a call', () => {
  const records: Record<CallRecord['status'], [number, string]> = {
    queued: [0, 'Queued'],
    ringing: [1, 'InProgress'],
    'in-progress': [1, 'InProgress'],
    completed: [2, 'Completed'],
    busy: [3, 'Busy'],
    'no-answer': [4, 'NoAnswer'],
    failed: [5, 'Failed'],
    canceled: [6, 'Canceled'],
  }
  test.each(callStatuses)('%s', async (status) => {
    await lab.put(callRecord({ status }))
    const [Status, StatusText] = records[status]
    expect(await look(id)).toMatchObject({ status: 200, body: { Status, StatusText } })
  })

  test('the fields of the document, as it writes them', async () => {
    const call = callRecord({ status: 'completed', gathered: '1' })
    const at = (atMs: number, type: 'call.queued' | 'call.completed' | 'digit.received') => {
      return { type, callId: call.id, atMs, data: {} }
    }
    await lab.put(call, [
      at(startMs, 'call.queued'),
      at(startMs + 61_322, 'call.completed'),
      at(startMs + 70_000, 'digit.received'),
    ])
    expect(await look(id)).toMatchObject({
      status: 200,
      body: {
        CallId: id,
        Status: 2,
        StatusText: 'Completed',
        CreatedDateUtc: '2026-01-02T03:04:05.678',
        UpdatedDateUtc: '2026-01-02T03:05:07.000',
        Dtmf: '1',
      },
    })
  })

  test('nothing has happened to it, and no key was pressed', async () => {
    await lab.put(callRecord())
    expect((await look(id)).body).toEqual({
      CallId: id,
      Status: 0,
      StatusText: 'Queued',
      CreatedDateUtc: '2026-01-02T03:04:05.678',
      UpdatedDateUtc: '2026-01-02T03:04:05.678',
      Dtmf: null,
    })
  })

  test('a call that this API made, by its id in either case', async () => {
    const { CallId } = (await post(sample)).body as { CallId: string }
    expect(await look(CallId)).toMatchObject({ status: 200, body: { CallId, Status: 0 } })
    expect((await look(CallId.toUpperCase())).body).toMatchObject({ CallId })
  })

  test('a call that came to us', async () => {
    await lab.put(callRecord({ direction: 'inbound', status: 'ringing' }))
    expect(await look(id)).toMatchObject({ status: 200, body: { Status: 1 } })
  })

  test.each([
    ['nobody', '99999999-2222-4333-8444-555555555555'],
    ['no kind', 'x'],
    ['no kind at all', '%00'],
    ['an SQL injection', "'%20OR%20'1'='1"],
    ['braces', `{${id}}`],
    ['another API', 'call_0123456789abcdefghijklmno'],
  ])('an id of %s: 404', async (_what, unknown) => {
    await lab.put(callRecord())
    expect(await look(unknown)).toMatchObject({
      status: 404,
      body: { Error: { Code: 'not_found', Message: expect.any(String) } },
    })
  })

  test('a call of somebody else: 404, for them 200', async () => {
    const foreign = 'ffffffff-2222-4333-8444-555555555555' as CallId
    await lab.put(callRecord({ id: foreign, accountId: theirs.id as AccountId }))
    expect((await look(foreign)).status).toBe(404)
    expect((await look(foreign, { authorization: otherKey })).status).toBe(200)
  })
})
