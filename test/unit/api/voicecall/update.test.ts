import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import fc from '../../../support/property.ts'
import { startMs } from '../api-lab.ts'
import { another, app, body, directory, staff, type VoiceCallLab, voiceCallLab } from './lab.ts'

let lab: VoiceCallLab
let uid: string
beforeEach(async () => {
  lab = await voiceCallLab()
  uid = (await lab.post(body)).body.data.uid
  lab.time.nowMs += 60_000
})
afterEach(() => lab.close())

const nowText = () => new Date(lab.time.nowMs).toISOString()
const read = async () => (await lab.get(`/${uid}`)).body.data
const statusSet = async (status: string, claims: object = staff, more: object = {}) =>
  lab.change(uid, { status, ...more }, claims)

describe('a part of it', () => {
  test.each([
    ['staff_uid', 'other'],
    ['client_uid', 'other'],
    ['from_number', '+61412345678'],
    ['to_number', '+61412345678'],
    ['direction', 'OUTBOUND'],
    ['status', 'VOICEMAIL_RECEIVED'],
    ['rate', '0'],
    ['source_id', 'other'],
    ['external_uuid', 'other'],
    ['price', '1.25'],
    ['duration', 120],
    ['call_summary', 'two\nlines'],
    ['external_app_name', 'An app'],
    ['external_app_url', 'https://app.example/calls?id=1#top'],
  ])('%s', async (name, value) => {
    const before = await read()
    const { status, body: answered } = await lab.change(uid, { [name]: value })
    expect(status).toBe(200)
    expect(answered.data).toEqual({
      ...before,
      [name]: value,
      updated_at: nowText(),
      status_changes: answered.data.status_changes,
    })
    expect(await read()).toEqual(answered.data)
  })

  test('and null takes away what may be absent', async () => {
    await lab.change(uid, { duration: 5, call_summary: 'x', recording_id: 'r1' })
    expect(await read()).toMatchObject({ duration: 5, recording: { external_uid: 'r1' } })
    await lab.change(uid, { duration: null, recording_id: null })
    expect(await read()).toMatchObject({ duration: null, call_summary: 'x', recording: null })
  })
})

test('the whole of it, as it was read, changes nothing', async () => {
  const before = await read()
  const { status, body: answered } = await lab.change(uid, before)
  expect([status, answered.data]).toEqual([200, before])
  const changed = await lab.change(uid, { ...before, rate: '0.07' })
  expect(changed.body.data.rate).toBe('0.07')
})

describe('what is refused', () => {
  const cases: readonly [object, string | null][] = [
    [{}, null],
    [{ status: 'missed' }, 'status'],
    [{ rate: 1 }, 'rate'],
    [{ from_number: '0123' }, 'from_number'],
    [{ staff_uid: '' }, 'staff_uid'],
    [{ staff_uid: null }, 'staff_uid'],
    [{ duration: -1 }, 'duration'],
    [{ duration: 1.5 }, 'duration'],
    [{ duration: '5' }, 'duration'],
    [{ external_app_url: 'javascript:alert(1)' }, 'external_app_url'],
    [{ call_summary: 'x'.repeat(10_001) }, 'call_summary'],
    [{ business_uid: 'elsewhere' }, 'business_uid'],
    [{ uid: 'x' }, 'uid'],
    [{ created_at: '2020-01-01T00:00:00.000Z' }, 'created_at'],
    [{ colour: 'red' }, 'colour'],
    [{ handled_by_staff_uid: 'x' }, 'handled_by_staff_uid'],
  ]
  test.each(cases)('%j', async (payload, field) => {
    const before = await read()
    const { status, body: answered } = await lab.change(uid, payload)
    expect([status, answered.errors.map((one: { field: unknown }) => one.field)]).toEqual([
      400,
      [field],
    ])
    expect(await read()).toEqual(before)
  })

  test('everything at once', async () => {
    const { body: answered } = await lab.change(uid, { rate: 1, status: 'x', colour: 'red' })
    const fields = answered.errors.map((one: { field: unknown }) => one.field)
    expect(fields).toEqual(['status', 'rate', 'colour'])
  })

  test('the ids of another call', async () => {
    await lab.post(another('b'))
    for (const taken of [{ source_id: 'src-b' }, { external_uuid: 'ext-b' }]) {
      expect((await lab.change(uid, taken)).status).toBe(409)
    }
  })
})

describe('status', () => {
  const finals = [
    ...['ANSWERED_BY_STAFF', 'MISSED', 'ANSWERED_BY_CALLS_PROVIDER', 'VOICEMAIL_RECEIVED'],
  ]
  test.each(finals)('a ringing call becomes %s', async (status) => {
    const ringing = await lab.post(another('r', { status: 'INCOMING_CALL' }))
    const { body: answered } = await lab.change(ringing.body.data.uid, { status })
    expect(answered.data).toMatchObject({
      status,
      handled_at: null,
      status_changes: [{ at: nowText(), from: 'INCOMING_CALL', to: status, by: 'staff-7' }],
    })
  })

  test.each([
    ['the member of staff who says so', staff, {}, 'staff-7'],
    ['whom the request names', staff, { handled_by_staff_uid: 'named' }, 'named'],
    ['the staff of the request', staff, { staff_uid: 'given' }, 'given'],
    ["the record's staff, when an app says so", app, {}, body.staff_uid],
    ["the record's staff, when a directory says so", directory, {}, body.staff_uid],
  ])('a missed call was handled by %s', async (_name, claims, more, by) => {
    const { body: answered } = await statusSet('MISSED_CALL_HANDLED', claims, more)
    expect(answered.data).toMatchObject({
      status: 'MISSED_CALL_HANDLED',
      handled_by_staff_uid: by,
      handled_at: nowText(),
      status_changes: [
        { at: nowText(), from: 'MISSED', to: 'MISSED_CALL_HANDLED', by: claims.subject },
      ],
    })
  })

  test('handled by somebody else after all', async () => {
    await statusSet('MISSED_CALL_HANDLED')
    const handledAt = nowText()
    lab.time.nowMs += 1_000
    await lab.change(uid, { handled_by_staff_uid: 'other' })
    expect(await read()).toMatchObject({ handled_by_staff_uid: 'other', handled_at: handledAt })
  })

  test('any other change is allowed, and kept on the trail', async () => {
    const steps = ['ANSWERED_BY_STAFF', 'INCOMING_CALL', 'MISSED_CALL_HANDLED', 'MISSED']
    for (const status of steps) {
      lab.time.nowMs += 1_000
      expect((await statusSet(status)).status).toBe(200)
    }
    const { status_changes: changes, handled_by_staff_uid, handled_at } = await read()
    expect(changes.map((one: { to: string }) => one.to)).toEqual(steps)
    expect(changes[0].at).toBe(new Date(startMs + 61_000).toISOString())
    expect([handled_by_staff_uid, handled_at]).toEqual([null, null])
  })

  test('the same again is no change', async () => {
    await statusSet('MISSED')
    expect((await read()).status_changes).toEqual([])
  })

  test('the trail has an end', async () => {
    for (let turn = 0; turn < 100; turn++) {
      await statusSet(turn % 2 ? 'MISSED' : 'VOICEMAIL')
    }
    const refused = await statusSet('VOICEMAIL')
    expect([refused.status, refused.body.errors[0].field]).toEqual([400, 'status'])
    expect((await lab.change(uid, { rate: '0.01' })).status).toBe(200)
  })

  test('many at once all stand on the trail, each after the other', async () => {
    const wanted = ['VOICEMAIL_RECEIVED', 'MISSED', 'ANSWERED_BY_STAFF', 'INCOMING_CALL']
    await Promise.all(Array.from({ length: 24 }, (_, n) => statusSet(wanted[n % 4] ?? '')))
    const { status, status_changes: changes } = await read()
    const states = ['MISSED', ...changes.map((one: { to: string }) => one.to)]
    expect(changes.map((one: { from: string }) => one.from)).toEqual(states.slice(0, -1))
    expect(states.at(-1)).toBe(status)
  })
})

test('bad bodies of every shape: never a 500', async () => {
  const fields = [...Object.keys(await read()), 'recording_id', 'handled_by_staff_uid']
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom('MISSED', 'OUTBOUND', 'x', '', null, 12),
  )
  const payload = fc.dictionary(fc.oneof(fc.constantFrom(...fields), fc.string()), value)
  await fc.assert(
    fc.asyncProperty(fc.oneof(payload, value), async (sent) => {
      const before = await read()
      const { status } = await lab.change(uid, JSON.stringify(sent) ?? '')
      expect([200, 400, 409]).toContain(status)
      if (status !== 200) expect(await read()).toEqual(before)
    }),
    { numRuns: 150 },
  )
  expect(lab.log.lines).toEqual([])
})
