import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ConferenceNews } from '../../../../engine/app/conferences/desk.ts'
import type { CallId, ConferenceId } from '../../../../engine/core/ids.ts'
import type { MemberLevel } from '../../../../engine/core/ports/media.ts'
import { type ConferenceLab, openConferenceLab } from './conference-lab.ts'

let lab: ConferenceLab
let id: ConferenceId
let a: CallId
let b: CallId
let levels: MemberLevel[] = []
beforeEach(async () => {
  levels = []
  lab = await openConferenceLab({ media: { levels: async () => levels } })
  id = await lab.room({ options: { entrySound: 'none', exitSound: 'none' } })
  a = await lab.member(id)
  b = await lab.member(id)
})
afterEach(() => lab.store.close())

const now = () => lab.desk.get(lab.account.id, id)

describe('who speaks', () => {
  test('is told in one commit per quarter of a second, in order', async () => {
    let commits = 0
    lab.store.events.watch(() => commits++)
    lab.media.speaking(id, a, true)
    lab.media.speaking(id, a, true)
    lab.media.loudest(id, a)
    lab.media.speaking(id, b, true)
    lab.media.speaking(id, a, false)
    expect((await now()).activeSpeaker).toBe(a)
    await lab.settle()
    expect(commits).toBe(0)
    await lab.clock.advance(250)
    expect(commits).toBe(1)
    const told = (await lab.events(id)).slice(-4).map(({ type, data }) => [type, data['callId']])
    expect(told).toEqual([
      ['participant.speaking-started', a],
      ['conference.active-speaker', a],
      ['participant.speaking-started', b],
      ['participant.speaking-stopped', a],
    ])
    lab.media.loudest(id, undefined)
    expect((await now()).activeSpeaker).toBeNull()
  })

  test('is over when he who speaks goes, and comes before what is told after it', async () => {
    lab.media.speaking(id, a, true)
    lab.media.loudest(id, a)
    await lab.hangUp(a)
    const last = (await lab.events(id)).slice(-5).map(({ type, data }) => [type, data['callId']])
    expect(last).toEqual([
      ['participant.speaking-started', a],
      ['conference.active-speaker', a],
      ['participant.speaking-stopped', a],
      ['conference.active-speaker', null],
      ['participant.left', a],
    ])
    expect((await now()).activeSpeaker).toBeNull()
    lab.media.speaking(id, a, true)
    await lab.clock.advance(500)
    expect((await lab.types(id)).at(-1)).toBe('participant.left')
  })
})

describe('recordings', () => {
  test('of all, by option: from the first to the last, then had by its id', async () => {
    const recorded = await lab.room({ options: { record: true } })
    const one = await lab.member(recorded)
    const { recordingId } = await lab.desk.get(lab.account.id, recorded)
    expect(await lab.store.recordings.get(lab.account.id, recordingId!)).toMatchObject({
      ...{ callId: null, conferenceId: recorded, status: 'in-progress', channels: 1 },
    })
    await lab.hangUp(one)
    expect(await lab.store.recordings.get(lab.account.id, recordingId!)).toMatchObject({
      ...{ status: 'completed', durationMs: 1, bytes: 60 },
    })
    expect(await lab.types(recorded)).toEqual([
      'conference.created',
      'conference.started',
      'participant.joined',
      'conference.recording-started',
      'participant.left',
      'conference.recording-completed',
      'conference.ended',
    ])
    expect(lab.calls.conferences.recordings.size).toBe(0)
  })

  test('of all, on demand; a second one is refused', async () => {
    const recordingId = await lab.desk.startRecording(lab.account.id, id)
    expect((await now()).recordingId).toBe(recordingId)
    await expect(lab.desk.startRecording(lab.account.id, id)).rejects.toMatchObject({
      code: 'already_exists',
    })
    await lab.desk.stopRecording(lab.account.id, id)
    expect((await now()).recordingId).toBeNull()
    expect((await lab.events(id)).at(-1)).toMatchObject({
      type: 'conference.recording-completed',
      data: { recordingId },
    })
  })

  test('of one member alone', async () => {
    const recordingId = await lab.desk.startRecording(lab.account.id, id, a)
    expect(await lab.desk.participant(lab.account.id, id, a)).toMatchObject({ recording: true })
    expect(await lab.store.recordings.get(lab.account.id, recordingId)).toMatchObject({
      ...{ callId: a, conferenceId: id, channels: 2 },
    })
    await lab.desk.stopRecording(lab.account.id, id, a)
    await lab.settle()
    expect(await lab.desk.participant(lab.account.id, id, a)).toMatchObject({ recording: false })
    expect((await lab.events(id)).at(-1)).toMatchObject({
      type: 'conference.recording-completed',
      data: { recordingId, callId: a },
    })
  })

  test('a disk that can’t be written fails the recording, never the conference', async () => {
    Object.assign(lab.ports.recordingFiles, { pathFor: () => Promise.reject(new Error('full')) })
    await expect(lab.desk.startRecording(lab.account.id, id)).rejects.toMatchObject({
      code: 'call_failed',
    })
    expect((await lab.types(id)).at(-1)).toBe('conference.recording-failed')
    expect((await now()).record.status).toBe('in-progress')
    const recorded = await lab.room({ options: { record: true } })
    await lab.member(recorded)
    expect(lab.live(recorded).connected()).toHaveLength(1)
  })
})

describe('sounds', () => {
  const room = () => lab.nowPlaying(id as string as CallId)
  const play = (sound: object) => lab.desk.play(lab.account.id, id, sound)

  test('to all: a new one ends the one before; they are stopped', async () => {
    await play({ text: 'hello', loop: 3 })
    expect(room()).toEqual({ kind: 'wav', path: '/speech/hello', loop: 3 })
    await play({ url: 'http://x.example/a.wav' })
    expect(room()).toMatchObject({ path: '/prompt/http://x.example/a.wav', loop: 1 })
    await lab.desk.stopPlaying(lab.account.id, id)
    expect(room()).toBeUndefined()
    await expect(play({})).rejects.toMatchObject({ code: 'invalid_request' })
    await expect(play({ text: 'a', url: 'b' })).rejects.toMatchObject({ code: 'invalid_request' })
  })

  test('to one, who hears his hold music again afterwards', async () => {
    await lab.desk.changeParticipant(lab.account.id, id, a, { hold: true })
    await play({ text: 'psst', to: a })
    await lab.settle()
    expect(lab.nowPlaying(a)).toMatchObject({ path: '/speech/psst' })
    expect(room()).toBeUndefined()
    await lab.finishPlay(a)
    expect(lab.nowPlaying(a)).toMatchObject({ tone: 'hold' })
    const stranger = 'x' as CallId
    await expect(play({ text: 'a', to: stranger })).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('whoever looks on', () => {
  const news: ConferenceNews[] = []
  const ends: number[] = []
  const follower = {
    tell: (one: ConferenceNews) => void news.push(one),
    end: () => void ends.push(1),
  }
  beforeEach(() => {
    news.length = 0
    ends.length = 0
  })

  test('sees all first, then what changes, in one message a kind', async () => {
    const stop = await lab.desk.follow(lab.account.id, id, follower)
    expect(news).toMatchObject([{ is: 'all', participants: [{ callId: a }, { callId: b }] }])
    await lab.desk.changeParticipant(lab.account.id, id, a, { muted: true })
    await lab.desk.changeParticipant(lab.account.id, id, b, { muted: true })
    lab.media.speaking(id, a, true)
    await lab.clock.advance(200)
    expect(news.slice(1)).toMatchObject([
      { is: 'participants', participants: [{ callId: a, muted: true, speaking: true }, {}] },
    ])
    await lab.hangUp(a)
    await lab.clock.advance(400)
    expect(news.slice(2).map(({ is }) => is)).toEqual(['gone', 'participants', 'conference'])
    stop()
    const heard = news.length
    await lab.hangUp(b)
    await lab.clock.advance(1_000)
    expect(news).toHaveLength(heard)
    expect(ends).toEqual([])
  })

  test('hears levels five times a second, those that have changed', async () => {
    await lab.desk.follow(lab.account.id, id, follower)
    for (let i = 0; i < 10; i++) {
      levels = [
        { callId: a, levelDb: -30 - i, speaking: true },
        { callId: b, levelDb: -127, speaking: false },
      ]
      await lab.clock.advance(100)
    }
    const told = news.filter((one) => one.is === 'levels')
    expect(told).toHaveLength(5)
    expect(told.map((one) => one.levels.length)).toEqual([2, 1, 1, 1, 1])
  })

  test('never gets more than ten messages a second, however much happens', async () => {
    await lab.desk.follow(lab.account.id, id, follower)
    news.length = 0
    for (let i = 0; i < 100; i++) {
      levels = [{ callId: a, levelDb: -i, speaking: true }]
      lab.media.speaking(id, a, i % 2 === 0)
      lab.media.loudest(id, i % 2 === 0 ? a : b)
      await lab.clock.advance(10)
    }
    expect(news.length).toBeLessThanOrEqual(10)
    expect(news.length).toBeGreaterThan(7)
  })

  test('is told of its end, and no timer is left', async () => {
    await lab.desk.follow(lab.account.id, id, follower)
    await lab.desk.end(lab.account.id, id)
    expect(news.at(-1)).toEqual({ is: 'ended' })
    expect(ends).toEqual([1])
    await lab.clock.advance(60_000)
    expect(lab.clock.pendingTimers).toBe(0)
  })

  test('the page too many is refused; one that has gone makes room', async () => {
    const stops = []
    for (let i = 0; i < 1_000; i++) {
      stops.push(await lab.desk.follow(lab.account.id, id, follower))
    }
    const refused = lab.desk.follow(lab.account.id, id, follower)
    await expect(refused).rejects.toMatchObject({ code: 'limit_reached' })
    stops[0]?.()
    stops[0]?.()
    await lab.desk.follow(lab.account.id, id, follower)
  })
})
