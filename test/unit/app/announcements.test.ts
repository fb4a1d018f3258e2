import { describe, expect, test } from 'vitest'
import { Announcements } from '../../../engine/app/announcements.ts'
import { holdCall } from '../../../engine/app/hold.ts'
import { Failure } from '../../../engine/core/failures.ts'
import type { AccountId, AnnouncementId, CallId, ConferenceId } from '../../../engine/core/ids.ts'
import type { Sound } from '../../../engine/core/ports/media.ts'
import type { Microphone } from '../../../engine/core/ports/microphone.ts'
import type { CallLab } from '../../support/call-lab.ts'
import { openConferenceLab } from './conferences/conference-lab.ts'
import { dials, hangsUp, twoParties } from './two-parties.ts'

const live: Sound = { kind: 'live', ring: new SharedArrayBuffer(8) }

/** A microphone whose program we are. */
function fakeMicrophone() {
  let end: ((why: string | undefined) => void) | undefined
  const microphone = {
    opened: 0,
    isOpen: false,
    refuse: undefined as Failure | undefined,
    /** Before it is open. */
    meanwhile: async () => {},
    fail: (why: string) => end?.(why),
  }
  const port: Microphone = {
    open: async () => {
      if (microphone.refuse) throw microphone.refuse
      if (microphone.isOpen) throw new Failure('microphone_busy', 'somebody speaks')
      microphone.isOpen = true
      microphone.opened += 1
      await microphone.meanwhile()
      const ended = new Promise<string | undefined>((resolve) => {
        end = (why) => {
          microphone.isOpen = false
          resolve(why)
        }
      })
      return {
        ...{ sound: live, ended },
        close: async () => {
          end?.(undefined)
          await ended
        },
      }
    },
  }
  return { microphone, port }
}

async function studio(overrides: Parameters<typeof twoParties>[0] = {}) {
  const { lab, caller, callee } = await twoParties(overrides)
  const { microphone, port } = fakeMicrophone()
  const announcements = new Announcements(lab.ports, lab.calls, port)
  const begin = (callId: CallId, maxDurationMs = 60_000) =>
    announcements.begin(lab.account, { callId, maxDurationMs })
  const get = (id: AnnouncementId) => announcements.get(lab.account.id, id)
  return { lab, caller, callee, microphone, announcements, begin, get }
}

/** The newest events of a call, with what they say beside the id. */
async function told(lab: CallLab, id: CallId) {
  const events = await lab.store.events.ofCall(lab.account.id, id)
  return events
    .filter(({ type }) => type.startsWith('announcement.'))
    .map(({ type, data: { announcementId: _, ...rest } }) => [type, rest])
}

/** The sound of a microphone that is closed ends by itself. */
async function playsOut(lab: CallLab, id: CallId): Promise<void> {
  await lab.settle()
  if (lab.nowPlaying(id) === live) await lab.finishPlay(id)
}

describe('an announcement', () => {
  test('is played into the call, told of, and ended by the API', async () => {
    const { lab, caller, microphone, announcements, begin, get } = await studio()
    const { id } = await begin(caller)
    expect(lab.nowPlaying(caller)).toBe(live)
    expect(get(id)).toMatchObject({ callId: caller, maxDurationMs: 60_000, ended: null })
    await lab.settle()
    expect(await told(lab, caller)).toEqual([['announcement.started', {}]])
    const ending = announcements.end(lab.account.id, id)
    await playsOut(lab, caller)
    expect((await ending).ended).toEqual({
      ...{ atMs: lab.clock.nowMs(), reason: 'stopped', detail: null },
    })
    expect(microphone.isOpen).toBe(false)
    expect(await told(lab, caller)).toEqual([
      ['announcement.started', {}],
      ['announcement.ended', { reason: 'stopped' }],
    ])
    expect((await announcements.end(lab.account.id, id)).ended?.reason).toBe('stopped')
    expect(lab.calls.get(caller)?.state.at).toBe('up')
  })

  test('whose sound does not end is stopped after a second', async () => {
    const { lab, caller, announcements, begin } = await studio()
    const { id } = await begin(caller)
    const ending = announcements.end(lab.account.id, id)
    await lab.settle()
    await lab.clock.advance(999)
    expect(lab.nowPlaying(caller)).toBe(live)
    await lab.clock.advance(1)
    expect((await ending).ended?.reason).toBe('stopped')
    expect(lab.nowPlaying(caller)).toBeUndefined()
  })

  test('ends when its longest time is up', async () => {
    const { lab, caller, begin, get, microphone } = await studio()
    const { id } = await begin(caller, 5_000)
    await lab.clock.advance(4_999)
    expect(get(id).ended).toBeNull()
    await lab.clock.advance(1)
    await playsOut(lab, caller)
    expect(get(id).ended?.reason).toBe('max_duration')
    expect(microphone.isOpen).toBe(false)
  })

  test('ends with the call, and the log has it', async () => {
    const { lab, caller, begin, get, microphone } = await studio()
    const { id } = await begin(caller)
    await hangsUp(lab, caller)
    await lab.settle()
    expect(get(id).ended?.reason).toBe('call_ended')
    expect(microphone.isOpen).toBe(false)
    expect((await told(lab, caller)).at(-1)).toEqual([
      ...['announcement.ended', { reason: 'call_ended' }],
    ])
  })

  test('ends when the recorder dies, with what it said; the call goes on', async () => {
    const { lab, caller, begin, get, microphone } = await studio()
    const { id } = await begin(caller)
    microphone.fail('read error')
    await playsOut(lab, caller)
    expect(get(id).ended).toMatchObject({ reason: 'microphone_failed', detail: 'read error' })
    expect((await told(lab, caller)).at(-1)).toEqual([
      ...['announcement.ended', { reason: 'microphone_failed', detail: 'read error' }],
    ])
    expect(lab.calls.get(caller)?.state.at).toBe('up')
  })

  test('is replaced by whatever else is played into the call', async () => {
    const { lab, caller, begin, get, microphone } = await studio()
    const { id } = await begin(caller)
    void lab.ports.media.play(caller, { kind: 'tone', tone: 'beep' })
    await lab.settle()
    expect(get(id).ended?.reason).toBe('replaced')
    expect(microphone.isOpen).toBe(false)
    expect(lab.nowPlaying(caller)).toEqual({ kind: 'tone', tone: 'beep' })
  })

  test('is over when the engine shuts down', async () => {
    const { lab, caller, begin, get, announcements, microphone } = await studio()
    const { id } = await begin(caller)
    const closing = announcements.close()
    await playsOut(lab, caller)
    await closing
    expect(get(id).ended?.reason).toBe('shutdown')
    expect(microphone.isOpen).toBe(false)
  })

  test('that can not be played is over', async () => {
    const { lab, caller, begin, get, microphone } = await studio({
      media: { play: () => Promise.reject(new Failure('invalid_audio', 'no')) },
    })
    const { id } = await begin(caller)
    await lab.settle()
    expect(get(id).ended?.reason).toBe('microphone_failed')
    expect(microphone.isOpen).toBe(false)
  })

  test('leaves the music to a phone that is held', async () => {
    const { lab, caller, begin, announcements } = await studio()
    await holdCall(lab.ports, lab.calls, lab.account.id, caller, true)
    expect(lab.nowPlaying(caller)).toMatchObject({ tone: 'hold' })
    const { id } = await begin(caller)
    expect(lab.nowPlaying(caller)).toBe(live)
    await lab.settle()
    const ending = announcements.end(lab.account.id, id)
    await playsOut(lab, caller)
    await ending
    expect(lab.nowPlaying(caller)).toMatchObject({ tone: 'hold' })
  })
})

describe('no announcement', () => {
  test('while another one is on; then there is', async () => {
    const { lab, caller, callee, begin, announcements, microphone } = await studio()
    const { id } = await begin(caller)
    await expect(begin(callee)).rejects.toMatchObject({ code: 'microphone_busy' })
    const ending = announcements.end(lab.account.id, id)
    await playsOut(lab, caller)
    await ending
    await begin(callee)
    expect(microphone.opened).toBe(2)
  })

  test('without a microphone: the call hears what it heard', async () => {
    const { lab, caller, begin, microphone } = await studio()
    microphone.refuse = new Failure('microphone_unavailable', 'no microphone')
    await expect(begin(caller)).rejects.toBe(microphone.refuse)
    await lab.settle()
    expect(lab.commands).toEqual([])
    expect(await told(lab, caller)).toEqual([])
  })

  test('into a call that ends while the microphone is being opened', async () => {
    const { lab, caller, begin, microphone } = await studio()
    microphone.meanwhile = () => hangsUp(lab, caller)
    await expect(begin(caller)).rejects.toMatchObject({ code: 'call_ended' })
    expect(microphone.isOpen).toBe(false)
    expect(await told(lab, caller)).toEqual([])
  })

  test('into one that is not answered, over, or not there', async () => {
    const { lab, caller, begin, microphone } = await studio()
    const ringing = await dials(lab, '1001', '1003')
    await expect(begin(ringing)).rejects.toMatchObject({ code: 'call_not_answered' })
    await hangsUp(lab, caller)
    await expect(begin(caller)).rejects.toMatchObject({ code: 'call_ended' })
    const none = '00000000-0000-4000-8000-000000000009' as CallId
    await expect(begin(none)).rejects.toMatchObject({ code: 'not_found' })
    expect(microphone.opened).toBe(0)
  })

  test('for another account than the first: its own call does not help', async () => {
    const { lab, caller, announcements, microphone } = await studio()
    const other = { ...lab.account, id: '00000000-0000-4000-8000-000000000002' as AccountId }
    const asking = announcements.begin(other, { callId: caller, maxDurationMs: 1 })
    await expect(asking).rejects.toMatchObject({ code: 'forbidden' })
    expect(microphone.opened).toBe(0)
  })
})

test("another account's is not found, and neither is one that there is not", async () => {
  const { lab, caller, begin, announcements } = await studio()
  const { id } = await begin(caller)
  const other = 'x' as AccountId
  expect(() => announcements.get(other, id)).toThrow('no such announcement')
  await expect(announcements.end(other, id)).rejects.toMatchObject({ code: 'not_found' })
  expect(() => announcements.get(lab.account.id, 'x' as AnnouncementId)).toThrow(
    'no such announcement',
  )
})

test('the last hundred that are over are known', async () => {
  const { lab, caller, begin, get, microphone } = await studio()
  const all: AnnouncementId[] = []
  for (let n = 0; n < 102; n++) {
    all.push((await begin(caller)).id)
    microphone.fail('over')
    await playsOut(lab, caller)
    await lab.settle()
  }
  expect(() => get(all[1]!)).toThrow('no such announcement')
  expect(get(all[2]!).ended).not.toBeNull()
})

describe('into a conference', () => {
  async function room() {
    const lab = await openConferenceLab()
    const { microphone, port } = fakeMicrophone()
    const announcements = new Announcements(lab.ports, lab.calls, port)
    const id = await lab.room({ options: { entrySound: 'none' } })
    const begin = () =>
      announcements.begin(lab.account, { conferenceId: id, maxDurationMs: 60_000 })
    return { lab, microphone, announcements, id, begin }
  }

  test('all hear it; it is told in the log of the conference', async () => {
    const { lab, announcements, id, begin, microphone } = await room()
    await expect(begin()).rejects.toMatchObject({ code: 'call_not_answered' })
    expect(microphone.opened).toBe(0)
    await lab.member(id)
    const announcement = await begin()
    expect(announcement).toMatchObject({ callId: null, conferenceId: id, ended: null })
    expect(lab.nowPlaying(id as string as CallId)).toBe(live)
    const ending = announcements.end(lab.account.id, announcement.id)
    await playsOut(lab, id as string as CallId)
    expect((await ending).ended?.reason).toBe('stopped')
    expect(
      (await lab.events(id)).slice(-2).map(({ type, data }) => [type, data['reason']]),
    ).toEqual([
      ['conference.announcement-started', undefined],
      ['conference.announcement-ended', 'stopped'],
    ])
  })

  test('ends with the conference, and there is none after that', async () => {
    const { lab, announcements, id, begin, microphone } = await room()
    await lab.member(id)
    const announcement = await begin()
    await lab.desk.end(lab.account.id, id)
    await lab.settle()
    const { ended } = announcements.get(lab.account.id, announcement.id)
    expect(ended?.reason).toBe('conference_ended')
    expect(microphone.isOpen).toBe(false)
    await expect(begin()).rejects.toMatchObject({ code: 'conference_ended' })
    const nobody = { conferenceId: 'x' as ConferenceId, maxDurationMs: 1 }
    await expect(announcements.begin(lab.account, nobody)).rejects.toMatchObject({
      code: 'not_found',
    })
  })
})
