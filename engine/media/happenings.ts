import type { CallId, ConferenceId, RecordingId } from '../core/ids.ts'
import type { ConnectionState, MediaEvents } from '../core/ports/media.ts'
import type { Standing } from './leg/standing.ts'
import type { Happening } from './thread-link.ts'

/** Those of which the main thread takes note itself, before the application is told. */
interface Noted {
  connection(callId: CallId, state: ConnectionState): void
  recordingEnded(callId: CallId, recordingId: RecordingId): void
  recordingStands(callId: CallId, recordingId: RecordingId, standing: Standing): void
  roomRecordingEnded(room: ConferenceId, recordingId: RecordingId): void
  roomRecordingStands(room: ConferenceId, recordingId: RecordingId, standing: Standing): void
}

/** Tells the application what a media thread has told. */
export function tellHappening(happening: Happening, events: MediaEvents, noted: Noted): void {
  switch (happening.is) {
    case 'digit':
      events.digit(happening.leg, happening.digit, happening.durationMs)
      break
    case 'silence':
      events.silence(happening.leg, happening.change, happening.silentMs)
      break
    case 'connection':
      noted.connection(happening.leg, happening.state)
      events.connection(happening.leg, happening.state)
      break
    case 'quality':
      events.quality(happening.leg, happening.change, happening.figures)
      break
    case 'recordingEnded':
      noted.recordingEnded(happening.leg, happening.outcome.recordingId)
      events.recordingEnded(happening.leg, happening.outcome)
      break
    case 'roomRecordingEnded':
      noted.roomRecordingEnded(happening.room, happening.outcome.recordingId)
      events.roomRecordingEnded(happening.room, happening.outcome)
      break
    case 'recordingStands':
      noted.recordingStands(happening.leg, happening.recordingId, happening.standing)
      break
    case 'roomRecordingStands':
      noted.roomRecordingStands(happening.room, happening.recordingId, happening.standing)
      break
    case 'recordingGap':
      events.recordingGap(happening.recordingId, happening.spans)
      break
    case 'speaking':
      events.speaking(happening.room, happening.leg, happening.speaking)
      break
    case 'loudest':
      events.loudest(happening.room, happening.leg)
      break
  }
}
