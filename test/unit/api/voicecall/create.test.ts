import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import fc from '../../../support/property.ts'
import { startMs } from '../api-lab.ts'
import { another, app, body, business, directory, type VoiceCallLab, voiceCallLab } from './lab.ts'

let lab: VoiceCallLab
beforeEach(async () => {
  lab = await voiceCallLab()
})
afterEach(() => lab.close())

const isoTime = new Date(startMs).toISOString()
const names = Object.keys(body) as (keyof typeof body)[]
const errorsOf = async (payload: unknown) => {
  const { status, body: answered } = await lab.post(payload)
  expect([status, answered.success]).toEqual([400, false])
  expect(await lab.entries()).toEqual([])
  return answered.errors as { code: string; field: string | null; message: string }[]
}

test('a call is recorded, and nobody is called', async () => {
  const answer = await lab.post(body)
  expect(answer.status).toBe(200)
  expect(answer.body).toEqual({
    success: true,
    data: {
      ...body,
      uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      duration: null,
      price: null,
      call_summary: null,
      recording: null,
      external_app_url: null,
      external_app_name: null,
      handled_by_staff_uid: null,
      handled_at: null,
      transcript_status: null,
      status_changes: [],
      created_at: isoTime,
      updated_at: isoTime,
      deleted_at: null,
    },
  })
  expect(isoTime).toMatch(/\.\d{3}Z$/)
  expect(lab.centre.asked).toEqual([])
  const read = await lab.as(app, 'GET', `/v3/communication/voice_calls/${answer.body.data.uid}`)
  expect([read.status, read.body]).toEqual([200, answer.body])
})

describe('every field is needed', () => {
  test.each(names)('%s', async (name) => {
    const { [name]: _, ...without } = body
    expect(await errorsOf(without)).toEqual([
      { code: 'missing_parameter', field: name, message: `${name} is required` },
    ])
    for (const wrong of ['', ' ', 0, 0.05, null, true, [], {}, ['x'], 'x\u0000', '\ud800']) {
      const errors = await errorsOf({ ...body, [name]: wrong })
      expect([wrong, errors.map(({ field }) => field)]).toEqual([wrong, [name]])
    }
  })

  test('and all that is wrong is told at once', async () => {
    expect((await errorsOf({})).map(({ field }) => field)).toEqual(names)
    expect((await errorsOf(undefined)).map(({ field }) => field)).toEqual(names)
    const wrong = { ...body, from_number: '14155550148', status: 'missed', rate: 1, colour: 'red' }
    expect((await errorsOf(wrong)).map(({ code, field }) => [code, field])).toEqual([
      ['invalid_phone_number', 'from_number'],
      ['invalid_request', 'status'],
      ['invalid_request', 'rate'],
      ['unknown_parameter', 'colour'],
    ])
  })

  test.each([['[]'], ['null'], ['"text"'], ['7']])('a body of %s', async (payload) => {
    expect(await errorsOf(payload)).toMatchObject([{ code: 'invalid_request', field: null }])
  })

  test('many unknown fields, and long ones, do not make an endless answer', async () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`${n}`.repeat(200), 1]))
    const errors = await errorsOf({ ...body, ...many })
    expect(errors.length).toBeLessThan(100)
    expect(JSON.stringify(errors).length).toBeLessThan(20_000)
  })
})

describe('values', () => {
  test.each([
    ...['14155550148', '+0415555014', '+1 415 555 0148', '+1415-555-0148', '+123456', 'sip:a@b.c'],
    ...['+1234567890123456', '++14155550148', '1001', '+14155550148 '],
  ])('%j is no number', async (number) => {
    expect(await errorsOf({ ...body, from_number: number })).toMatchObject([
      { code: 'invalid_phone_number', field: 'from_number' },
    ])
    expect(await errorsOf({ ...body, to_number: number })).toMatchObject([{ field: 'to_number' }])
  })

  test.each(['0', '0.05', '12', '0.123456', '007'])('%j is a rate', async (rate) => {
    expect((await lab.post({ ...body, rate })).body.data.rate).toBe(rate)
  })

  test.each([0.05, 0, '-1', '.5', '1.', '0.1234567', '1e3', '1,5', 'free', ' 1'])(
    '%j is no rate',
    async (rate) => {
      expect(await errorsOf({ ...body, rate })).toMatchObject([{ field: 'rate' }])
    },
  )

  const directions = ['INBOUND', 'OUTBOUND']
  const statuses = [
    ...['INCOMING_CALL', 'ANSWERED_BY_STAFF', 'MISSED', 'ANSWERED_BY_CALLS_PROVIDER'],
    ...['MISSED_CALL_HANDLED', 'VOICEMAIL_RECEIVED'],
  ]
  const all = directions.flatMap((direction) => statuses.map((status) => [direction, status]))
  test.each(all)('%s with %s', async (direction, status) => {
    const { body: answered } = await lab.post({ ...body, direction, status })
    expect(answered.data).toMatchObject({ direction, status })
  })

  test.each([
    ['direction', 'inbound'],
    ['direction', 'Inbound'],
    ['direction', 'INTERNAL'],
    ['status', 'missed'],
    ['status', 'Missed'],
    ['status', 'BUSY'],
    ['status', 'toString'],
    ['provider', 'vonage'],
    ['provider', 'TWILIO'],
    ['provider', 'ONPREM'],
  ])('%s %s is refused', async (name, value) => {
    expect(await errorsOf({ ...body, [name]: value })).toMatchObject([
      { code: 'invalid_request', field: name },
    ])
  })

  test('a call that is recorded as handled was handled by its staff, now', async () => {
    const { body: answered } = await lab.post({ ...body, status: 'MISSED_CALL_HANDLED' })
    expect(answered.data).toMatchObject({
      handled_by_staff_uid: body.staff_uid,
      handled_at: isoTime,
    })
  })
})

describe('settings', () => {
  const withOptions = async (options: Parameters<typeof voiceCallLab>[0]) => {
    await lab.close()
    lab = await voiceCallLab(options)
  }

  test('further providers', async () => {
    await withOptions({ providers: ['ONPREM', 'OTHER'] })
    for (const provider of ['VONAGE', 'ONPREM', 'OTHER']) {
      const { body: answered } = await lab.post(another(provider, { provider }))
      expect(answered.data.provider).toBe(provider)
    }
    expect((await lab.post(another('x', { provider: 'onprem' }))).status).toBe(400)
  })

  test.each(['VOICEMAIL_RECEIVED', 'VOICEMAIL'])('the voicemail word %s', async (word) => {
    await withOptions({ voicemailWord: word })
    for (const status of ['VOICEMAIL_RECEIVED', 'VOICEMAIL']) {
      const { body: answered } = await lab.post(another(status, { status }))
      expect(answered.data.status).toBe(word)
    }
    const listed = await lab.get('?filter[status]=VOICEMAIL')
    expect(listed.body.data.total).toBe(2)
  })
})

describe('a call is recorded once', () => {
  test('the same again gives what is there, whatever has become of it', async () => {
    const first = await lab.post(body)
    lab.time.nowMs += 5_000
    expect((await lab.post(body)).body).toEqual(first.body)
    const { uid } = first.body.data
    const handled = await lab.change(uid, { status: 'MISSED_CALL_HANDLED', client_uid: 'other' })
    expect(handled.status).toBe(200)
    expect((await lab.post(body)).body).toEqual(handled.body)
    expect(await lab.entries()).toHaveLength(1)
  })

  test('many at once make one', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => lab.post(body)))
    expect(new Set(answers.map(({ status, body: { data } }) => `${status} ${data.uid}`)).size).toBe(
      1,
    )
    expect(await lab.entries()).toHaveLength(1)
  })

  const others = names.filter((name) => !['source_id', 'external_uuid'].includes(name))
  const different = { ...body, ...another('x'), business_uid: business }
  test.each([
    ...others.filter((name) => name !== 'business_uid').filter((name) => name !== 'provider'),
    'source_id' as const,
    'external_uuid' as const,
  ])('with another %s it is a conflict', async (name) => {
    await lab.post(body)
    const values: Partial<typeof body> = {
      ...{ from_number: '+14155550000', to_number: '+14155550000', direction: 'OUTBOUND' },
      ...{ status: 'VOICEMAIL', rate: '0.050', source_id: different.source_id },
    }
    const changed = { ...body, [name]: values[name] ?? 'another' }
    const { status, body: answered } = await lab.post(changed)
    expect([status, answered.success]).toEqual([409, false])
    const field = name === 'source_id' ? 'external_uuid' : 'source_id'
    expect(answered.errors).toMatchObject([{ code: 'already_exists', field }])
    expect(await lab.entries()).toHaveLength(1)
  })

  test('ids that stand for two different calls are a conflict too', async () => {
    await lab.post(another('a'))
    await lab.post(another('b'))
    const mixed = { ...body, source_id: 'src-a', external_uuid: 'ext-b' }
    expect((await lab.post(mixed)).status).toBe(409)
  })

  test('in another business the ids are free', async () => {
    await lab.post(body)
    const elsewhere = { ...body, business_uid: 'elsewhere' }
    expect((await lab.post(elsewhere, directory)).status).toBe(200)
    expect(await lab.entries()).toHaveLength(2)
  })
})

test('bad bodies of every shape: 400, never a 500, nothing stored', async () => {
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom('+14155550148', 'INBOUND', 'MISSED', '0.05', 'VONAGE', 'x', '', ' '),
    fc.string({ unit: 'binary' }),
  )
  const whole = fc.record(
    Object.fromEntries(names.map((name) => [name, fc.oneof(fc.constant(body[name]), value)])),
    { requiredKeys: [] },
  )
  const dictionary = fc.dictionary(fc.oneof(fc.constantFrom<string>(...names), fc.string()), value)
  const isGood = (sent: object) => names.every((name) => Object.hasOwn(sent, name))
  await fc.assert(
    fc.asyncProperty(fc.oneof(whole, dictionary, value), async (sent) => {
      const before = (await lab.entries()).length
      const { status, body: answered } = await lab.post(JSON.stringify(sent) ?? '')
      expect([200, 400, 403, 409]).toContain(status)
      if (status === 200) expect(isGood(sent as object)).toBe(true)
      else {
        expect(answered).toMatchObject({ success: false })
        expect(answered.errors.length).toBeGreaterThan(0)
        expect((await lab.entries()).length).toBe(before)
      }
    }),
    { numRuns: 300 },
  )
  expect(lab.log.lines).toEqual([])
})
