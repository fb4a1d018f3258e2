import type {
  ConferenceChange,
  ConferenceDesk,
  ConferenceFilter,
  ConferenceFollower,
  ConferenceNews,
  ConferenceNow,
  ConferenceSound,
  NewConference,
  NewParticipant,
  WantedRecordingMode,
} from '../../../engine/app/conferences/desk.ts'
import {
  type Participant,
  type ParticipantOptions,
  plainConference,
  plainParticipant,
} from '../../../engine/core/conference.ts'
import type { ConferenceEvent } from '../../../engine/core/events.ts'
import { Failure } from '../../../engine/core/failures.ts'
import type { AccountId, CallId, ConferenceId, RecordingId } from '../../../engine/core/ids.ts'
import type { MemberLevel } from '../../../engine/core/ports/media.ts'
import type { Account } from '../../../engine/core/ports/store.ts'

interface Room {
  now: ConferenceNow
  readonly members: Map<CallId, Participant>
  readonly followers: Set<ConferenceFollower>
}

/** Conferences that nobody hears, with the rules that an API can see. */
export class FakeConferences implements ConferenceDesk {
  readonly asked: { what: string; request: unknown }[] = []
  /** Thrown by the next request that changes something. */
  refuse: Failure | undefined
  /** What the members say now. */
  heard: readonly MemberLevel[] = []
  events: readonly ConferenceEvent[] = []
  readonly #rooms = new Map<ConferenceId, Room>()
  readonly #uuid: () => string
  readonly #nowMs: () => number

  constructor(uuid: () => string, nowMs: () => number) {
    this.#uuid = uuid
    this.#nowMs = nowMs
  }

  async create(account: Account, wanted: NewConference) {
    this.#ask('create', wanted)
    const { friendlyName = '', options, statusCallback = null } = wanted
    const record = {
      ...{ id: this.#uuid() as ConferenceId, accountId: account.id, friendlyName, statusCallback },
      ...{ status: 'init' as const, options: { ...plainConference, ...options } },
      ...{ createdAtMs: this.#nowMs(), startedAtMs: null, endedAtMs: null, endReason: null },
      peakParticipants: 0,
    }
    const now = {
      ...{ record, participantCount: 0, activeSpeaker: null },
      ...{ recordingId: null, recordingMode: null },
    }
    this.#rooms.set(record.id, { now, members: new Map(), followers: new Set() })
    return record
  }

  async get(account: AccountId, id: ConferenceId) {
    return this.#room(account, id).now
  }

  async list(account: AccountId, filter: ConferenceFilter) {
    this.asked.push({ what: 'list', request: filter })
    const { status } = filter
    const conferences = [...this.#rooms.values()]
      .map(({ now }) => now)
      .filter(({ record }) => record.accountId === account)
      .filter(({ record }) => status === undefined || record.status === status)
    return { conferences, total: conferences.length }
  }

  async change(account: AccountId, id: ConferenceId, change: ConferenceChange) {
    this.#ask('change', change)
    const { friendlyName, statusCallback, ...options } = change
    const room = this.#live(account, id)
    const { record } = room.now
    const changed = {
      ...{ ...record, options: { ...record.options, ...options } },
      ...(friendlyName !== undefined && { friendlyName }),
      ...(statusCallback !== undefined && { statusCallback }),
    }
    room.now = { ...room.now, record: changed }
    this.tell(id, { is: 'conference', conference: room.now })
    return room.now
  }

  async end(account: AccountId, id: ConferenceId) {
    this.#ask('end', id)
    const room = this.#room(account, id)
    const { record } = room.now
    if (record.status === 'completed') return room.now
    const over = { status: 'completed', endedAtMs: this.#nowMs(), endReason: 'api' } as const
    room.now = { ...room.now, participantCount: 0, record: { ...record, ...over } }
    room.members.clear()
    this.tell(id, { is: 'ended' })
    for (const follower of room.followers) follower.end()
    return room.now
  }

  async eventsOf(account: AccountId, id: ConferenceId) {
    this.#room(account, id)
    return this.events
  }

  async participants(account: AccountId, id: ConferenceId) {
    return [...this.#room(account, id).members.values()]
  }

  async participant(account: AccountId, id: ConferenceId, callId: CallId) {
    return this.#member(account, id, callId)
  }

  async invite(account: Account, id: ConferenceId, wanted: NewParticipant) {
    this.#ask('invite', wanted)
    const {
      to,
      from: _,
      ringTimeoutMs: _ring,
      earlyMedia: _early,
      headers: _h,
      ...options
    } = wanted
    const room = this.#live(account.id, id)
    return this.#join(room, this.#uuid() as CallId, { ...options, party: to, status: 'queued' })
  }

  async bring(
    account: AccountId,
    id: ConferenceId,
    callId: CallId,
    options: Partial<ParticipantOptions>,
  ) {
    this.#ask('bring', { callId, options })
    const room = this.#live(account, id)
    return this.#join(room, callId, { ...options, party: 'moved', status: 'connected' })
  }

  async changeParticipant(
    account: AccountId,
    id: ConferenceId,
    callId: CallId,
    options: Partial<ParticipantOptions>,
  ) {
    this.#ask('changeParticipant', options)
    const changed = { ...this.#member(account, id, callId), ...options }
    this.#live(account, id).members.set(callId, changed)
    this.tell(id, { is: 'participants', participants: [changed] })
    return changed
  }

  async kick(account: AccountId, id: ConferenceId, callId: CallId) {
    this.#ask('kick', callId)
    this.#member(account, id, callId)
    this.#live(account, id).members.delete(callId)
    this.tell(id, { is: 'gone', callIds: [callId] })
  }

  async play(account: AccountId, id: ConferenceId, sound: ConferenceSound) {
    this.#ask('play', sound)
    this.#live(account, id)
  }

  async stopPlaying(account: AccountId, id: ConferenceId, to?: CallId) {
    this.#ask('stopPlaying', to)
    this.#live(account, id)
  }

  async startRecording(account: AccountId, id: ConferenceId, callId?: CallId) {
    this.#ask('startRecording', callId)
    this.#live(account, id)
    return this.#uuid() as RecordingId
  }

  async stopRecording(account: AccountId, id: ConferenceId, callId?: CallId) {
    this.#ask('stopRecording', callId)
    this.#live(account, id)
  }

  async setRecording(account: AccountId, id: ConferenceId, wanted: WantedRecordingMode) {
    this.#ask('setRecording', wanted)
    this.#live(account, id)
    const modes = { pause: 'paused', mask: 'masked', resume: 'running' } as const
    return { recordingId: this.#uuid() as RecordingId, mode: modes[wanted.action] }
  }

  async levels(account: AccountId, id: ConferenceId) {
    this.#room(account, id)
    return this.heard
  }

  async follow(account: AccountId, id: ConferenceId, follower: ConferenceFollower) {
    const room = this.#room(account, id)
    room.followers.add(follower)
    const participants = [...room.members.values()]
    follower.tell({ is: 'all', conference: room.now, participants })
    return () => void room.followers.delete(follower)
  }

  /** Something happens in it that nobody asked for. */
  tell(id: ConferenceId, news: ConferenceNews): void {
    for (const follower of this.#rooms.get(id)?.followers ?? []) follower.tell(news)
  }

  #join(room: Room, callId: CallId, options: Partial<Participant>): Participant {
    const { id } = room.now.record
    const member: Participant = {
      ...{ ...plainParticipant, status: 'connected', waiting: false, speaking: false },
      ...{ recording: false, party: '', joinedAtMs: this.#nowMs(), callId, conferenceId: id },
      ...options,
    }
    room.members.set(callId, member)
    const record = {
      ...room.now.record,
      status: 'in-progress',
      startedAtMs: this.#nowMs(),
    } as const
    room.now = { ...room.now, record, participantCount: room.members.size }
    this.tell(id, { is: 'participants', participants: [member] })
    return member
  }

  #ask(what: string, request: unknown): void {
    const { refuse } = this
    this.refuse = undefined
    if (refuse) throw refuse
    this.asked.push({ what, request })
  }

  #room(account: AccountId, id: ConferenceId): Room {
    const room = this.#rooms.get(id)
    if (room?.now.record.accountId === account) return room
    throw new Failure('not_found', 'there is no such conference')
  }

  #live(account: AccountId, id: ConferenceId): Room {
    const room = this.#room(account, id)
    if (room.now.record.status !== 'completed') return room
    throw new Failure('conference_ended', 'the conference is over')
  }

  #member(account: AccountId, id: ConferenceId, callId: CallId): Participant {
    const member = this.#live(account, id).members.get(callId)
    if (member === undefined) throw new Failure('not_found', 'there is no such member')
    return member
  }
}
