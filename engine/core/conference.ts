import type { Callback } from './callbacks.ts'
import type { AccountId, CallId, ConferenceId } from './ids.ts'
import { asUsual, type SpokenIn } from './spoken-in.ts'

/** A conference and its members, as every dialect and every event sees them. Times are Unix milliseconds. */

/** The words of the native API: nobody has come yet, somebody is there, it is over. */
export const conferenceStatuses = ['init', 'in-progress', 'completed'] as const
export type ConferenceStatus = (typeof conferenceStatuses)[number]

/** Why a conference is over. */
export const conferenceEnds = [
  'last_member_left',
  'moderator_left',
  'api',
  'max_duration',
  'never_begun',
  'process_restarted',
  'media_error',
] as const
export type ConferenceEnd = (typeof conferenceEnds)[number]

/** What is heard when somebody comes or goes: a tone, the name that he has spoken, or nothing. */
export const doorSounds = ['none', 'tone', 'name'] as const
export type DoorSound = (typeof doorSounds)[number]

export const fewestMembers = 2
export const mostMembers = 250

/** How a conference is run; all but `maxParticipants` may be changed while it goes on. */
export interface ConferenceOptions extends SpokenIn {
  readonly maxParticipants: number
  /** Record from the first member to the last. */
  readonly record: boolean
  /** Silence at the beginning and at the end of its recordings is left out. */
  readonly trimRecordings: boolean
  /** Whoever calls in has to enter it; digits. Null: nothing is asked. */
  readonly pin: string | null
  /** Whoever enters this one is a moderator. */
  readonly moderatorPin: string | null
  /** Members wait, with music, until a moderator is there. */
  readonly startOnModerator: boolean
  /** Ends when the last moderator leaves. */
  readonly endOnModeratorExit: boolean
  /** What a member hears who waits or is alone: a WAV by URL or `prompt:<name>`; null: our own tune; '': nothing. */
  readonly waitMusic: string | null
  /** What a member hears who is on hold; as `waitMusic`. */
  readonly holdMusic: string | null
  readonly entrySound: DoorSound
  readonly exitSound: DoorSound
  /** Whoever comes is told how many are there. */
  readonly announceCount: boolean
  /** Nobody else comes in. */
  readonly locked: boolean
  /** Members use keys: mute, count, volume, and moderators lock (the README has the table). */
  readonly digitMenu: boolean
  /** So many of the loudest are heard at a time; 0: all. */
  readonly talkers: number
  readonly gainControl: boolean
  readonly noiseGate: boolean
  /** The status callback is also told of who speaks. */
  readonly speakingEvents: boolean
  /** Null: as long as calls may last. */
  readonly maxDurationMs: number | null
}

/** What holds where nothing is said. */
export const plainConference: ConferenceOptions = {
  ...asUsual,
  maxParticipants: mostMembers,
  record: false,
  trimRecordings: false,
  pin: null,
  moderatorPin: null,
  startOnModerator: false,
  endOnModeratorExit: false,
  waitMusic: null,
  holdMusic: null,
  entrySound: 'tone',
  exitSound: 'tone',
  announceCount: false,
  locked: false,
  digitMenu: true,
  talkers: 3,
  gainControl: false,
  noiseGate: false,
  speakingEvents: false,
  maxDurationMs: null,
}

export interface ConferenceRecord {
  readonly id: ConferenceId
  readonly accountId: AccountId
  /** Need not be unique. */
  readonly friendlyName: string
  readonly status: ConferenceStatus
  readonly options: ConferenceOptions
  readonly statusCallback: string | null
  /** Told beside that by form. */
  readonly callbacks?: readonly Callback[]
  readonly createdAtMs: number
  /** The first member was connected. */
  readonly startedAtMs: number | null
  readonly endedAtMs: number | null
  readonly endReason: ConferenceEnd | null
  /** The most that were there at a time. */
  readonly peakParticipants: number
}

/** `queued` until the INVITE is out, `connecting` until it rings; `connected` members are in the room or wait. */
export const participantStatuses = [
  'queued',
  'connecting',
  'ringing',
  'connected',
  'complete',
  'failed',
] as const
export type ParticipantStatus = (typeof participantStatuses)[number]

/** What can be changed about a member while he is there. */
export interface ParticipantOptions {
  readonly muted: boolean
  readonly deaf: boolean
  readonly hold: boolean
  /** He is heard by this member only (coach), and hears all. Null: by everybody. */
  readonly coaching: CallId | null
  /** They hear him, and he them, as nobody else does; the private talk of two members. Null: none. */
  readonly privateWith: CallId | null
  /** -40 to 20 dB: how loud others hear him, and he them. */
  readonly volumeDb: number
  readonly listenVolumeDb: number
  readonly priority: boolean
  readonly moderator: boolean
  readonly label: string | null
}

export const plainParticipant: ParticipantOptions = {
  muted: false,
  deaf: false,
  hold: false,
  coaching: null,
  privateWith: null,
  volumeDb: 0,
  listenVolumeDb: 0,
  priority: false,
  moderator: false,
  label: null,
}

/** One leg in a conference, or on its way there. Only those of a live conference are known. */
export interface Participant extends ParticipantOptions {
  readonly callId: CallId
  readonly conferenceId: ConferenceId
  readonly status: ParticipantStatus
  /** Waits for the moderator, or is alone with music. */
  readonly waiting: boolean
  readonly speaking: boolean
  readonly recording: boolean
  /** Who it is: the number or name of the other side. */
  readonly party: string
  readonly joinedAtMs: number | null
}
