import { afterEach, beforeEach, expect, test } from 'vitest'
import type { CallId, ConferenceId } from '../../../../engine/core/ids.ts'
import { ownNumber } from '../../../support/call-lab.ts'
import { type ConferenceLab, openConferenceLab } from './conference-lab.ts'

let lab: ConferenceLab
let id: ConferenceId
beforeEach(async () => {
  lab = await openConferenceLab()
  id = await lab.room({ options: { entrySound: 'none', exitSound: 'none' } })
})
afterEach(() => lab.store.close())

const who = (callId: CallId) => lab.desk.participant(lab.account.id, id, callId)
const change = (callId: CallId, options: object) =>
  lab.desk.changeParticipant(lab.account.id, id, callId, options)
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'none',
    (error: { code?: string }) => error.code,
  )

test('whoever is called is seen on his way', async () => {
  const { callId, status } = await lab.desk.invite(lab.account, id, {
    ...{ to: '+15005550140', from: ownNumber, label: 'Sarah', muted: true },
  })
  expect(status).toBe('queued')
  await lab.settle()
  expect(await who(callId)).toMatchObject({ status: 'connecting', party: '+15005550140' })
  lab.sip.progress(callId, 180, undefined)
  await lab.settle()
  expect(await who(callId)).toMatchObject({ status: 'ringing', joinedAtMs: null })
  lab.sip.answered(callId, 'v=0', 'x@phone')
  await lab.settle()
  expect(await who(callId)).toMatchObject({
    ...{ status: 'connected', label: 'Sarah', muted: true, waiting: true },
    joinedAtMs: lab.clock.nowMs(),
  })
})

test('whoever does not answer is gone, and it is told', async () => {
  const { callId } = await lab.desk.invite(lab.account, id, {
    ...{ to: '+15005550140', from: ownNumber },
  })
  await lab.settle()
  lab.sip.rejected(callId, 486, 'Busy Here')
  await lab.settle()
  await lab.settle()
  expect(await lab.desk.participants(lab.account.id, id)).toEqual([])
  expect((await lab.events(id)).at(-1)).toMatchObject({
    type: 'participant.failed',
    data: { callId, reason: 'busy', callStatus: 'busy' },
  })
  expect((await lab.desk.get(lab.account.id, id)).record.status).toBe('init')
})

test('his early media is heard, and he hears nothing before he answers', async () => {
  await lab.member(id)
  const { callId } = await lab.desk.invite(lab.account, id, {
    ...{ to: '+15005550141', from: ownNumber, earlyMedia: true },
  })
  await lab.settle()
  lab.sip.progress(callId, 183, 'v=0 early')
  await lab.settle()
  await lab.settle()
  expect(lab.commands).toContain('media.joinRoom c3 c2')
  expect((await who(callId)).status).toBe('ringing')
  lab.sip.answered(callId, 'v=0', 'x@phone')
  await lab.settle()
  await lab.settle()
  expect(lab.commands.filter((one) => one.startsWith('media.changeMember c3'))).toEqual([
    'media.changeMember c3',
  ])
})

test('the one who is too many is refused, those on their way count', async () => {
  const small = await lab.room({ options: { maxParticipants: 2 } })
  await lab.member(small)
  const second = await lab.desk.invite(lab.account, small, {
    ...{ to: '+15005550140', from: ownNumber },
  })
  expect(await code(lab.member(small))).toBe('conference_full')
  lab.sip.rejected(second.callId, 486, 'Busy Here')
  await lab.settle()
  await lab.settle()
  await lab.member(small)
  expect(await code(lab.member(small))).toBe('conference_full')
  expect(await code(lab.member(id, { to: 'nobody' }))).toBe('not_found')
  expect(lab.live(id).reserved).toBe(0)
})

test('the 251st is refused', async () => {
  for (let i = 0; i < 250; i++) await lab.member(id)
  expect(await code(lab.member(id))).toBe('conference_full')
  expect((await lab.desk.get(lab.account.id, id)).participantCount).toBe(250)
})

test('a locked one lets nobody in', async () => {
  await lab.desk.change(lab.account.id, id, { locked: true })
  expect(await code(lab.member(id))).toBe('conference_locked')
  await lab.desk.change(lab.account.id, id, { locked: false })
  await lab.member(id)
  expect((await lab.types(id)).slice(1, 3)).toEqual(['conference.locked', 'conference.unlocked'])
})

test('mute, deaf, volume, priority, coach: one command each, and an event', async () => {
  const [a, b] = [await lab.member(id), await lab.member(id)]
  lab.commands.length = 0
  await change(a, { muted: true })
  await change(a, { muted: true })
  await change(a, { muted: false, deaf: true })
  await change(a, { deaf: false, coaching: b, priority: true })
  await change(a, { volumeDb: -6 })
  expect(lab.commands).toEqual([
    'media.changeMember c1 muted',
    'media.changeMember c1 deaf',
    'media.changeMember c1 priority c3',
    'media.changeMember c1 priority c3',
  ])
  expect((await lab.types(id)).slice(-5)).toEqual([
    'participant.muted',
    'participant.unmuted',
    'participant.changed',
    'participant.changed',
    'participant.changed',
  ])
  expect(await who(a)).toMatchObject({ coaching: b, priority: true, volumeDb: -6 })
  const refused = [{ coaching: a }, { coaching: id as string }, { volumeDb: 21 }]
  for (const options of refused) expect(await code(change(a, options))).toBe('invalid_request')
})

test('a private talk is of two, and is over when one of them leaves or talks to another', async () => {
  const [a, b, c] = [await lab.member(id), await lab.member(id), await lab.member(id)]
  await change(a, { privateWith: b })
  expect([(await who(a)).privateWith, (await who(b)).privateWith]).toEqual([b, a])
  await change(c, { privateWith: a })
  expect([(await who(a)).privateWith, (await who(b)).privateWith]).toEqual([c, null])
  await change(a, { privateWith: null })
  expect((await who(c)).privateWith).toBeNull()
  await change(a, { privateWith: b })
  await lab.hangUp(b)
  expect((await who(a)).privateWith).toBeNull()
  expect(lab.commands.at(-1)).toBe('media.changeMember c1')
})

test('on hold he hears his own music and nobody else, and nobody hears him', async () => {
  const [a] = [await lab.member(id), await lab.member(id)]
  lab.commands.length = 0
  await change(a, { hold: true })
  await lab.settle()
  expect(lab.commands).toEqual(['media.changeMember c1 muted deaf', 'media.play c1 hold'])
  await change(a, { hold: false })
  await lab.settle()
  expect(lab.nowPlaying(a)).toBeUndefined()
  await lab.desk.change(lab.account.id, id, { holdMusic: 'http://music.example/a.wav' })
  await change(a, { hold: true })
  await lab.settle()
  expect(lab.nowPlaying(a)).toMatchObject({ tracks: ['/prompt/http://music.example/a.wav'] })
})

test('a member is kicked: hung up, and the others go on', async () => {
  const [a, b] = [await lab.member(id), await lab.member(id)]
  await lab.desk.kick(lab.account.id, id, a)
  await lab.settle()
  expect(lab.calls.get(a)).toBeUndefined()
  expect(lab.calls.get(b)?.state.at).toBe('up')
  const left = (await lab.events(id)).find(({ type }) => type === 'participant.left')
  expect(left?.data).toMatchObject({ callId: a, reason: 'kicked' })
  expect(await code(lab.desk.kick(lab.account.id, id, a))).toBe('not_found')
})

test('whoever is alone hears music, until somebody comes', async () => {
  const a = await lab.member(id)
  expect(lab.nowPlaying(a)).toMatchObject({ tone: 'hold' })
  expect((await who(a)).waiting).toBe(true)
  const b = await lab.member(id)
  expect(lab.nowPlaying(a)).toBeUndefined()
  expect((await who(a)).waiting).toBe(false)
  await lab.hangUp(b)
  expect(lab.nowPlaying(a)).toMatchObject({ tone: 'hold' })
})

test('all wait for the moderator with music, outside the room; when he comes they are in', async () => {
  const strict = await lab.room({
    options: { startOnModerator: true, waitMusic: 'prompt:wait', entrySound: 'none' },
  })
  const [a, b] = [await lab.member(strict), await lab.member(strict)]
  for (const callId of [a, b]) {
    expect(lab.nowPlaying(callId)).toMatchObject({ path: expect.stringContaining('/speech/') })
    await lab.finishPlay(callId)
    expect(lab.nowPlaying(callId)).toMatchObject({ tracks: ['/prompt/prompt:wait'] })
  }
  expect(lab.commands.some((one) => one.startsWith('media.joinRoom'))).toBe(false)
  expect((await lab.desk.get(lab.account.id, strict)).record.status).toBe('in-progress')
  await lab.member(strict, { moderator: true })
  expect(lab.commands.filter((one) => one.startsWith('media.joinRoom'))).toHaveLength(3)
  expect(lab.nowPlaying(a)).toBeUndefined()
})

test('a tone for those who come and go; a storm of them is quiet', async () => {
  const loud = await lab.room()
  await lab.member(loud)
  const beeps = () => lab.commands.filter((one) => one.endsWith('beep')).length
  expect(beeps()).toBe(0)
  await lab.member(loud)
  expect(beeps()).toBe(1)
  for (let i = 0; i < 40; i++) {
    await lab.member(loud)
    await lab.finishPlay(loud as string as CallId)
  }
  expect(beeps()).toBeLessThan(25)
  expect(beeps()).toBeGreaterThan(15)
})

test('who comes is told how many are there, if that is wanted', async () => {
  const counting = await lab.room({ options: { announceCount: true, entrySound: 'none' } })
  await lab.member(counting)
  const b = await lab.member(counting)
  expect(lab.nowPlaying(b)).toMatchObject({
    path: '/speech/There are 2 people in this conference.',
  })
})
