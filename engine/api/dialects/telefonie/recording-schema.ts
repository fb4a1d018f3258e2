import { Type } from 'typebox'
import { recordingParties } from '../../../app/directory/recordings.ts'
import type { AccountId } from '../../../core/ids.ts'
import {
  type RecordingRecord,
  recordingFormats,
  recordingPlaces,
  recordingSources,
  recordingSpanKinds,
  transcriptStatuses,
} from '../../../core/ports/recordings.ts'
import type { Services } from '../../services.ts'
import { nullable } from './nullable.ts'
import { isoTime } from './values.ts'

export const recordingStatusSchema = Type.Enum(['in-progress', 'completed', 'failed'])

const spanSchema = Type.Object({
  kind: Type.Enum([...recordingSpanKinds], {
    description:
      'lost: silence in place of what nobody wrote, as the media thread had died; the recording went on after it',
  }),
  start: Type.Number({ description: "Seconds of the file's own time" }),
  end: Type.Number(),
  held: nullable(
    Type.Number({ description: 'Of a pause, which has no length in the file: how long it was' }),
  ),
})

const transcriptSchema = Type.Object({
  status: nullable(
    Type.Enum([...transcriptStatuses], { description: 'Null: nobody asked for one' }),
  ),
  text: nullable(Type.String()),
  language: nullable(Type.String({ description: 'BCP 47' })),
  segments: Type.Array(
    Type.Object({
      start: Type.Number({ description: 'Seconds' }),
      end: Type.Number(),
      channel: Type.Integer({ description: '0: left' }),
      text: Type.String(),
    }),
  ),
  failure: nullable(Type.String()),
})

export const recordingSchema = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    call_id: nullable(Type.String({ format: 'uuid', description: 'Null: of a conference' })),
    conference_id: nullable(
      Type.String({ format: 'uuid', description: 'The conference in which it was made' }),
    ),
    from: nullable(Type.String({ description: 'Who called; null: of a conference' })),
    to: nullable(Type.String({ description: 'Who was called' })),
    status: recordingStatusSchema,
    duration: nullable(Type.Integer({ description: 'Seconds' })),
    duration_ms: nullable(Type.Integer()),
    channels: Type.Integer({
      description: '2: caller or agent left, the other side right; 1: all that was heard',
    }),
    source: Type.Enum([...recordingSources]),
    format: Type.Enum([...recordingFormats]),
    rate: Type.Integer({ description: 'Hz' }),
    price: nullable(Type.String()),
    price_unit: nullable(Type.String()),
    media_url: nullable(
      Type.String({ description: 'Needs a key, or a link; null until it is completed' }),
    ),
    date_created: Type.String({ format: 'date-time' }),
    bytes: nullable(Type.Integer()),
    sha256: nullable(Type.String({ description: 'Of the file as it was sealed, in hex' })),
    encrypted: Type.Boolean(),
    storage: Type.Enum([...recordingPlaces], {
      description: 'In the folder of the engine, in the bucket, or in both',
    }),
    hold: Type.Boolean({ description: 'It is under legal hold: nobody can delete it' }),
    hold_reason: nullable(Type.String({ description: 'Why; null: it is not' })),
    retain_until: nullable(Type.String({ format: 'date-time' })),
    spans: Type.Array(spanSchema, { description: 'Where it did not hear what was said' }),
    transcript: transcriptSchema,
    failure: nullable(Type.String()),
  },
  { 'x-name': 'Recording' },
)

const seconds = (ms: number): number => ms / 1000

type Rendering = Pick<Services, 'recordingUrl' | 'directory'>

export async function renderRecording(recording: RecordingRecord, services: Rendering) {
  const parties = await recordingParties(services.directory, recording.accountId, [recording])
  return render(recording, parties, services)
}

/** All of one account. */
export async function renderRecordings(
  account: AccountId,
  recordings: readonly RecordingRecord[],
  services: Rendering,
) {
  const parties = await recordingParties(services.directory, account, recordings)
  return recordings.map((one) => render(one, parties, services))
}

function render(
  recording: RecordingRecord,
  parties: Awaited<ReturnType<typeof recordingParties>>,
  { recordingUrl }: Pick<Rendering, 'recordingUrl'>,
) {
  const { id, callId, conferenceId, status, durationMs, channels, createdAtMs, bytes } = recording
  const { retainUntilMs } = recording
  return {
    id,
    call_id: callId,
    conference_id: conferenceId ?? null,
    ...(parties.get(callId) ?? { from: null, to: null }),
    status,
    duration: durationMs === null ? null : Math.round(durationMs / 1000),
    duration_ms: durationMs === null ? null : Math.round(durationMs),
    channels,
    source: recording.source ?? (callId === null ? 'conference' : 'call'),
    format: recording.format ?? 'wav',
    rate: recording.rateHz ?? 8000,
    price: null,
    price_unit: null,
    media_url: status === 'completed' ? recordingUrl(id) : null,
    date_created: isoTime(createdAtMs),
    bytes,
    sha256: recording.sha256 ?? null,
    encrypted: recording.encryption !== undefined,
    storage: recording.place ?? 'folder',
    hold: recording.holdReason !== undefined,
    hold_reason: recording.holdReason ?? null,
    retain_until: retainUntilMs === undefined ? null : isoTime(retainUntilMs),
    spans: (recording.spans ?? []).map(({ kind, startMs, endMs, heldMs }) => ({
      ...{ kind, start: seconds(startMs), end: seconds(endMs) },
      held: heldMs === undefined ? null : seconds(heldMs),
    })),
    transcript: renderTranscript(recording),
    failure: recording.failure,
  }
}

function renderTranscript({ transcriptStatus, transcript, transcriptFailure }: RecordingRecord) {
  return {
    status: transcriptStatus ?? null,
    text: transcript?.text ?? null,
    language: transcript?.language ?? null,
    segments: (transcript?.segments ?? []).map(({ startMs, endMs, channel, text }) => ({
      ...{ start: seconds(startMs), end: seconds(endMs), channel, text },
    })),
    failure: transcriptFailure ?? null,
  }
}
