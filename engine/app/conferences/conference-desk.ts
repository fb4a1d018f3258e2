import type { ConferenceOptions, ConferenceRecord } from '../../core/conference.ts'
import { Failure } from '../../core/failures.ts'
import type { AccountId, CallId, ConferenceId } from '../../core/ids.ts'
import { requireUp } from '../find-call.ts'
import { checkMusic } from '../music.ts'
import { checkSpokenIn } from '../phrases/check-language.ts'
import { heardSoundOf } from '../sound-of.ts'
import { playTo } from './announce.ts'
import type { Around } from './around.ts'
import { bring } from './bring.ts'
import { changeConference } from './change.ts'
import { changeParticipant } from './change-participant.ts'
import { createConference } from './create.ts'
import type {
  ConferenceDesk,
  ConferenceFilter,
  ConferenceFollower,
  ConferenceNow,
  ConferenceSound,
} from './desk.ts'
import { invite } from './invite.ts'
import { kick } from './kick.ts'
import type { LiveConference } from './live-conference.ts'
import type { Member } from './member.ts'
import { finishRoomRecording, recordMember, startRoomRecording } from './record.ts'
import { setMemberRecordingMode, setRoomRecordingMode } from './record-mode.ts'

/** Of those that are over, where no page is asked for. */
const listedEnded = 100

const endedNow = (record: ConferenceRecord): ConferenceNow => ({
  ...{ record, participantCount: 0, activeSpeaker: null, recordingId: null, recordingMode: null },
})

/** The conferences behind one object, as the APIs see them. */
export const conferenceDesk = (around: Around): ConferenceDesk => ({
  ...deskOfRooms(around),
  ...deskOfMembers(around),
  ...deskOfSounds(around),
})

type RoomDesk = Pick<ConferenceDesk, 'create' | 'get' | 'list' | 'change' | 'end' | 'eventsOf'>
type MemberDesk = Pick<
  ConferenceDesk,
  'participants' | 'participant' | 'invite' | 'bring' | 'changeParticipant' | 'kick'
>
type SoundDesk = Omit<ConferenceDesk, keyof RoomDesk | keyof MemberDesk>

/** Before it is set. What the verb names is fetched before the call is made. */
async function checkMusicOf(
  { ports }: Around,
  account: AccountId,
  { waitMusic, holdMusic }: Partial<ConferenceOptions> = {},
): Promise<void> {
  await checkMusic(ports, waitMusic, account, 'wait_music_url')
  await checkMusic(ports, holdMusic, account, 'hold_music_url')
}

function deskOfRooms(around: Around): RoomDesk {
  const { ports, calls } = around
  const live = (account: AccountId, id: ConferenceId) => requireLive(around, account, id)
  return {
    create: async (account, wanted) => {
      checkSpokenIn(ports.speech, wanted.options ?? {})
      await checkMusicOf(around, account.id, wanted.options)
      return (await createConference(around, account, wanted)).record
    },
    get: (account, id) => find(around, account, id),
    list: (account, filter) => list(around, account, filter),
    change: async (account, id, change) => {
      const conference = await live(account, id)
      checkSpokenIn(ports.speech, change)
      await checkMusicOf(around, account, change)
      await inside(conference, () => changeConference(around, conference, change))
      return conference.now
    },
    end: async (account, id) => {
      const now = await find(around, account, id)
      const conference = calls.conferences.get(id)
      await conference?.enqueue(() => conference.apply({ is: 'end', because: 'api' }))
      return conference ? endedNow(conference.record) : now
    },
    eventsOf: async (account, id) => {
      await find(around, account, id)
      return ports.store.conferences.eventsOf(account, id)
    },
  }
}

function deskOfMembers(around: Around): MemberDesk {
  const { ports, calls } = around
  const live = (account: AccountId, id: ConferenceId) => requireLive(around, account, id)
  return {
    participants: async (account, id) => {
      await find(around, account, id)
      const members = calls.conferences.get(id)?.members.values() ?? []
      return [...members].map((member) => member.shown(id))
    },
    participant: async (account, id, callId) => {
      await find(around, account, id)
      return memberOf(calls.conferences.get(id), callId).shown(id)
    },
    invite: async (account, id, wanted) =>
      invite(around, account, await live(account.id, id), wanted),
    bring: async (account, id, callId, options) => {
      const conference = await live(account, id)
      const call = await requireUp(ports, calls, account, callId)
      return bring(around, conference, call, options)
    },
    changeParticipant: async (account, id, callId, options) => {
      const conference = await live(account, id)
      return inside(conference, async () => {
        const member = memberOf(conference, callId)
        await changeParticipant(around, conference, member, options)
        return member.shown(id)
      })
    },
    kick: async (account, id, callId) => {
      const conference = await live(account, id)
      await kick(conference, memberOf(conference, callId))
    },
  }
}

function deskOfSounds(around: Around): SoundDesk {
  const { ports, calls } = around
  const live = (account: AccountId, id: ConferenceId) => requireLive(around, account, id)
  return {
    play: async (account, id, sound) => play(around, await live(account, id), sound),
    stopPlaying: async (account, id, to) => {
      const conference = await live(account, id)
      if (to === undefined) return conference.sounds.stop()
      const member = connectedOf(conference, to)
      if (member.announcement) ports.media.stop(member.call.id)
    },
    startRecording: async (account, id, callId) => {
      const conference = await live(account, id)
      return inside(conference, () => record(around, conference, callId))
    },
    stopRecording: async (account, id, callId) => {
      const conference = await live(account, id)
      if (callId === undefined) {
        return inside(conference, () => finishRoomRecording(around, conference))
      }
      const member = memberOf(conference, callId)
      if (member.recording) await member.call.finishRecording()
    },
    setRecording: async (account, id, wanted) => {
      const conference = await live(account, id)
      if (wanted.callId === undefined) {
        return inside(conference, () => setRoomRecordingMode(around, conference, wanted))
      }
      const member = connectedOf(conference, wanted.callId)
      return setMemberRecordingMode(around, conference, member, wanted)
    },
    levels: async (account, id) => {
      await find(around, account, id)
      return calls.conferences.get(id)?.roomIsOpen ? ports.media.levels(id) : []
    },
    follow: async (account, id, follower) => {
      const conference = await live(account, id)
      const stop = calls.conferences.beginFollowing()
      const counted: ConferenceFollower = {
        tell: (news) => follower.tell(news),
        end: () => {
          stop()
          follower.end()
        },
      }
      conference.follow.add(counted)
      return () => {
        stop()
        conference.follow.remove(counted)
      }
    },
  }
}

/** As it is now; one that is over as it was stored. Failure `not_found`. */
async function find(
  { ports, calls }: Around,
  account: AccountId,
  id: ConferenceId,
): Promise<ConferenceNow> {
  const conference = calls.conferences.get(id)
  if (conference?.account.id === account) return conference.now
  const record = await ports.store.conferences.get(account, id)
  if (!record) throw new Failure('not_found', 'there is no such conference')
  return endedNow(record)
}

/** Failures `not_found`, `conference_ended`. */
async function requireLive(
  around: Around,
  account: AccountId,
  id: ConferenceId,
): Promise<LiveConference> {
  await find(around, account, id)
  const conference = around.calls.conferences.get(id)
  if (!conference || conference.isOver) throw over()
  return conference
}

const over = () => new Failure('conference_ended', 'the conference is over')

/** A job for one that may be over by the time that it is its turn. */
function inside<Result>(conference: LiveConference, job: () => Promise<Result>): Promise<Result> {
  return conference.enqueue(async () => {
    if (conference.isOver) throw over()
    return job()
  })
}

/** Failure `not_found`. */
function memberOf(conference: LiveConference | undefined, callId: CallId): Member {
  const member = conference?.members.get(callId)
  if (!member) throw new Failure('not_found', 'there is no such member in the conference')
  return member
}

/** Failures `not_found`, `call_not_answered`. */
function connectedOf(conference: LiveConference, callId: CallId): Member {
  const member = memberOf(conference, callId)
  if (member.isConnected) return member
  throw new Failure('call_not_answered', 'the member is not connected yet')
}

async function record(around: Around, conference: LiveConference, callId: CallId | undefined) {
  if (callId !== undefined) {
    return recordMember(around, conference, connectedOf(conference, callId))
  }
  if (conference.recording) throw new Failure('already_exists', 'it is being recorded')
  around.calls.space.require()
  const id = await startRoomRecording(around, conference)
  if (id === undefined) throw new Failure('call_failed', 'the recording could not be begun')
  return id
}

async function play(
  around: Around,
  conference: LiveConference,
  wanted: ConferenceSound,
): Promise<void> {
  const to = wanted.to === undefined ? undefined : connectedOf(conference, wanted.to)
  const heard = await heardSoundOf(around.ports, conference.record.accountId, wanted)
  if (conference.isOver) {
    heard.release()
    throw over()
  }
  const playing = to
    ? playTo(around, conference, to, async () => heard.sound())
    : conference.sounds.play(heard.sound()).catch((error: unknown) => {
        const conferenceId = conference.id
        around.ports.log.warn('not played to a conference', { conferenceId, error: String(error) })
      })
  void Promise.resolve(playing).finally(() => heard.release())
}

async function list({ ports, calls }: Around, account: AccountId, filter: ConferenceFilter) {
  const { conferences: store } = ports.store
  const show = (record: ConferenceRecord) =>
    calls.conferences.get(record.id)?.now ?? endedNow(record)
  const { status, page, pageSize } = filter
  if (page !== undefined || pageSize !== undefined) {
    const paged = { page: page ?? 1, pageSize: pageSize ?? 50 }
    const found = await store.list(account, { ...paged, ...(status && { status }) })
    return { conferences: found.conferences.map(show), total: found.total }
  }
  const going = status === 'completed' ? [] : await store.live(account)
  const wanted = going.filter((one) => status === undefined || one.status === status)
  if (status !== undefined && status !== 'completed') {
    return { conferences: wanted.map(show), total: wanted.length }
  }
  const ended = await store.list(account, { page: 1, pageSize: listedEnded, status: 'completed' })
  const all = [...wanted, ...ended.conferences].sort((a, b) => b.createdAtMs - a.createdAtMs)
  return { conferences: all.map(show), total: wanted.length + ended.total }
}
