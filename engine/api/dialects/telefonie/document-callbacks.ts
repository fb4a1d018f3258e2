import { callFields, formFields } from '../../../app/call-fields.ts'
import type { Callback, RecordingTold } from '../../../core/callbacks.ts'
import type { ConferenceEnd } from '../../../core/conference.ts'
import type { RecordingId } from '../../../core/ids.ts'
import type { CallDelivery, ConferenceDelivery, TranscriptTold } from '../../../core/ports/store.ts'
import type { OutgoingRequest } from '../../../core/ports/web.ts'
import type { RecordingUrl } from '../../services.ts'
import { type FormFields, formRequest, jsonRequest } from './form-request.ts'
import { isoTime } from './values.ts'

/**
 * A call, a recording, its text or a stream of it, as users of TwiML are told: a form, or with GET a query, signed as
 * they check it. Documents of ours are told of the last three by JSON.
 */
export function renderCallNews(
  callback: Callback,
  { event, call, transcript }: Pick<CallDelivery, 'event' | 'call' | 'transcript'>,
  recordingUrl: RecordingUrl,
): OutgoingRequest {
  const { recording } = callback
  const isJson = callback.format === 'json'
  switch (callback.tells) {
    case 'recording':
      if (isJson) return jsonRequest(callback, callFields(call, recordingNews(event, recordingUrl)))
      return formRequest(callback, {
        ...{ AccountSid: call.accountId, CallSid: call.id },
        ...recordingFields(event, recordingUrl),
        ...(recording && toldOfBeginning(recording)),
      })
    case 'answerer':
      return formRequest(callback, {
        ...{ AccountSid: call.accountId, CallSid: call.id, AnsweredBy: call.answeredBy },
        MachineDetectionDuration: numberIn(event.data, 'afterMs'),
      })
    case 'transcript': {
      const news = transcriptNews(event, transcript, recordingUrl)
      return isJson
        ? jsonRequest(callback, callFields(call, news))
        : formRequest(callback, formFields(call, { transcription_id: news.recording_id, ...news }))
    }
    case 'stream':
      return isJson
        ? jsonRequest(callback, callFields(call, streamNews(event)))
        : formRequest(callback, formFields(call, streamNews(event)))
    case 'status':
    case 'conference':
      return formRequest(callback, { ...formFields(call), ...progressFields(event, call) })
  }
}

/** Numbered as they follow each other in a call. */
const progress: readonly string[] = ['queued', 'ringing', 'in-progress']

function progressFields(
  { atMs }: CallDelivery['event'],
  { status, answeredAtMs, endedAtMs, answeredBy }: CallDelivery['call'],
): FormFields {
  const at = progress.indexOf(status)
  const talkedMs = answeredAtMs === null ? 0 : (endedAtMs ?? answeredAtMs) - answeredAtMs
  const isOver = at === -1
  return {
    CallStatus: status === 'queued' ? 'initiated' : status,
    ...{ CallbackSource: 'call-progress-events', Timestamp: rfc2822(atMs) },
    SequenceNumber: isOver ? progress.length : at,
    AnsweredBy: answeredBy,
    ...(isOver && {
      CallDuration: Math.round(talkedMs / 1_000),
      Duration: Math.ceil(talkedMs / 60_000),
    }),
  }
}

const sources = { dial: 'DialVerb', message: 'RecordVerb' } as const satisfies Record<
  RecordingTold['source'],
  string
>

const toldOfBeginning = (told: RecordingTold): FormFields => ({
  RecordingChannels: told.channels,
  RecordingTrack: told.track,
  RecordingStartTime: rfc2822(told.startedAtMs),
  RecordingSource: sources[told.source],
})

const recordingStatuses: Readonly<Record<string, string>> = {
  started: 'in-progress',
  completed: 'completed',
}

type OfRecording = Pick<CallDelivery['event'] | ConferenceDelivery['event'], 'type' | 'data'>

/** Of an event whose type ends in what has become of it; by names of ours. */
function recordingNews({ type, data }: OfRecording, recordingUrl: RecordingUrl) {
  const id = data['recordingId'] as RecordingId
  const status = recordingStatuses[/(\w+)$/.exec(type)?.[1] ?? ''] ?? 'absent'
  const durationMs = numberIn(data, 'durationMs')
  return {
    recording_id: id,
    recording_status: status,
    ...(status === 'completed' && {
      recording_url: recordingUrl(id) ?? undefined,
      recording_duration: durationMs === undefined ? undefined : Math.round(durationMs / 1_000),
    }),
  }
}

function recordingFields(event: OfRecording, recordingUrl: RecordingUrl): FormFields {
  const news = recordingNews(event, recordingUrl)
  return {
    RecordingSid: news.recording_id,
    RecordingStatus: news.recording_status,
    RecordingUrl: news.recording_url,
    RecordingDuration: news.recording_duration,
  }
}

/** Of its text: empty where there is none, or none any more. */
function transcriptNews(
  { type, data }: OfRecording,
  told: TranscriptTold | undefined,
  recordingUrl: RecordingUrl,
) {
  const id = data['recordingId'] as RecordingId
  const { recording, url } = told ?? { recording: undefined, url: null }
  const text = type === 'recording.transcribed' ? recording?.transcript?.text : undefined
  const error = data['reason'] ?? 'the recording was deleted'
  return {
    recording_id: id,
    ...(recording && { recording_url: recordingUrl(id) ?? undefined }),
    transcription_status: text === undefined ? 'failed' : 'completed',
    transcription_text: text ?? '',
    ...(recording && { transcription_url: url ?? undefined }),
    ...(text === undefined && { transcription_error: error }),
  }
}

const streamWords: Readonly<Record<string, string>> = {
  'stream.started': 'stream-started',
  'stream.stopped': 'stream-stopped',
  'stream.failed': 'stream-error',
}

/** The same of a stream to a server. */
const streamNews = ({ type, atMs, data }: CallDelivery['event']) => ({
  stream_id: data['streamId'],
  stream_name: data['name'] ?? undefined,
  stream_event: streamWords[type],
  timestamp: isoTime(atMs),
  ...(type === 'stream.stopped' && {
    stream_reason: data['reason'],
    stream_duration: Math.round((numberIn(data, 'durationMs') ?? 0) / 1_000),
  }),
  ...(type === 'stream.failed' && { error_code: data['code'], stream_error: data['error'] }),
})

/** The same of a conference, and of the recording of all its members. */
export function renderConferenceNews(
  callback: Callback,
  delivery: Pick<ConferenceDelivery, 'event' | 'conference'>,
  recordingUrl: RecordingUrl,
): OutgoingRequest {
  const { event, conference } = delivery
  const { accountId, id, friendlyName } = conference.record
  const about = { AccountSid: accountId, ConferenceSid: id, FriendlyName: friendlyName }
  if (callback.tells === 'recording') {
    const once = { RecordingChannels: 1, RecordingSource: 'Conference' }
    return formRequest(callback, { ...about, ...recordingFields(event, recordingUrl), ...once })
  }
  return formRequest(callback, {
    ...about,
    StatusCallbackEvent: conferenceWords[event.type],
    ...{ SequenceNumber: event.sequence, Timestamp: rfc2822(event.atMs) },
    ...participantFields(delivery),
    ...reasonFields(delivery),
  })
}

const conferenceWords: Readonly<Partial<Record<ConferenceDelivery['event']['type'], string>>> = {
  'conference.started': 'conference-start',
  'conference.ended': 'conference-end',
  'participant.joined': 'participant-join',
  'participant.left': 'participant-leave',
  'participant.muted': 'participant-mute',
  'participant.unmuted': 'participant-unmute',
  'participant.held': 'participant-hold',
  'participant.resumed': 'participant-unhold',
  'participant.changed': 'participant-modify',
  'participant.speaking-started': 'participant-speech-start',
  'participant.speaking-stopped': 'participant-speech-stop',
  'conference.announcement-ended': 'announcement-end',
}

function participantFields({ conference }: Pick<ConferenceDelivery, 'conference'>): FormFields {
  const { participant } = conference
  if (participant === null) return {}
  return {
    CallSid: participant.callId,
    ParticipantLabel: participant.label,
    ...{ Muted: participant.muted, Hold: participant.hold },
    Coaching: participant.coaching !== null,
    CallSidToCoach: participant.coaching,
    StartConferenceOnEnter: participant.moderator,
  }
}

const ends: Readonly<Partial<Record<ConferenceEnd, string>>> = {
  last_member_left: 'last-participant-left',
  moderator_left: 'participant-with-end-conference-on-exit-left',
  api: 'conference-ended-via-api',
}

const leaves: Readonly<Record<string, string>> = {
  hung_up: 'participant_hung_up',
  kicked: 'participant_removed_via_api',
  conference_ended: 'conference_ended',
}

function reasonFields({ event }: Pick<ConferenceDelivery, 'event'>): FormFields {
  const reason = event.data['reason']
  if (typeof reason !== 'string') return {}
  if (event.type === 'participant.left') {
    return { ReasonParticipantLeft: leaves[reason] ?? 'participant_updated_via_api' }
  }
  const word = ends[reason as ConferenceEnd] ?? reason.replaceAll('_', '-')
  return event.type === 'conference.ended' ? { ReasonConferenceEnded: word } : {}
}

const numberIn = (data: Readonly<Record<string, unknown>>, name: string): number | undefined => {
  const value = data[name]
  return typeof value === 'number' ? value : undefined
}

/** As in a mail (RFC 2822): `Tue, 20 Sep 2016 21:37:46 +0000`. */
const rfc2822 = (atMs: number): string => new Date(atMs).toUTCString().replace('GMT', '+0000')
