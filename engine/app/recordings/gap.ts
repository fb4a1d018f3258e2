import type { RecordingId } from '../../core/ids.ts'
import type { RecordingSpan } from '../../core/ports/recordings.ts'
import type { LiveCalls } from '../live-calls.ts'
import type { Ports } from '../ports.ts'
import { keepSpans } from './spans.ts'

/** A recording of a call, a leg or a conference goes on after a gap: that is kept with it and told. */
export function recordingGap(
  ports: Ports,
  calls: LiveCalls,
  recordingId: RecordingId,
  spans: readonly RecordingSpan[],
): void {
  const data = { recordingId, spans }
  const ofCall = calls.recordings.get(recordingId)
  const ofRoom = calls.conferences.recordings.get(recordingId)
  const account = ofCall?.call.record.accountId ?? ofRoom?.conference.account.id
  if (account === undefined) return
  const kept = keepSpans(ports, account, recordingId, spans)
  const told = async (): Promise<void> => {
    await kept
    await ofCall?.call.note('recording.interrupted', data)
    const { conference } = ofRoom ?? {}
    await conference?.commit([conference.told('conference.recording-interrupted', data)])
  }
  void told().catch((error: unknown) => {
    ports.log.error('a gap of a recording is not told', { recordingId, error: String(error) })
  })
  for (const writing of [ofCall, ofRoom]) if (writing) writing.spansKept = kept
}
