import { describe, expect, test } from 'vitest'
import {
  type CallRecord,
  type CallStatus,
  callStatuses,
  freshCall,
} from '../../../engine/core/call.ts'
import type { CallEventType, EventDraft } from '../../../engine/core/events.ts'
import type { AccountId, CallId } from '../../../engine/core/ids.ts'
import {
  entryOfCall,
  type JournalEntry,
  type JournalStatus,
  journalAfter,
  journalIdOf,
  journalStatuses,
  moved,
  noDetails,
} from '../../../engine/core/journal.ts'

const call = (changes: Partial<CallRecord> = {}): CallRecord =>
  freshCall({
    id: '11111111-2222-4333-8444-555555555555' as CallId,
    accountId: '00000000-0000-4000-8000-000000000001' as AccountId,
    direction: 'inbound',
    from: '+61411111111',
    to: '+15005550100',
    createdAtMs: 1_000,
    ...changes,
  })
const event = (type: CallEventType, atMs = 2_000): EventDraft => ({
  ...{ type, callId: call().id, atMs, data: {} },
})

test('the first event of a call makes its entry', () => {
  const outbound = call({ direction: 'outbound', from: '+15005550100', to: '+61298765432' })
  expect(journalAfter(undefined, outbound, [event('call.queued', 1_000)])).toEqual({
    id: journalIdOf(outbound.id),
    accountId: outbound.accountId,
    callId: outbound.id,
    businessId: outbound.accountId,
    staffId: null,
    clientId: null,
    from: '+15005550100',
    to: '+61298765432',
    direction: 'outbound',
    status: 'ringing',
    rate: '0.08',
    provider: null,
    sourceId: outbound.id,
    externalId: outbound.id,
    details: noDetails,
    handledBy: null,
    handledAtMs: null,
    changes: [],
    recordedAs: null,
    createdAtMs: 1_000,
    updatedAtMs: 1_000,
  } satisfies JournalEntry)
})

test.each([
  ['+61412345678', '0.1'],
  ['+61298765432', '0.08'],
  ['+14155550148', '0.25'],
  ['+15005550140', '0'],
  ['1001', '0'],
])('the rate of a call to %s is %s', (to, rate) => {
  expect(entryOfCall(call({ direction: 'outbound', to })).rate).toBe(rate)
  expect(entryOfCall(call({ direction: 'inbound', to })).rate).toBe('0')
})

const bridged = 'bridge.started'
/** The entry's status before, the call's now and whether it was ever up, what happened, the status after. */
type Row = readonly [JournalStatus | undefined, CallStatus, boolean, CallEventType, JournalStatus]
const table: readonly Row[] = [
  [undefined, 'queued', false, 'call.queued', 'ringing'],
  [undefined, 'ringing', false, 'call.ringing', 'ringing'],
  ['ringing', 'ringing', false, 'call.ringing', 'ringing'],
  ['ringing', 'in-progress', true, 'call.in-progress', 'answered_by_program'],
  ['ringing', 'in-progress', true, bridged, 'answered'],
  ['answered_by_program', 'in-progress', true, bridged, 'answered'],
  ['answered', 'in-progress', true, bridged, 'answered'],
  ['answered', 'in-progress', true, 'call.in-progress', 'answered'],
  ['answered', 'completed', true, 'call.completed', 'answered'],
  ['answered_by_program', 'completed', true, 'call.completed', 'answered_by_program'],
  ['answered_by_program', 'failed', true, 'call.failed', 'answered_by_program'],
  ['ringing', 'completed', true, 'call.completed', 'answered_by_program'],
  ['ringing', 'busy', false, 'call.busy', 'missed'],
  ['ringing', 'no-answer', false, 'call.no-answer', 'missed'],
  ['ringing', 'canceled', false, 'call.canceled', 'missed'],
  ['ringing', 'failed', false, 'call.failed', 'missed'],
  [undefined, 'failed', false, 'call.failed', 'missed'],
  [undefined, 'completed', true, 'call.completed', 'answered_by_program'],
]
test.each(table)(
  '%s, a call that is %s (up: %s) and %s: %s',
  (before, status, wasUp, type, after) => {
    const now = call({ status, answeredAtMs: wasUp ? 1_500 : null })
    const entry = before && { ...entryOfCall(call()), status: before }
    const changed = journalAfter(entry, now, [event(type)])
    expect(changed?.status ?? before).toBe(after)
    if (before === after) expect(changed).toBeUndefined()
    else if (before !== undefined) {
      expect(changed?.changes).toEqual([{ atMs: 2_000, from: before, to: after, by: null }])
      expect(changed?.updatedAtMs).toBe(2_000)
    }
  },
)

describe('a call that is over takes nothing back', () => {
  const said = journalStatuses.filter((status) => status !== 'ringing')
  test.each(said)('%s', (status) => {
    const entry = moved(entryOfCall(call()), { status, atMs: 1_900, by: 'somebody' })
    for (const over of ['completed', 'no-answer', 'failed'] as const) {
      for (const answeredAtMs of [null, 1_500]) {
        const now = call({ status: over, answeredAtMs, endedAtMs: 1_800 })
        for (const type of [`call.${over}`, bridged] as const) {
          expect(journalAfter(entry, now, [event(type)])).toBeUndefined()
        }
      }
    }
  })
})

test('what does not tell of the status changes nothing', () => {
  const entry = entryOfCall(call())
  const now = call({ status: 'completed', answeredAtMs: 1_500 })
  for (const type of ['verb.started', 'recording.completed', 'bridge.ended'] as const) {
    expect(journalAfter(entry, now, [event(type)])).toBeUndefined()
    expect(journalAfter(undefined, now, [event(type)])).toBeUndefined()
  }
  expect(journalAfter(undefined, now, [])).toBeUndefined()
})

test('a leg that a call dialled has an entry only if somebody recorded one', () => {
  for (const status of callStatuses) {
    const leg = call({ status, parentId: 'f'.repeat(36) as CallId })
    expect(journalAfter(undefined, leg, [event(`call.${status}`)])).toBeUndefined()
  }
  const leg = call({ status: 'busy', parentId: 'f'.repeat(36) as CallId })
  expect(journalAfter(entryOfCall(call()), leg, [event('call.busy')])?.status).toBe('missed')
})

test('the end of a call is news of its entry, once', () => {
  const up = { ...entryOfCall(call()), status: 'answered' as const }
  const over = call({ status: 'completed', answeredAtMs: 1_500, endedAtMs: 4_000 })
  const ended = journalAfter(up, over, [event('call.completed', 4_000)])
  expect(ended).toEqual({ ...up, updatedAtMs: 4_000 })
  expect(journalAfter(ended, over, [event('call.completed', 5_000)])).toBeUndefined()
})

test('time does not run backwards in an entry', () => {
  const entry = { ...entryOfCall(call()), updatedAtMs: 9_000 }
  const now = call({ status: 'busy' })
  expect(journalAfter(entry, now, [event('call.busy', 2_000)])?.updatedAtMs).toBe(9_000)
})

test('who handled a missed call is known as long as it is that', () => {
  const missed = { ...entryOfCall(call()), status: 'missed' as const, staffId: 'staff' }
  const handled = moved(missed, { status: 'missed_handled', atMs: 5, by: 'x', handledBy: 'other' })
  expect(handled).toMatchObject({ handledBy: 'other', handledAtMs: 5 })
  const by = moved(missed, { status: 'missed_handled', atMs: 5, by: 'x' })
  expect(by.handledBy).toBe('staff')
  const back = moved(handled, { status: 'missed', atMs: 6, by: 'y' })
  expect(back).toMatchObject({ handledBy: null, handledAtMs: null })
  expect(back.changes.map((change) => [change.from, change.to, change.by])).toEqual([
    ['missed', 'missed_handled', 'x'],
    ['missed_handled', 'missed', 'y'],
  ])
})
