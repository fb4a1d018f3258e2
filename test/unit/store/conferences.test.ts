import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Callback } from '../../../engine/core/callbacks.ts'
import { type ConferenceRecord, plainConference } from '../../../engine/core/conference.ts'
import type { ConferenceEventType } from '../../../engine/core/events.ts'
import type { ConferenceId, RecordingId } from '../../../engine/core/ids.ts'
import type { ToldConference } from '../../../engine/core/ports/conferences.ts'
import type { Store } from '../../../engine/core/ports/store.ts'
import { accountId, call, event, memoryStore, otherAccountId, testClock, uuid } from './fixtures.ts'

let store: Store
const clock = testClock(5_000)
beforeEach(async () => {
  clock.now = 5_000
  store = await memoryStore(clock)
})
afterEach(() => store.close())

const conference = (name: string, over: Partial<ConferenceRecord> = {}): ConferenceRecord => ({
  ...{ id: uuid(`conference ${name}`) as ConferenceId, accountId, friendlyName: name },
  ...{ status: 'init', options: plainConference, statusCallback: null, createdAtMs: 1_000 },
  ...{ startedAtMs: null, endedAtMs: null, endReason: null, peakParticipants: 0 },
  ...over,
})
const told = (of: ConferenceRecord, type: ConferenceEventType, data = {}): ToldConference => ({
  draft: { type, conferenceId: of.id, atMs: clock.now, data },
  participantCount: 3,
  participant: null,
})

test('saved, replaced, had again with all that it is; not by another account', async () => {
  const options = { ...plainConference, pin: '12', talkers: 0, maxDurationMs: 9, waitMusic: '' }
  const full = conference('a', { options, statusCallback: 'http://app.example/' })
  await store.conferences.commit(full, [])
  expect(await store.conferences.get(accountId, full.id)).toEqual(full)
  expect(await store.conferences.get(otherAccountId, full.id)).toBeUndefined()
  const over = { ...full, status: 'completed', endReason: 'api', endedAtMs: 7 } as const
  await store.conferences.commit(over, [])
  expect(await store.conferences.get(accountId, full.id)).toEqual(over)
  const stolen = { ...full, accountId: otherAccountId }
  await expect(store.conferences.commit(stolen, [])).rejects.toThrow('another account')
})

test('lists: newest first, by status, page by page; those that are live; those left by a crash', async () => {
  const made = ['a', 'b', 'c', 'd', 'e'].map((name, index) =>
    conference(name, {
      createdAtMs: 1_000 + index,
      status: index < 2 ? 'completed' : index === 2 ? 'init' : 'in-progress',
    }),
  )
  for (const one of made) await store.conferences.commit(one, [])
  const names = (list: readonly ConferenceRecord[]) => list.map((one) => one.friendlyName).join('')
  const list = async (filter: Parameters<typeof store.conferences.list>[1]) => {
    const { conferences, total } = await store.conferences.list(accountId, filter)
    return `${names(conferences)} of ${total}`
  }
  expect(await list({ page: 1, pageSize: 2 })).toBe('ed of 5')
  expect(await list({ page: 3, pageSize: 2 })).toBe('a of 5')
  expect(await list({ page: 4, pageSize: 2 })).toBe(' of 5')
  expect(await list({ page: 1, pageSize: 9, status: 'completed' })).toBe('ba of 2')
  expect(names(await store.conferences.live(accountId))).toBe('edc')
  await store.conferences.commit(conference('f', { createdAtMs: 1_005, status: 'completed' }), [])
  expect(await list({ page: 1, pageSize: 2 })).toBe('fe of 6')
  expect(names(await store.conferences.live(otherAccountId))).toBe('')
  expect(names(await store.conferences.unfinished())).toBe('cde')
})

test('its events stand in the account’s one log, between those of calls', async () => {
  const one = conference('a')
  const phone = call('x')
  await store.calls.commit(phone, [event(phone, 'call.queued')])
  const data = { callId: phone.id }
  await store.conferences.commit(one, [
    told(one, 'conference.created'),
    told(one, 'participant.joined', data),
  ])
  await store.events.append(accountId, [{ type: 'trunk.up', atMs: 1, data: {} }])
  const log = await store.events.after(accountId, 0, 10)
  expect(log.map(({ sequence, type }) => `${sequence} ${type}`)).toEqual([
    '1 call.queued',
    '2 conference.created',
    '3 participant.joined',
    '4 trunk.up',
  ])
  expect(log[2]).toEqual({
    ...{ accountId, sequence: 3, callId: null, conferenceId: one.id, atMs: 5_000, data },
    type: 'participant.joined',
  })
  expect(log[3]?.conferenceId).toBeUndefined()
  expect(await store.conferences.eventsOf(accountId, one.id)).toEqual(log.slice(1, 3))
  expect(await store.conferences.eventsOf(otherAccountId, one.id)).toEqual([])
})

test('each event is a delivery to its status callback, in order, with the conference as it was', async () => {
  const silent = conference('silent')
  await store.conferences.commit(silent, [told(silent, 'conference.created')])
  expect(await store.outbox.nextDueMs()).toBeUndefined()
  let woken = 0
  store.outbox.watch(() => woken++)
  const one = conference('a', { statusCallback: 'http://app.example:81/x' })
  await store.conferences.commit(one, [told(one, 'conference.created')])
  const begun = { ...one, status: 'in-progress', startedAtMs: 6 } as const
  await store.conferences.commit(begun, [
    told(begun, 'conference.started'),
    told(begun, 'participant.joined'),
  ])
  expect(woken).toBe(2)
  const seen: unknown[] = []
  for (let due = await store.outbox.due(5_000, 9); due.length > 0; ) {
    expect(due).toHaveLength(1)
    const [delivery] = due
    if (delivery?.conference === undefined) throw new Error('not of a conference')
    const { event: happened, conference: was, host, renderer } = delivery
    expect([host, renderer, was.participantCount]).toEqual(['app.example:81', null, 3])
    expect(happened).toMatchObject({ accountId, conferenceId: one.id, callId: null })
    seen.push([happened.sequence, happened.type, was.record.status])
    await store.outbox.delivered(delivery.id)
    due = await store.outbox.due(5_000, 9)
  }
  expect(seen).toEqual([
    [2, 'conference.created', 'init'],
    [3, 'conference.started', 'in-progress'],
    [4, 'participant.joined', 'in-progress'],
  ])
})

test('a webhook that is given up is told in the log of the conference, and the next is sent', async () => {
  const one = conference('a', { statusCallback: 'http://app.example/' })
  await store.conferences.commit(one, [
    told(one, 'conference.created'),
    told(one, 'conference.started'),
  ])
  const [first] = await store.outbox.due(5_000, 9)
  await store.outbox.dead(first!.id, 'HTTP 410')
  expect(await store.conferences.eventsOf(accountId, one.id)).toMatchObject([
    {},
    {},
    { type: 'conference.webhook-failed', data: { sequence: 1, attempts: 1, error: 'HTTP 410' } },
  ])
  expect((await store.outbox.due(5_000, 9))[0]?.event.type).toBe('conference.started')
})

test('a recording of a whole conference is of no call', async () => {
  const one = conference('a')
  await store.conferences.commit(one, [])
  const recording = {
    ...{ id: uuid('r') as RecordingId, accountId, callId: null, conferenceId: one.id },
    status: 'completed' as const,
    channels: 1 as const,
    ...{ failure: null, path: 'x', durationMs: 1, bytes: 2, createdAtMs: 3 },
  }
  await store.recordings.save(recording)
  expect(await store.recordings.get(accountId, recording.id)).toEqual(recording)
  const page = { page: 1, pageSize: 10 }
  const of = { conferenceId: one.id, ...page }
  expect((await store.recordings.list(accountId, of)).recordings).toEqual([recording])
  const none = { conferenceId: uuid('other') as ConferenceId, ...page }
  expect((await store.recordings.list(accountId, none)).total).toBe(0)
  await store.recordings.remove(recording.id)
  expect((await store.recordings.list(accountId, page)).total).toBe(0)
})

test('of who speaks a status callback is told only when it has asked; the log has it in any case', async () => {
  const events = (of: ConferenceRecord) => [
    told(of, 'participant.speaking-started'),
    told(of, 'conference.active-speaker'),
    told(of, 'participant.speaking-stopped'),
    told(of, 'participant.left'),
  ]
  const sent = async (name: string, speakingEvents: boolean) => {
    const one = conference(name, {
      ...{ statusCallback: `http://${name}.example/` },
      options: { ...plainConference, speakingEvents },
    })
    await store.conferences.commit(one, events(one))
    expect(await store.conferences.eventsOf(accountId, one.id)).toHaveLength(4)
    const types: string[] = []
    for (let due = await store.outbox.due(5_000, 9); due.length > 0; ) {
      for (const { id, event: happened } of due) {
        types.push(happened.type)
        await store.outbox.delivered(id)
      }
      due = await store.outbox.due(5_000, 9)
    }
    return types
  }
  expect(await sent('plain', false)).toEqual(['participant.left'])
  expect(await sent('keen', true)).toEqual([
    'participant.speaking-started',
    'conference.active-speaker',
    'participant.speaking-stopped',
    'participant.left',
  ])
})

test('whom a document wants told is told of that alone, of who speaks too', async () => {
  const room = {
    tells: 'conference',
    url: 'http://app.example/c',
    method: 'POST',
    events: ['participant.joined', 'participant.speaking-started'],
  } as const satisfies Callback
  const recorded = {
    tells: 'recording',
    url: 'http://app.example/r',
    method: 'POST',
    events: ['conference.recording-completed'],
  } as const satisfies Callback
  const one = conference('a', { callbacks: [room, recorded] })
  await store.conferences.commit(one, [
    told(one, 'conference.created'),
    told(one, 'participant.joined', { callId: 'x' }),
    // Of one member alone: nobody has asked for that.
    told(one, 'conference.recording-completed', { recordingId: 'r1', callId: 'x' }),
  ])
  await store.conferences.commit(one, [
    told(one, 'conference.recording-completed', { recordingId: 'r2' }),
  ])
  expect(await store.conferences.get(accountId, one.id)).toEqual(one)
  const due = await store.outbox.due(clock.now, 100)
  expect(due).toMatchObject([
    { url: room.url, options: room, event: { type: 'participant.joined' } },
    { url: recorded.url, options: recorded, event: { data: { recordingId: 'r2' } } },
  ])
  await store.outbox.delivered(due[0]!.id)
  await store.conferences.commit(one, [told(one, 'participant.speaking-started', { callId: 'x' })])
  expect((await store.outbox.due(clock.now, 100))[0]?.event.type).toBe(
    'conference.recording-completed',
  )
})
