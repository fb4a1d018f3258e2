import type { CallRecord } from '../../core/call.ts'
import {
  type Callback,
  type RecordingTold,
  recordingEvents,
  transcriptEvents,
  withCallback,
} from '../../core/callbacks.ts'
import type { RecordingRecord } from '../../core/ports/recordings.ts'
import type { RecordingCallback, TranscriptCallback } from '../../core/verbs.ts'

/** Who is told what becomes of a recording of a call and of its text, and what he is told that it is. */
export interface RecordingTellers extends Pick<RecordingTold, 'source' | 'track'> {
  readonly callback?: RecordingCallback | undefined
  readonly transcript?: TranscriptCallback | undefined
}

/** The call with them among its callbacks; they are stored with the event that tells of the recording first. */
export const telling =
  (recording: RecordingRecord, tellers: RecordingTellers | undefined) =>
  (call: CallRecord): CallRecord => {
    const isKnown = call.callbacks?.some((one) => one.recording?.id === recording.id)
    if (tellers === undefined || isKnown === true) return call
    const wanted = callbacksOf(recording, tellers)
    if (wanted.length === 0) return call
    return { ...call, callbacks: wanted.reduce(withCallback, call.callbacks ?? []) }
  }

function callbacksOf(
  { id, channels, createdAtMs }: RecordingRecord,
  { callback, transcript, source, track }: RecordingTellers,
): readonly Callback[] {
  const recording: RecordingTold = {
    ...{ id, source, track, channels: channels === 2 ? 2 : 1, startedAtMs: createdAtMs },
  }
  const all: Callback[] = []
  if (callback) {
    const { news, ...to } = callback
    const events = news.flatMap((one) => recordingEvents[one])
    all.push({ tells: 'recording', ...to, events, recording })
  }
  if (transcript) {
    const to = { ...transcript, method: 'POST' } as const
    all.push({ tells: 'transcript', ...to, events: transcriptEvents, recording })
  }
  return all
}
