import type { Static } from 'typebox'
import type {
  ConferenceChange,
  ConferenceNow,
  NewConference,
} from '../../../app/conferences/desk.ts'
import type { ConferenceOptions } from '../../../core/conference.ts'
import { Failure } from '../../../core/failures.ts'
import { type ConferenceId, isUuid } from '../../../core/ids.ts'
import type { MemberLevel } from '../../../core/ports/media.ts'
import type { conferenceChangeSchema, newConferenceSchema } from './conference-schema.ts'
import { isoTime } from './values.ts'

/** Anything that is not one of our ids is a conference that does not exist. */
export function conferenceId(text: string): ConferenceId {
  if (!isUuid(text)) throw new Failure('not_found', 'There is no such conference')
  return text as ConferenceId
}

type Fields = Omit<Static<typeof newConferenceSchema>, 'friendly_name' | 'status_callback'>

/** Of each field of a body, the option that it sets. */
const options = {
  language: 'language',
  voice: 'voice',
  max_participants: 'maxParticipants',
  record: 'record',
  trim_recordings: 'trimRecordings',
  pin: 'pin',
  moderator_pin: 'moderatorPin',
  start_on_moderator: 'startOnModerator',
  end_on_moderator_exit: 'endOnModeratorExit',
  wait_music_url: 'waitMusic',
  hold_music_url: 'holdMusic',
  entry_sound: 'entrySound',
  exit_sound: 'exitSound',
  announce_count: 'announceCount',
  locked: 'locked',
  digit_menu: 'digitMenu',
  talkers: 'talkers',
  gain_control: 'gainControl',
  noise_gate: 'noiseGate',
  speaking_events: 'speakingEvents',
  max_duration: 'maxDurationMs',
} as const satisfies Record<keyof Fields, keyof ConferenceOptions>

function readOptions({ max_duration, ...fields }: Fields): Partial<ConferenceOptions> {
  const given = Object.entries(fields).map(([name, value]) => {
    return [options[name as keyof Fields], value] as const
  })
  const maxDurationMs = max_duration === null ? null : (max_duration ?? 0) * 1000
  return {
    ...(Object.fromEntries(given) as Partial<ConferenceOptions>),
    ...(max_duration !== undefined && { maxDurationMs }),
  }
}

export function readNewConference(body: Static<typeof newConferenceSchema>): NewConference {
  const { friendly_name, status_callback, ...fields } = body
  refuseSamePins(fields)
  return {
    options: readOptions(fields),
    ...(friendly_name !== undefined && { friendlyName: friendly_name }),
    ...(status_callback !== undefined && { statusCallback: status_callback }),
  }
}

/** `end`, or what is to be changed. Failure `invalid_request`. */
export function readConferenceChange({
  status,
  ...given
}: Static<typeof conferenceChangeSchema>): 'end' | ConferenceChange {
  if (status === undefined) {
    const { friendly_name, status_callback, ...fields } = given
    refuseSamePins(fields)
    return {
      ...readOptions(fields),
      ...(friendly_name !== undefined && { friendlyName: friendly_name }),
      ...(status_callback !== undefined && { statusCallback: status_callback }),
    }
  }
  if (Object.keys(given).length === 0) return 'end'
  throw new Failure('invalid_request', 'Give status alone', 'status')
}

/** Who enters it: a member or a moderator? */
function refuseSamePins({ pin, moderator_pin }: Fields): void {
  if (typeof pin !== 'string' || pin !== moderator_pin) return
  throw new Failure('invalid_request', 'moderator_pin must not be pin', 'moderator_pin')
}

/** The schema Conference of the API. */
export const renderConference = (now: ConferenceNow): Record<string, unknown> => ({
  ...renderRecord(now),
  active_speaker: now.activeSpeaker,
  recording_id: now.recordingId,
  recording_mode: now.recordingMode,
})

/** What can be said of it at any time. */
export function renderRecord({
  record,
  participantCount,
}: Pick<ConferenceNow, 'record' | 'participantCount'>): Record<string, unknown> {
  return {
    id: record.id,
    friendly_name: record.friendlyName,
    status: record.status,
    participant_count: participantCount,
    date_created: isoTime(record.createdAtMs),
    start_time: isoTime(record.startedAtMs),
    end_time: isoTime(record.endedAtMs),
    end_reason: record.endReason,
    peak_participants: record.peakParticipants,
    status_callback: record.statusCallback,
    has_pin: record.options.pin !== null,
    has_moderator_pin: record.options.moderatorPin !== null,
    ...renderOptions(record.options),
  }
}

/** The reverse of `readOptions`, without the PINs. */
export function renderOptions(given: Partial<ConferenceOptions>): Record<string, unknown> {
  const shown = Object.entries(options).filter(
    ([, name]) => !hidden.has(name) && given[name] !== undefined,
  )
  const { maxDurationMs } = given
  return {
    ...Object.fromEntries(shown.map(([field, name]) => [field, given[name]])),
    ...(maxDurationMs !== undefined && {
      max_duration: maxDurationMs === null ? null : maxDurationMs / 1000,
    }),
  }
}

/** Secrets, and what has another unit. */
const hidden: ReadonlySet<keyof ConferenceOptions> = new Set([
  'pin',
  'moderatorPin',
  'maxDurationMs',
])

export const renderLevel = ({ callId, levelDb, speaking }: MemberLevel) => ({
  call_id: callId,
  level_db: Math.round(levelDb),
  speaking,
})
