import type { CallId, ConferenceId, RecordingId } from '../../engine/core/ids.ts'
import type {
  ConnectionState,
  LegStatistics,
  MediaEvents,
  RecordOutcome,
} from '../../engine/core/ports/media.ts'
import type { Log } from '../../engine/core/ports/observe.ts'
import type { RecordingSpan } from '../../engine/core/ports/recordings.ts'
import { type MediaOptions, type RunningMedia, startMedia } from '../../engine/media/index.ts'

export const quietLog: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => quietLog,
}

export interface Seen {
  readonly digits: {
    readonly callId: CallId
    readonly digit: string
    readonly durationMs: number
  }[]
  readonly recordings: { readonly callId: CallId; readonly outcome: RecordOutcome }[]
  readonly gaps: {
    readonly recordingId: RecordingId
    readonly spans: readonly RecordingSpan[]
  }[]
  readonly roomRecordings: { readonly room: ConferenceId; readonly outcome: RecordOutcome }[]
  readonly speaking: {
    readonly room: ConferenceId
    readonly callId: CallId
    readonly speaking: boolean
  }[]
  readonly loudest: { readonly room: ConferenceId; readonly callId: CallId | undefined }[]
  readonly silences: {
    readonly callId: CallId
    readonly change: string
    readonly silentMs: number
  }[]
  readonly held: { readonly callId: CallId; readonly held: boolean }[]
  readonly qualities: {
    readonly callId: CallId
    readonly change: 'degraded' | 'restored'
    readonly figures: LegStatistics
  }[]
  readonly connections: { readonly callId: CallId; readonly state: ConnectionState }[]
  readonly lost: string[]
}

/** A media thread on loopback that notes its events. Each test file takes its own ports. */
export async function startForTest(
  first: number,
  options: Partial<MediaOptions> = {},
): Promise<{ media: RunningMedia; seen: Seen }> {
  const seen: Seen = {
    digits: [],
    recordings: [],
    gaps: [],
    roomRecordings: [],
    speaking: [],
    loudest: [],
    silences: [],
    held: [],
    connections: [],
    qualities: [],
    lost: [],
  }
  const events: MediaEvents = {
    held: (callId, held) => seen.held.push({ callId, held }),
    silence: (callId, change, silentMs) => seen.silences.push({ callId, change, silentMs }),
    digit: (callId, digit, durationMs) => seen.digits.push({ callId, digit, durationMs }),
    recordingEnded: (callId, outcome) => seen.recordings.push({ callId, outcome }),
    recordingGap: (recordingId, spans) => seen.gaps.push({ recordingId, spans }),
    roomRecordingEnded: (room, outcome) => seen.roomRecordings.push({ room, outcome }),
    speaking: (room, callId, speaking) => seen.speaking.push({ room, callId, speaking }),
    loudest: (room, callId) => seen.loudest.push({ room, callId }),
    quality: (callId, change, figures) => seen.qualities.push({ callId, change, figures }),
    connection: (callId, state) => seen.connections.push({ callId, state }),
    lost: (reason) => seen.lost.push(reason),
  }
  const media = await startMedia(
    {
      rtpPorts: { first, last: first + 99 },
      bindAddress: '127.0.0.1',
      publicAddress: '127.0.0.1',
      log: quietLog,
      ...options,
    },
    events,
  )
  return { media, seen }
}

export const callId = (name: string): CallId => name as CallId
