import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Media } from '../../../../engine/core/ports/media.ts'
import { type ConferenceLab, openConferenceLab } from './conference-lab.ts'

let lab: ConferenceLab
beforeEach(async () => {
  lab = await openConferenceLab()
})
afterEach(() => lab.store.close())

const changes = () => lab.commands.filter((one) => one.startsWith('media.changeMember c1'))

describe('a member whose phone is on hold', () => {
  test('held by itself: nobody hears what it plays meanwhile', async () => {
    const id = await lab.room()
    const a = await lab.member(id)
    await lab.member(id)
    lab.media.held(a, true)
    await lab.settle()
    expect(changes()).toEqual(['media.changeMember c1 muted'])
    await lab.desk.changeParticipant(lab.account.id, id, a, { priority: true })
    expect(changes().at(-1)).toBe('media.changeMember c1 muted priority')
    lab.media.held(a, false)
    await lab.settle()
    expect(changes().at(-1)).toBe('media.changeMember c1 priority')
    // It is no doing of the conference.
    expect(await lab.desk.participant(lab.account.id, id, a)).toMatchObject({ muted: false })
  })

  test('held by us, as any call can be', async () => {
    const id = await lab.room()
    const a = await lab.member(id)
    await lab.member(id)
    await lab.centre.holdCall(lab.account.id, a, true)
    await lab.settle()
    expect(changes()).toEqual(['media.changeMember c1 muted'])
    await lab.centre.holdCall(lab.account.id, a, false)
    await lab.settle()
    expect(changes().at(-1)).toBe('media.changeMember c1')
  })

  test('held before he comes: nobody hears it when he is in', async () => {
    const joined: boolean[] = []
    await lab.store.close()
    const joinRoom: Media['joinRoom'] = async (_room, _id, { muted }) => void joined.push(muted)
    lab = await openConferenceLab({ media: { joinRoom } })
    const [first, second] = [await lab.room(), await lab.room()]
    const a = await lab.member(first)
    lab.media.held(a, true)
    await lab.desk.bring(lab.account.id, second, a, {})
    expect(joined).toEqual([false, true])
  })
})

describe('what is recorded of one member', () => {
  const recorded = async () => {
    const [first, second] = [await lab.room(), await lab.room()]
    const a = await lab.member(first)
    await lab.member(first)
    await lab.desk.startRecording(lab.account.id, first, a)
    return { first, second, a }
  }

  test('ends when he goes elsewhere', async () => {
    const { first, second, a } = await recorded()
    await lab.desk.bring(lab.account.id, second, a, {})
    await lab.settle()
    expect(lab.commands).toContain('media.stopRecording c1')
    expect(lab.calls.get(a)?.recording).toBeUndefined()
    expect(await lab.types(first)).toContain('conference.recording-completed')
  })

  test('is told before the end of the conference', async () => {
    const { first } = await recorded()
    await lab.desk.end(lab.account.id, first)
    await lab.settle()
    const types = await lab.types(first)
    expect(types.slice(-4)).toEqual([
      'conference.recording-completed',
      'participant.left',
      'participant.left',
      'conference.ended',
    ])
  })
})

test('the media side refuses: whoever leaves has left, and what ends is over', async () => {
  await lab.store.close()
  const refuse = () => Promise.reject(new Error('the media thread is confused'))
  lab = await openConferenceLab({ media: { leaveRoom: refuse, closeRoom: refuse } })
  const id = await lab.room()
  const [a, b] = [await lab.member(id), await lab.member(id)]
  await lab.desk.kick(lab.account.id, id, a)
  await lab.hangUp(b)
  await lab.settle()
  expect((await lab.types(id)).slice(-3)).toEqual([
    'participant.left',
    'participant.left',
    'conference.ended',
  ])
  expect([lab.calls.conferences.size, lab.calls.conferences.members, lab.calls.size]).toEqual([
    0, 0, 0,
  ])
})

describe('the store refuses', () => {
  const refusing = () => {
    const { commit } = lab.store.conferences
    lab.store.conferences.commit = () => Promise.reject(new Error('the disk is full'))
    return () => {
      lab.store.conferences.commit = commit
    }
  }

  test('those who talk go on, and what happened is told when it takes it again', async () => {
    const id = await lab.room()
    const a = await lab.member(id)
    const mend = refusing()
    const b = await lab.member(id)
    await lab.desk.changeParticipant(lab.account.id, id, a, { muted: true })
    expect(await lab.desk.participants(lab.account.id, id)).toMatchObject([
      { callId: a, status: 'connected', muted: true },
      { callId: b, status: 'connected' },
    ])
    mend()
    await lab.hangUp(a)
    expect((await lab.types(id)).slice(-3)).toEqual([
      'participant.joined',
      'participant.muted',
      'participant.left',
    ])
    await lab.hangUp(b)
    const { record } = await lab.desk.get(lab.account.id, id)
    expect(record).toMatchObject({ status: 'completed', peakParticipants: 2 })
    expect(lab.clock.pendingTimers).toBe(0)
  })

  test('while it ends: it is over, and that is told as soon as it can be', async () => {
    const id = await lab.room()
    await lab.member(id)
    const mend = refusing()
    await lab.desk.end(lab.account.id, id)
    await lab.settle()
    expect([lab.calls.size, lab.calls.conferences.size]).toEqual([0, 0])
    await lab.clock.advance(5_000)
    mend()
    await lab.clock.advance(5_000)
    expect((await lab.types(id)).slice(-2)).toEqual(['participant.left', 'conference.ended'])
    expect((await lab.desk.get(lab.account.id, id)).record.status).toBe('completed')
    expect(lab.clock.pendingTimers).toBe(0)
  })

  test('for good: it is not asked for ever', async () => {
    const id = await lab.room()
    await lab.member(id)
    refusing()
    await lab.desk.end(lab.account.id, id)
    await lab.clock.advance(300_000)
    expect(lab.clock.pendingTimers).toBe(0)
  })
})
