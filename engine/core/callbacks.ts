import { callStatuses, isFinal } from './call.ts'
import type { AccountEventType, CallEventType, ConferenceEventType, LoggedEvent } from './events.ts'
import type { RecordingId } from './ids.ts'
import type { InstructionFormat } from './ports/web.ts'

/** What a recording was begun for, and how; told with what becomes of it. */
export interface RecordingTold {
  readonly id: RecordingId
  readonly source: 'dial' | 'message'
  readonly track: 'inbound' | 'outbound' | 'both'
  readonly channels: 1 | 2
  readonly startedAtMs: number
}

/**
 * Somebody whom a document wants told of some of what happens to a call or a conference, each thing by a request of its
 * own, on the way of all webhooks: in order, and again until it has arrived.
 */
export interface Callback {
  /**
   * How the call goes, who has answered it, what becomes of a recording, of its text or of a stream, what goes on in a
   * conference.
   */
  readonly tells: 'status' | 'answerer' | 'recording' | 'transcript' | 'stream' | 'conference'
  readonly url: string
  readonly method: 'GET' | 'POST'
  /** Of a recording, its text or a stream; default `form`. */
  readonly format?: InstructionFormat
  /** Types of the events that it is told. */
  readonly events: readonly (CallEventType | ConferenceEventType | AccountEventType)[]
  /** Of a call: only of this recording. Of a conference none is named: only of those of all its members. */
  readonly recording?: RecordingTold
  /** Only of this stream to a server. */
  readonly streamId?: string
}

/** What a document has asked for; undefined: a status callback, which is told by JSON of its own. */
export const callbackOf = (options: unknown): Callback | undefined =>
  typeof options === 'object' && options !== null && 'tells' in options
    ? (options as Callback)
    : undefined

/** How a document names what it wants to be told of a call, a recording and a conference; in types of events. */
export const statusEvents = {
  initiated: ['call.queued'],
  ringing: ['call.ringing'],
  answered: ['call.in-progress'],
  completed: callStatuses.filter(isFinal).map((status) => `call.${status}` as const),
} as const satisfies Readonly<Record<string, readonly CallEventType[]>>

export const recordingEvents = {
  'in-progress': ['recording.started'],
  completed: ['recording.completed'],
  absent: ['recording.failed', 'recording.discarded'],
} as const satisfies Readonly<Record<string, readonly CallEventType[]>>
export type RecordingNews = keyof typeof recordingEvents

/** The text of a recording has been made, or can not be; told outside its call, which may be long over. */
export const transcriptEvents = [
  'recording.transcribed',
  'recording.transcription-failed',
] as const satisfies readonly AccountEventType[]

export const streamEvents = [
  'stream.started',
  'stream.stopped',
  'stream.failed',
] as const satisfies readonly CallEventType[]

export const roomRecordingEvents = {
  'in-progress': ['conference.recording-started'],
  completed: ['conference.recording-completed'],
  absent: ['conference.recording-failed'],
} as const satisfies Readonly<Record<RecordingNews, readonly ConferenceEventType[]>>

export const conferenceEvents = {
  start: ['conference.started'],
  end: ['conference.ended'],
  join: ['participant.joined'],
  leave: ['participant.left'],
  mute: ['participant.muted', 'participant.unmuted'],
  hold: ['participant.held', 'participant.resumed'],
  modify: ['participant.changed'],
  speaker: ['participant.speaking-started', 'participant.speaking-stopped'],
  announcement: ['conference.announcement-ended'],
} as const satisfies Readonly<Record<string, readonly ConferenceEventType[]>>

/** Those of them that want to be told of this. */
export function callbacksFor(
  callbacks: readonly Callback[] = [],
  { type, data }: Pick<LoggedEvent, 'type' | 'data'>,
): readonly Callback[] {
  return callbacks.filter((callback) => {
    if (!(callback.events as readonly string[]).includes(type)) return false
    const { tells, recording, streamId } = callback
    if (tells === 'stream') return data['streamId'] === streamId
    if (recording) return data['recordingId'] === recording.id
    return tells !== 'recording' || data['callId'] === undefined
  })
}

/** As many as one call keeps. */
const mostCallbacks = 50

/** One more. Of too many the one of the oldest recording goes, else of its text, else of the oldest stream: they are told by then. */
export function withCallback(
  callbacks: readonly Callback[] = [],
  one: Callback,
): readonly Callback[] {
  const all = [...callbacks, one]
  if (all.length <= mostCallbacks) return all
  const oldest = (['recording', 'transcript', 'stream'] as const)
    .map((tells) => all.findIndex((of) => of.tells === tells))
    .find((index) => index >= 0)
  return oldest === undefined ? all : all.toSpliced(oldest, 1)
}
