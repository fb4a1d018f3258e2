import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ConferenceId } from '../../../../engine/core/ids.ts'
import { ownNumber } from '../../../support/call-lab.ts'
import { type ConferenceLab, openConferenceLab } from './conference-lab.ts'

let lab: ConferenceLab
beforeEach(async () => {
  lab = await openConferenceLab()
})
afterEach(() => lab.store.close())

/** Keeps the conference's queue busy until it is let go. */
function busy(id: ConferenceId): () => void {
  const { promise, resolve } = Promise.withResolvers<void>()
  lab.live(id).later(() => promise)
  return resolve
}

/** Somebody has asked for something that waits in the conference's queue. */
function nextJob(id: ConferenceId): Promise<void> {
  const conference = lab.live(id)
  const { enqueue } = conference
  return new Promise((resolve) => {
    conference.enqueue = (job) => {
      conference.enqueue = enqueue
      const done = conference.enqueue(job)
      resolve()
      return done
    }
  })
}

test('moved between conferences that are busy: he is not hung up on the way', async () => {
  const [first, second] = [await lab.room(), await lab.room()]
  const a = await lab.member(first)
  await lab.member(first)
  const letFirstGo = busy(first)
  const moving = lab.desk.bring(lab.account.id, second, a, {})
  await lab.settle()
  const letSecondGo = busy(second)
  letFirstGo()
  await lab.settle()
  letSecondGo()
  expect(await moving).toMatchObject({ callId: a, conferenceId: second, status: 'connected' })
  expect(lab.calls.get(a)?.state.at).toBe('up')
  expect(lab.commands.filter((one) => /(join|leave)Room c1/.test(one))).toEqual([
    'media.joinRoom c1 c2',
    'media.leaveRoom c1',
    expect.stringContaining('media.joinRoom c1'),
  ])
})

test.each([
  ['none', 0],
  ['the one he is in', 1],
  ['the first', 2],
  ['both', 3],
])('moved to two at once, busy is %s: he ends in one of them', async (_which, which) => {
  const from = await lab.room()
  const [first, second] = [await lab.room(), await lab.room()]
  const a = await lab.member(from)
  await lab.member(from)
  const busyOnes = [[], [from], [first], [first, second]][which] ?? []
  const letGo = busyOnes.map((id) => busy(id))
  const both = [first, second].map((id) => lab.desk.bring(lab.account.id, id, a, {}))
  const done = Promise.allSettled(both)
  await lab.settle()
  for (const one of letGo) one()
  const outcomes = await done
  await lab.settle()
  expect(outcomes.map(({ status }) => status)).toContain('fulfilled')
  expect(lab.calls.get(a)?.state.at).toBe('up')
  const { conferences } = lab.calls
  const there = [from, first, second].filter((id) => conferences.get(id)?.members.has(a))
  expect(there).toEqual([conferences.placeOf(a)?.conference.id])
  expect(conferences.placeOf(a)?.member.inRoom).toBe(true)
  const doors = lab.commands.filter((one) => /(join|leave)Room c1/.test(one))
  // Never into one room before he is out of the other.
  const turns = doors.map((one) => (one.includes('join') ? 'in' : 'out'))
  expect(turns).toEqual(turns.map((_turn, index) => (index % 2 === 0 ? 'in' : 'out')))
  expect(turns.at(-1)).toBe('in')
})

test('moved into one that is full: he stays where he is', async () => {
  const [first, second] = [await lab.room(), await lab.room({ options: { maxParticipants: 2 } })]
  const a = await lab.member(first)
  await lab.member(second)
  const letGo = busy(second)
  const asked = nextJob(second)
  const coming = lab.member(second)
  // The last place is asked for first.
  await asked
  const moving = lab.desk.bring(lab.account.id, second, a, {})
  letGo()
  await expect(moving).rejects.toMatchObject({ code: 'conference_full' })
  await coming
  expect(lab.calls.get(a)?.state.at).toBe('up')
  expect(lab.calls.conferences.placeOf(a)?.conference.id).toBe(first)
})

test('it ends while somebody is about to be called: refused, and he is not left ringing', async () => {
  const id = await lab.room()
  const conference = lab.live(id)
  const { commit } = lab.store.calls
  // The row of his call is written while it ends.
  lab.store.calls.commit = async (...call) => {
    lab.store.calls.commit = commit
    await lab.desk.end(lab.account.id, id)
    return commit(...call)
  }
  const wanted = { to: '+15005550140', from: ownNumber }
  await expect(lab.desk.invite(lab.account, id, wanted)).rejects.toMatchObject({
    code: 'conference_ended',
  })
  await lab.settle()
  expect([lab.calls.size, conference.members.size, conference.reserved]).toEqual([0, 0, 0])
  expect(lab.calls.conferences.members).toBe(0)
  expect((await lab.types(id)).at(-1)).toBe('conference.ended')
})

test('300 are called at once: 250 get in, and places that come to nothing are free again', async () => {
  const id = await lab.room()
  const wanted = { to: '+15005550140', from: ownNumber }
  const all = await Promise.allSettled(
    Array.from({ length: 300 }, () => lab.desk.invite(lab.account, id, wanted)),
  )
  expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(250)
  const { members, reserved } = lab.live(id)
  expect([members.size, reserved]).toEqual([250, 0])
  await expect(lab.desk.invite(lab.account, id, wanted)).rejects.toThrow('full')
  for (const callId of lab.invited.slice(0, 3)) lab.sip.rejected(callId, 486, 'Busy Here')
  await lab.settle()
  await lab.desk.invite(lab.account, id, wanted)
  expect(members.size).toBe(248)
})
