import type { Static } from 'typebox'
import type { NewParticipant } from '../../../app/conferences/desk.ts'
import type { Participant, ParticipantOptions } from '../../../core/conference.ts'
import { Failure } from '../../../core/failures.ts'
import { type CallId, isUuid } from '../../../core/ids.ts'
import type { newParticipantSchema, participantChangeSchema } from './participant-schema.ts'
import { isoTime } from './values.ts'

/** Anything that is not one of our ids is a member that is not there. */
export function memberId(text: string, field?: string): CallId {
  if (!isUuid(text)) throw new Failure('not_found', 'There is no such member', field)
  return text as CallId
}

type Change = Static<typeof participantChangeSchema>

export function readParticipantChange(body: Change): Partial<ParticipantOptions> {
  const { coaching, private_with, volume_db, listen_volume_db, ...rest } = body
  if (typeof coaching === 'string' && typeof private_with === 'string') {
    throw new Failure('invalid_request', 'Give coaching or private_with, not both', 'coaching')
  }
  return {
    ...rest,
    ...(coaching !== undefined && { coaching: other(coaching, 'coaching') }),
    ...(private_with !== undefined && { privateWith: other(private_with, 'private_with') }),
    ...(volume_db !== undefined && { volumeDb: volume_db }),
    ...(listen_volume_db !== undefined && { listenVolumeDb: listen_volume_db }),
  }
}

const other = (id: string | null, field: string) => (id === null ? null : memberId(id, field))

/** Somebody to be called, or a call that is up. */
export type Joining =
  | { readonly is: 'new'; readonly wanted: NewParticipant }
  | { readonly is: 'up'; readonly callId: CallId; readonly options: Partial<ParticipantOptions> }

/** Failures `missing_parameter`, `invalid_request`, `not_found`. */
export function readJoining(body: Static<typeof newParticipantSchema>): Joining {
  const { to, from, call_id, timeout, early_media, headers, ...rest } = body
  const options = readParticipantChange(rest)
  if (call_id !== undefined) {
    const [field] = Object.entries({ to, from, timeout, early_media, headers })
      .filter(([, value]) => value !== undefined)
      .map(([name]) => name)
    if (field === undefined) return { is: 'up', callId: callUp(call_id), options }
    throw new Failure('invalid_request', `${field} does not go with call_id`, field)
  }
  if (to === undefined) {
    const text = from === undefined ? 'to or call_id is required' : 'to is required'
    throw new Failure('missing_parameter', text, 'to')
  }
  if (from === undefined) throw new Failure('missing_parameter', 'from is required', 'from')
  return {
    is: 'new',
    wanted: {
      ...options,
      ...{ to, from, ringTimeoutMs: (timeout ?? 30) * 1000 },
      ...(early_media !== undefined && { earlyMedia: early_media }),
      ...(headers !== undefined && { headers }),
    },
  }
}

function callUp(text: string): CallId {
  if (!isUuid(text)) throw new Failure('not_found', 'There is no such call', 'call_id')
  return text as CallId
}

/** The schema Participant of the API. */
export function renderParticipant(member: Participant): Record<string, unknown> {
  const { callId, conferenceId, joinedAtMs, privateWith, volumeDb, listenVolumeDb } = member
  const { muted, deaf, hold, coaching, priority, moderator, label } = member
  return {
    call_id: callId,
    conference_id: conferenceId,
    ...{ muted, hold, status: member.status, deaf, coaching, private_with: privateWith },
    ...{ volume_db: volumeDb, listen_volume_db: listenVolumeDb, priority, moderator, label },
    ...{ waiting: member.waiting, speaking: member.speaking, recording: member.recording },
    party: member.party,
    joined_at: isoTime(joinedAtMs),
  }
}
