import { expect, test } from 'vitest'
import {
  renderConferenceCallback,
  renderEvent,
} from '../../../engine/api/dialects/telefonie/render-event.ts'
import {
  chargeText,
  normaliseNumber,
  readTime,
} from '../../../engine/api/dialects/telefonie/values.ts'
import {
  type ConferenceRecord,
  plainConference,
  plainParticipant,
} from '../../../engine/core/conference.ts'
import type { CallEvent, ConferenceEvent } from '../../../engine/core/events.ts'
import type { CallId, ConferenceId, RecordingId } from '../../../engine/core/ids.ts'
import { callRecord, ours, startMs } from './api-lab.ts'

const urlOf = (id: RecordingId) => `http://x/${id}/media`

test('a status webhook: compact JSON with event, sequence and the call', () => {
  const call = callRecord({ status: 'busy', endedAtMs: startMs, endReason: 'busy' })
  const event: CallEvent = {
    type: 'call.busy',
    callId: call.id,
    accountId: ours.id,
    atMs: startMs,
    sequence: 7,
    data: {},
  }
  const body = renderEvent({ event, call }, urlOf)
  expect(JSON.stringify(JSON.parse(body))).toBe(body)
  expect(JSON.parse(body)).toMatchObject({
    event: 'call.busy',
    sequence: 7,
    call: { id: call.id, status: 'busy', recording_url: null, price: '0.00' },
  })
  const recorded = { ...call, recordingId: '33333333-2222-4333-8444-555555555555' as RecordingId }
  expect(JSON.parse(renderEvent({ event, call: recorded }, urlOf))).toMatchObject({
    call: { recording_url: `http://x/${recorded.recordingId}/media` },
  })
})

test('a status webhook of a conference, of a member of it or of the whole', () => {
  const id = '22222222-2222-4333-8444-555555555555' as ConferenceId
  const callId = '33333333-2222-4333-8444-555555555555' as CallId
  const record: ConferenceRecord = {
    ...{ id, accountId: ours.id, friendlyName: 'Monday', status: 'in-progress' },
    ...{ options: { ...plainConference, pin: '4321' }, statusCallback: 'http://app.example/' },
    ...{ createdAtMs: startMs, startedAtMs: startMs, endedAtMs: null, endReason: null },
    peakParticipants: 1,
  }
  const participant = {
    ...{ ...plainParticipant, callId, conferenceId: id, status: 'connected' as const },
    ...{ waiting: false, speaking: true, recording: false, party: '1001', joinedAtMs: startMs },
  }
  const event: ConferenceEvent = {
    ...{ type: 'participant.left', conferenceId: id, accountId: ours.id, callId: null },
    ...{ atMs: startMs, sequence: 8, data: { callId, reason: 'hung_up' } },
  }
  const told = (about: typeof participant | null) => {
    const conference = { record, participantCount: 1, participant: about }
    const request = renderConferenceCallback({ event, conference, url: 'http://app.example/' })
    expect(request).toMatchObject({ url: 'http://app.example/', method: 'POST' })
    expect(request.body).not.toContain('4321')
    expect(JSON.stringify(JSON.parse(String(request.body)))).toBe(request.body)
    return JSON.parse(String(request.body)) as unknown
  }
  expect(told(participant)).toEqual({
    ...{ event: 'participant.left', sequence: 8, at: new Date(startMs).toISOString() },
    conference: expect.objectContaining({ id, participant_count: 1, has_pin: true }),
    participant: expect.objectContaining({ call_id: callId, conference_id: id, party: '1001' }),
    data: { call_id: callId, reason: 'hung_up' },
  })
  expect(told(null)).toMatchObject({ participant: null })
})

test.each([
  [0, '0.00'],
  [100_000, '-0.10'],
  [80_000, '-0.08'],
  [1_234_567, '-1.234567'],
  [250_000, '-0.25'],
  [12_000_000, '-12.00'],
])('%i micro-units: %s', (micro, text) => {
  expect(chargeText(micro)).toBe(text)
})

test.each([
  ['+61412345678', '+61412345678'],
  [' 61412345678', '+61412345678'],
  ['+61 (412) 345-678', '+61412345678'],
  ['desk.1', 'desk.1'],
  ['sip:a@b', 'sip:a@b'],
  ['0412 345 678', '0412 345 678'],
])('%j is looked up as %j', (text, number) => {
  expect(normaliseNumber(text)).toBe(number)
})

test.each([
  ['2026-01-02', Date.UTC(2026, 0, 2)],
  ['2026-01-02T03:04Z', Date.UTC(2026, 0, 2, 3, 4)],
  ['2026-01-02T03:04:05.5Z', Date.UTC(2026, 0, 2, 3, 4, 5, 500)],
  ['2026-01-02T03:04:05+10:00', Date.UTC(2026, 0, 1, 17, 4, 5)],
  ['2026-13-02', undefined],
  ['2026-01-02T03:04:05', undefined],
  ['1', undefined],
  ['January 2, 2026', undefined],
])('%s is %s', (text, atMs) => {
  expect(readTime(text)).toBe(atMs)
})
