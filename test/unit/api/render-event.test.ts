import { expect, test } from 'vitest'
import { renderEvent } from '../../../engine/api/dialects/telefonie/render-event.ts'
import {
  chargeText,
  normaliseNumber,
  readTime,
} from '../../../engine/api/dialects/telefonie/values.ts'
import type { CallEvent } from '../../../engine/core/events.ts'
import type { RecordingId } from '../../../engine/core/ids.ts'
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
