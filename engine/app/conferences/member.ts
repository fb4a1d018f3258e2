import {
  type Participant,
  type ParticipantOptions,
  type ParticipantStatus,
  plainParticipant,
} from '../../core/conference.ts'
import { memberOptions } from '../../core/conference-member.ts'
import type { ConferenceId } from '../../core/ids.ts'
import type { MemberOptions } from '../../core/ports/media.ts'
import type { LiveCall } from '../live-call.ts'
import type { LiveConference } from './live-conference.ts'

/** Why somebody is not in the conference any more. */
export const leaveReasons = [
  'hung_up',
  'kicked',
  /** His call does something else now, or is in another conference. */
  'moved',
  'conference_ended',
  /** He was called and did not answer, or did not get in. */
  'not_connected',
] as const
export type LeaveReason = (typeof leaveReasons)[number]

/** What a member's leg plays in place of, or beside, what the others say. */
export type MusicKind = 'wait' | 'hold'

/** A call in a conference, or on its way there. Changed only by jobs of the conference's queue. */
export class Member {
  readonly call: LiveCall
  options: ParticipantOptions
  status: ParticipantStatus
  joinedAtMs: number | null = null
  waiting = false
  speaking = false
  recording = false
  /** Settles when the end of his recording is told. */
  recordingTold: Promise<void> | undefined
  /** His leg is in the room of the media side. */
  inRoom = false
  /** Plays now; another object for each time. */
  music: { readonly kind: MusicKind } | undefined
  /** Somebody speaks to him alone. */
  announcement: object | undefined
  /** WAV of his name, spoken by himself. */
  namePath: string | undefined
  /** Where his call was seated before; he is taken out there before he gets in here. */
  before: { readonly conference: LiveConference; readonly member: Member } | undefined
  /** When he leaves, it is over. */
  endsOnExit = false
  /** Said before his call ends, so that its end is not taken for his own doing. */
  leaving: LeaveReason | undefined
  /** Settles once it is known whether he got in. */
  readonly entered = Promise.withResolvers<boolean>()
  readonly left = Promise.withResolvers<LeaveReason>()

  constructor(call: LiveCall, options: Partial<ParticipantOptions>, status: ParticipantStatus) {
    this.call = call
    this.options = { ...plainParticipant, ...options }
    this.status = status
  }

  get isConnected(): boolean {
    return this.status === 'connected'
  }

  /** What the media side is told of him. What his phone plays while it is on hold is for nobody. */
  get mixed(): MemberOptions {
    const options = memberOptions(this.options)
    const { byPhone, byUs } = this.call.hold
    return byPhone || byUs ? { ...options, muted: true } : options
  }

  /** As everybody outside sees him. */
  shown(conferenceId: ConferenceId): Participant {
    const { direction, from, to } = this.call.record
    return {
      ...this.options,
      callId: this.call.id,
      conferenceId,
      status: this.status,
      waiting: this.waiting,
      speaking: this.speaking,
      recording: this.recording,
      party: direction === 'inbound' ? from : to,
      joinedAtMs: this.joinedAtMs,
    }
  }
}
