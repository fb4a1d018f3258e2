import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { CallRecord } from '../../../../engine/core/call.ts'
import type { CallId, RecordingId } from '../../../../engine/core/ids.ts'
import { callRecord, ours, startMs, theirs } from '../api-lab.ts'
import { app, body, business, directory, type VoiceCallLab, voiceCallLab } from './lab.ts'

let lab: VoiceCallLab
beforeEach(async () => {
  lab = await voiceCallLab({ providers: ['ONPREM'] })
})
afterEach(() => lab.close())

const { id } = callRecord()
const lettered = 'abcdefab-2222-4333-8444-555555555555' as CallId
const up = { status: 'in-progress', answeredAtMs: startMs + 4_000 } as const
const over = { ...up, status: 'completed', endedAtMs: startMs + 65_400 } as const
const put = (changes: Partial<CallRecord> = {}) => {
  const call = callRecord(changes)
  const atMs = call.endedAtMs ?? call.answeredAtMs ?? startMs
  return lab.put(call, [{ type: `call.${call.status}`, callId: call.id, atMs, data: {} }])
}
const claim = {
  ...{ ...body, external_uuid: id as string, status: 'VOICEMAIL' },
  ...{ from_number: '+15005550000', to_number: '+61412345678', direction: 'OUTBOUND' },
}
const recordingId = '77777777-2222-4333-8444-555555555555' as RecordingId
const recording = {
  id: recordingId,
  accountId: ours.id,
  callId: id,
  status: 'completed',
  failure: null,
  path: 'x.wav',
  channels: 2,
  durationMs: 61_400,
  bytes: 1_234,
  createdAtMs: startMs + 4_000,
} as const
const read = async () => (await lab.get(`/${id}`, directory)).body.data

test('a call of ours is there by itself, by its own id', async () => {
  await put()
  expect(await read()).toMatchObject({
    uid: id,
    business_uid: ours.id,
    staff_uid: null,
    client_uid: null,
    from_number: '+15005550000',
    to_number: '+61412345678',
    direction: 'OUTBOUND',
    status: 'INCOMING_CALL',
    rate: '0.1',
    provider: 'ONPREM',
    source_id: id,
    external_uuid: id,
    duration: null,
    recording: null,
  })
  await put(up)
  expect(await read()).toMatchObject({ status: 'ANSWERED_BY_CALLS_PROVIDER', duration: null })
  await put(over)
  expect(await read()).toMatchObject({
    status: 'ANSWERED_BY_CALLS_PROVIDER',
    duration: 61,
    updated_at: new Date(startMs + 65_400).toISOString(),
  })
})

test('the provider of our calls is the own one unless a setting says another', async () => {
  await lab.close()
  lab = await voiceCallLab()
  await put()
  expect((await read()).provider).toBe('VONAGE')
})

test('a call that nobody answered was missed, and took no time', async () => {
  await put()
  await put({ status: 'no-answer', endedAtMs: startMs + 30_000 })
  expect(await read()).toMatchObject({ status: 'MISSED', duration: 0 })
})

test('its recording is shown with it, at a link that needs no key', async () => {
  await put(over)
  await lab.store.recordings.save(recording)
  await put({ ...over, recordingId })
  const { recording: shown } = await read()
  expect(shown).toEqual({
    external_uid: recordingId,
    external_url: expect.stringMatching(/^http:\/\/voice\.example\/listen\/[\w-]{96}\/audio$/),
    size: 1_234,
    duration: 61,
    started_at: new Date(startMs + 4_000).toISOString(),
  })
  const [, token = ''] = /listen\/([\w-]+)/.exec(shown.external_url) ?? []
  const opened = await lab.options.services.recordingLinks.open(token)
  expect([opened.recording.id, opened.use]).toEqual([recordingId, 'audio'])
})

test('it tells what has become of the transcript of its recording', async () => {
  await put(over)
  await lab.store.recordings.save(recording)
  await put({ ...over, recordingId })
  expect(await read()).toMatchObject({ transcript_status: null })
  for (const transcriptStatus of ['pending', 'completed', 'failed'] as const) {
    await lab.store.recordings.amend(recordingId, { transcriptStatus })
    expect(await read()).toMatchObject({ transcript_status: transcriptStatus })
  }
})

describe('an application says whose call it was', () => {
  test('while it is on: the rest stays what the call knows', async () => {
    await put()
    const { status, body: answered } = await lab.post(claim)
    expect(status).toBe(200)
    expect(answered.data).toMatchObject({
      uid: id,
      business_uid: business,
      staff_uid: body.staff_uid,
      client_uid: body.client_uid,
      rate: '0.05',
      provider: 'VONAGE',
      source_id: 'call-src-001',
      external_uuid: id,
      from_number: '+15005550000',
      direction: 'OUTBOUND',
      status: 'INCOMING_CALL',
    })
    expect(await lab.entries()).toHaveLength(1)
    await put(up)
    expect((await read()).status).toBe('ANSWERED_BY_CALLS_PROVIDER')
    await put(over)
    expect((await lab.post(claim)).body.data).toEqual(await read())
    expect(await read()).toMatchObject({ business_uid: business, duration: 61 })
  })

  test('when it is over: what it became', async () => {
    await put()
    await put(over)
    const { body: answered } = await lab.post(claim)
    expect(answered.data).toMatchObject({ status: 'VOICEMAIL_RECEIVED', duration: 61 })
    expect(answered.data.status_changes.at(-1)).toMatchObject({
      ...{ from: 'ANSWERED_BY_CALLS_PROVIDER', to: 'VOICEMAIL_RECEIVED', by: 'staff-7' },
    })
    // Whatever is still told of the call, that stands.
    await put(over)
    expect((await read()).status).toBe('VOICEMAIL_RECEIVED')
  })

  test('a request that comes too late does not make it ring again', async () => {
    await put()
    await put({ status: 'no-answer', endedAtMs: startMs + 30_000 })
    const late = await lab.post({ ...claim, status: 'INCOMING_CALL' })
    expect(late.body.data.status).toBe('MISSED')
  })

  test('once: the same again is the same, something else is a conflict', async () => {
    await put()
    const first = await lab.post(claim)
    expect((await lab.post(claim)).body).toEqual(first.body)
    for (const other of [{ client_uid: 'x' }, { source_id: 'x' }, { business_uid: 'elsewhere' }]) {
      const { status, body: answered } = await lab.post({ ...claim, ...other }, directory)
      expect([status, answered.errors[0].code]).toEqual([409, 'already_exists'])
    }
    expect(await lab.entries()).toHaveLength(1)
  })

  test('by its id in either case', async () => {
    await put({ id: lettered })
    const shouted = await lab.post({ ...claim, external_uuid: lettered.toUpperCase() })
    expect(shouted.body.data).toMatchObject({ uid: lettered, external_uuid: lettered })
    const again = await lab.post({ ...claim, external_uuid: lettered })
    expect(again.body).toEqual(shouted.body)
    expect(await lab.entries()).toHaveLength(1)
  })

  test('many at once: one record, one answer', async () => {
    await put()
    const all = await Promise.all(Array.from({ length: 12 }, () => lab.post(claim)))
    expect(new Set(all.map(({ body: answered }) => JSON.stringify(answered))).size).toBe(1)
    const rivals = await Promise.all(
      ['a', 'b', 'c'].map((client_uid) => lab.post({ ...claim, client_uid })),
    )
    expect(rivals.map(({ status }) => status)).toEqual([409, 409, 409])
  })

  test.each([
    ['from_number', '+14155550148'],
    ['to_number', '+14155550148'],
    ['direction', 'INBOUND'],
  ])('with another %s it would be another call: a conflict', async (field, value) => {
    await put()
    const { status, body: answered } = await lab.post({ ...claim, [field]: value })
    expect([status, answered.errors]).toMatchObject([409, [{ code: 'already_exists', field }]])
    expect(await read()).toMatchObject({ business_uid: ours.id, source_id: id })
  })

  test('of a call from a device, which has no number to compare', async () => {
    await put({ from: '1001' })
    const { status, body: answered } = await lab.post(claim)
    expect([status, answered.data.from_number]).toEqual([200, '1001'])
  })

  test('with a source id that is taken: a conflict, and the call keeps its entry', async () => {
    await put()
    await lab.post(body)
    expect((await lab.post(claim)).status).toBe(409)
    expect(await read()).toMatchObject({ business_uid: ours.id, source_id: id })
  })

  test('of a leg that a call dialled, and it moves with the leg from then on', async () => {
    await put()
    const legId = '11111111-2222-4333-8444-666666666666' as CallId
    const leg = { id: legId, parentId: id }
    await put(leg)
    expect(await lab.entries()).toHaveLength(1)
    const { body: answered } = await lab.post({ ...claim, external_uuid: legId })
    expect(answered.data).toMatchObject({ uid: legId, status: 'INCOMING_CALL' })
    await put({ ...leg, status: 'busy', endedAtMs: startMs + 1_000 })
    expect((await lab.get(`/${legId}`)).body.data.status).toBe('MISSED')
  })

  test("an id of another account's call is any text", async () => {
    const foreign = '44444444-2222-4333-8444-555555555555' as CallId
    await put({ id: foreign, accountId: theirs.id, ...over })
    const { body: answered } = await lab.post({ ...claim, external_uuid: foreign })
    expect(answered.data).toMatchObject({ status: 'VOICEMAIL_RECEIVED', duration: null })
    expect(answered.data.uid).not.toBe(foreign)
    expect(
      (await lab.store.journal.list(theirs.id, { page: 1, pageSize: 9, sort: [] })).total,
    ).toBe(1)
  })
})

describe('a change by hand', () => {
  test('of the status has to wait until the call is over', async () => {
    await put(up)
    const refused = await lab.change(id, { status: 'MISSED' }, directory)
    expect([refused.status, refused.body.errors]).toMatchObject([
      409,
      [{ code: 'call_live', field: 'status' }],
    ])
    expect((await lab.change(id, { staff_uid: 's' }, directory)).status).toBe(200)
    await put(over)
    expect((await lab.change(id, { status: 'MISSED' }, directory)).status).toBe(200)
    await put(over)
    expect(await read()).toMatchObject({ status: 'MISSED', staff_uid: 's' })
  })

  test('a missed call without staff needs somebody who handled it', async () => {
    await put({ status: 'no-answer', endedAtMs: startMs })
    const asApp = { ...app, businesses: [ours.id] }
    const nobody = await lab.change(id, { status: 'MISSED_CALL_HANDLED' }, asApp)
    expect([nobody.status, nobody.body.errors[0]]).toMatchObject([
      400,
      { code: 'missing_parameter', field: 'handled_by_staff_uid' },
    ])
    const named = { status: 'MISSED_CALL_HANDLED', handled_by_staff_uid: 'x' }
    expect((await lab.change(id, named, asApp)).body.data.handled_by_staff_uid).toBe('x')
  })

  test('does not make a record one about a call that has its own', async () => {
    await put({ id: lettered })
    const { uid } = (await lab.post(body)).body.data
    for (const external_uuid of [lettered, lettered.toUpperCase()]) {
      const { status, body: answered } = await lab.change(uid, { external_uuid })
      expect([status, answered.errors[0].field]).toEqual([409, 'external_uuid'])
    }
  })

  test('not of what the call itself knows: every such field is named', async () => {
    await put({ ...over, recordingId })
    await lab.store.recordings.save(recording)
    const before = await read()
    const others = {
      ...{ from_number: '+14155550148', to_number: '1001', direction: 'INBOUND', duration: 7 },
      recording_id: 'other',
    }
    const refused = await lab.change(id, { ...others, client_uid: 'c', rate: 1 }, directory)
    expect([
      refused.status,
      refused.body.errors.map((fault: { field: string }) => fault.field),
    ]).toEqual([400, [...Object.keys(others), 'rate']])
    for (const [field, value] of Object.entries(others)) {
      const alone = await lab.change(id, { [field]: value }, directory)
      expect([alone.status, alone.body.errors]).toMatchObject([400, [{ field }]])
    }
    expect(await read()).toEqual(before)
    const same = { ...before, recording_id: recordingId, client_uid: 'c' }
    expect((await lab.change(id, same, directory)).body.data).toMatchObject({
      ...{ client_uid: 'c', recording: before.recording },
    })
  })

  test('of a recording that is elsewhere, while the call has none', async () => {
    await put(over)
    const { body: answered } = await lab.change(id, { recording_id: 'theirs' }, directory)
    expect(answered.data.recording).toMatchObject({ external_uid: 'theirs', external_url: null })
    const again = await lab.change(id, { recording_id: 'other' }, directory)
    expect(again.body.data.recording.external_uid).toBe('other')
  })

  test('the whole of it, with a device as its caller, can be sent back', async () => {
    await put({ from: '1001', ...over })
    const before = await read()
    const changed = await lab.change(id, { ...before, client_uid: 'c' }, directory)
    expect([changed.status, changed.body.data.client_uid]).toEqual([200, 'c'])
  })
})
