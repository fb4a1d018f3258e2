import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ConferenceId } from '../../../../engine/core/ids.ts'
import { type ConferenceLab, openConferenceLab } from './conference-lab.ts'

let lab: ConferenceLab
beforeEach(async () => {
  lab = await openConferenceLab()
})
afterEach(() => lab.store.close())

const get = (id: ConferenceId) => lab.desk.get(lab.account.id, id)
const reasons = async (id: ConferenceId, type: string) =>
  (await lab.events(id)).filter((one) => one.type === type).map(({ data }) => data['reason'])

test('it begins with the first member who is connected and is over when the last has left', async () => {
  const id = await lab.room({ friendlyName: 'Monday' })
  expect(await get(id)).toMatchObject({
    record: { status: 'init', friendlyName: 'Monday', startedAtMs: null },
    participantCount: 0,
  })
  const a = await lab.member(id)
  expect(await get(id)).toMatchObject({ record: { status: 'in-progress' }, participantCount: 1 })
  const b = await lab.member(id)
  expect(await get(id)).toMatchObject({ record: { peakParticipants: 2 }, participantCount: 2 })
  await lab.hangUp(a)
  expect(await get(id)).toMatchObject({ record: { status: 'in-progress' }, participantCount: 1 })
  await lab.hangUp(b)
  expect(await get(id)).toMatchObject({
    record: { status: 'completed', endReason: 'last_member_left', peakParticipants: 2 },
    participantCount: 0,
  })
  expect(await lab.types(id)).toEqual([
    'conference.created',
    'conference.started',
    'participant.joined',
    'participant.joined',
    'participant.left',
    'participant.left',
    'conference.ended',
  ])
  expect(await reasons(id, 'participant.left')).toEqual(['hung_up', 'hung_up'])
  expect(lab.commands.filter((one) => one.includes('Room'))).toEqual([
    'media.openRoom c2',
    'media.joinRoom c1 c2',
    'media.joinRoom c3 c2',
    'media.leaveRoom c1',
    'media.leaveRoom c3',
    'media.closeRoom c2',
  ])
})

test('ended by the API: everybody is hung up, and it stays as it is', async () => {
  const id = await lab.room()
  const [a, b] = [await lab.member(id), await lab.member(id)]
  const ringing = await lab.desk.invite(lab.account, id, {
    ...{ to: '+15005550141', from: '+15005550100' },
  })
  expect((await lab.desk.end(lab.account.id, id)).record).toMatchObject({
    ...{ status: 'completed', endReason: 'api' },
  })
  await lab.settle()
  for (const callId of [a, b, ringing.callId]) expect(lab.calls.get(callId)).toBeUndefined()
  expect((await lab.desk.end(lab.account.id, id)).record.endReason).toBe('api')
  expect(await reasons(id, 'participant.left')).toEqual(['conference_ended', 'conference_ended'])
  expect(await reasons(id, 'participant.failed')).toEqual(['not_connected'])
  await expect(lab.desk.change(lab.account.id, id, { locked: true })).rejects.toMatchObject({
    code: 'conference_ended',
  })
  await expect(lab.member(id)).rejects.toMatchObject({ code: 'conference_ended' })
})

test('a room that nobody comes to is given up after 24 hours', async () => {
  const id = await lab.room()
  await lab.clock.advance(24 * 3_600_000 - 1)
  expect((await get(id)).record.status).toBe('init')
  await lab.clock.advance(1)
  expect((await get(id)).record).toMatchObject({ status: 'completed', endReason: 'never_begun' })
})

test('its longest time is counted from the first member; a minute before it is said', async () => {
  const id = await lab.room({ options: { maxDurationMs: 600_000, entrySound: 'none' } })
  await lab.clock.advance(3_600_000)
  const a = await lab.member(id)
  await lab.member(id)
  lab.commands.length = 0
  await lab.clock.advance(540_000)
  expect(lab.commands).toContain('media.play c2 wav')
  await lab.clock.advance(60_000)
  expect((await get(id)).record.endReason).toBe('max_duration')
  expect(lab.calls.get(a)).toBeUndefined()
})

test('it ends with its last moderator, if that is wanted', async () => {
  const id = await lab.room({ options: { endOnModeratorExit: true } })
  const [first, second, plain] = [
    await lab.member(id, { moderator: true }),
    await lab.member(id, { moderator: true }),
    await lab.member(id),
  ]
  await lab.hangUp(first)
  expect((await get(id)).record.status).toBe('in-progress')
  await lab.hangUp(second)
  expect((await get(id)).record.endReason).toBe('moderator_left')
  expect(lab.calls.get(plain)).toBeUndefined()
})

test('the media side is gone: so are the conferences', async () => {
  const id = await lab.room()
  await lab.member(id)
  lab.media.lost('killed')
  await lab.settle()
  expect((await get(id)).record.endReason).toBe('media_error')
})

test('lists: all that are live, the last that are over, by status, by page', async () => {
  const over = await lab.room({ friendlyName: 'over' })
  await lab.desk.end(lab.account.id, over)
  await lab.clock.advance(1)
  const going = await lab.room({ friendlyName: 'going' })
  await lab.member(going)
  await lab.clock.advance(1)
  await lab.room({ friendlyName: 'fresh' })
  const names = async (filter: Parameters<typeof lab.desk.list>[1]) => {
    const { conferences, total } = await lab.desk.list(lab.account.id, filter)
    return [total, ...conferences.map(({ record }) => record.friendlyName)]
  }
  expect(await names({})).toEqual([3, 'fresh', 'going', 'over'])
  expect(await names({ status: 'completed' })).toEqual([1, 'over'])
  expect(await names({ status: 'in-progress' })).toEqual([1, 'going'])
  expect(await names({ page: 2, pageSize: 1 })).toEqual([3, 'going'])
  const stranger = '00000000-0000-4000-8000-00000000dead' as typeof lab.account.id
  expect((await lab.desk.list(stranger, {})).total).toBe(0)
  await expect(lab.desk.get(stranger, going)).rejects.toMatchObject({ code: 'not_found' })
})

test('wishes that make no sense are refused before anything is made', async () => {
  const refused = async (options: object) =>
    expect(lab.room({ options })).rejects.toMatchObject({ code: 'invalid_request' })
  await refused({ maxParticipants: 1 })
  await refused({ maxParticipants: 251 })
  await refused({ pin: 'abc' })
  await refused({ pin: '1234', moderatorPin: '1234' })
  await refused({ talkers: -1 })
  expect(lab.calls.conferences.size).toBe(0)
})

test('a thousand conferences leave nothing behind', async () => {
  const timers = lab.clock.pendingTimers
  for (let i = 0; i < 1_000; i++) {
    const { id } = await lab.desk.create(lab.account, {})
    if (i % 10 !== 0) {
      await lab.desk.end(lab.account.id, id)
      continue
    }
    const a = await lab.member(id)
    if (i % 20 === 0) await lab.hangUp(a)
    else await lab.desk.end(lab.account.id, id)
  }
  await lab.settle()
  await lab.clock.advance(11_000)
  const { conferences } = lab.calls
  expect(conferences.size + conferences.members + lab.calls.size).toBe(0)
  expect(conferences.recordings.size + conferences.making.size + conferences.names.size).toBe(0)
  expect(lab.clock.pendingTimers).toBe(timers)
})

test('its name and its callback are changed while it goes on; callers find it by the new name', async () => {
  const id = await lab.room({ friendlyName: 'old', statusCallback: 'http://app.example/a' })
  const change = { friendlyName: 'room', statusCallback: null }
  const { record } = await lab.desk.change(lab.account.id, id, change)
  expect(record).toMatchObject(change)
  expect(await lab.store.conferences.get(lab.account.id, id)).toMatchObject(change)
  expect((await lab.events(id)).at(-1)).toMatchObject({
    ...{ type: 'conference.changed', data: { changed: ['friendlyName', 'statusCallback'] } },
  })
  await lab.dialIn({ name: 'room' })
  expect((await get(id)).participantCount).toBe(1)
  await expect(
    lab.desk.change(lab.account.id, id, { friendlyName: 'x'.repeat(129) }),
  ).rejects.toMatchObject({ code: 'invalid_request', field: 'friendly_name' })
})
