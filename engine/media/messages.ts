import type { MessagePort } from 'node:worker_threads'
import type { FailureCode } from '../core/failures.ts'
import type { CallId, ConferenceId, RecordingId } from '../core/ids.ts'
import type {
  ConnectionState,
  LegStatistics,
  MemberLevel,
  MemberOptions,
  Mutes,
  PlayOutcome,
  RecordFile,
  RecordLayout,
  RecordMode,
  RecordOutcome,
  RoomOptions,
  Sound,
} from '../core/ports/media.ts'
import type { RecordingSpan } from '../core/ports/recordings.ts'
import { noQuality } from '../core/quality.ts'
import type { Detection, DetectionOptions } from '../dsp/amd.ts'
import type { Agreement, WebRtcEnd } from './agreement.ts'
import type { QualityChange } from './leg/quality.ts'
import type { SilenceChange, SilenceLimits } from './leg/silence-watch.ts'
import type { Standing } from './leg/standing.ts'
import type { InbandDtmf } from './leg/tone-keys.ts'
import type { RtpPortStatistics } from './rtp/rtp-port.ts'
import type { StreamTerms } from './stream/terms.ts'
import type { ThreadFigures } from './threads/statistics.ts'
import type { HistogramSummary } from './tick/histogram.ts'

/** Everything that goes between the main thread and the media thread. Never audio. */

export interface ThreadStatistics {
  readonly legs: number
  /** How late ticks began. */
  readonly tickLateness: HistogramSummary
  /** How long ticks took. */
  readonly tickDuration: HistogramSummary
  readonly ticksSkipped: number
  /** Of the legs that are up and of those that were. */
  readonly packetsSent: number
  readonly packetsReceived: number
  readonly packetsLost: number
  readonly packetsFromStrangers: number
  /** Of the peers, but no RTP, not under their key, of a type that was not agreed on, or a key too many. */
  readonly packetsRefused: number
  /** Dropped on their way to another media thread, which stood still. */
  readonly packetsStuck: number
  /** CPU time of the media thread since its start. */
  readonly cpuMs: number
  readonly upMs: number
}

/** What SDP says of our end. */
export type OpenedLeg =
  | { readonly port: number; readonly webrtc?: undefined }
  | { readonly port?: undefined; readonly webrtc: WebRtcEnd }

/** A way to the network that belongs to another thread than the leg whose it is. */
export type LentDoor = {
  /** Index of the thread that has the port, and its name for it. */
  readonly owner: number
  readonly lease: number
  /** What the port counts (engine/media/threads/door-figures.ts). */
  readonly figures: SharedArrayBuffer
  /** It is the one that was agreed on. */
  readonly isCurrent: boolean
} & (
  | { readonly kind: 'addressed'; readonly localPort: number }
  | { readonly kind: 'webrtc'; readonly end: WebRtcEnd }
)

/** A leg on its way to another thread. Its jitter buffer and its coders begin anew there. */
export interface PackedLeg {
  readonly doors: readonly LentDoor[]
  /** One of the doors was chosen for good. */
  readonly isSettled: boolean
  /** What doors counted that were closed. */
  readonly past: RtpPortStatistics
  readonly state: LegState
  readonly recordings: readonly PackedRecording[]
}

export interface LegState {
  readonly agreement: Agreement | undefined
  readonly isWatched: boolean
  readonly sendsComfortNoise: boolean
  readonly stream: StreamPosition
  readonly mutes: Mutes
  readonly streams: readonly StreamTerms[]
  /** What was counted so far: packets, frames, packets. */
  readonly lost: number
  readonly late: number
  readonly concealed: number
}

export interface PackedRecording {
  readonly recordingId: RecordingId
  readonly path: string
  readonly layout: RecordLayout
  readonly file: RecordFile
  readonly standing: Standing
}

/** Where a stream that we send stands, so that it goes on without a jump. */
export interface StreamPosition {
  readonly ssrc: number
  readonly sequence: number
  readonly timestamp: number
  /** How long ago the packet with that timestamp was due; -1: none was sent. */
  readonly agoMs: number
}

/** The way between two threads for packets of legs that have their port in the other one. */
export interface ThreadWay {
  /** Of the other thread. */
  readonly peer: number
  readonly port: MessagePort
  /** Rings (engine/media/threads/packet-ring.ts) that we read and that we write. */
  readonly incoming: SharedArrayBuffer
  readonly outgoing: SharedArrayBuffer
}

/** Each command of the main thread, with what it is answered with. */
export interface Commands {
  /**
   * Opens a leg towards a browser or a handset, or also towards the other while it is not known who will come;
   * asked again, it answers the same. Once the call is up (`watch`) it stays what it is. `port` is the UDP port
   * that it is to have where that can be had, as one of a thread that is no more.
   */
  open: { ask: { leg: CallId; webrtc: boolean; port?: number }; answer: OpenedLeg }
  /** New ICE credentials of the leg; the old ones end when the peer uses the new. */
  restartIce: { ask: { leg: CallId }; answer: WebRtcEnd | null }
  agree: { ask: { leg: CallId; agreement: Agreement; natAddress?: string }; answer: null }
  /** Refused with `call_ended` when one of the two legs is not there. */
  adopt: { ask: { leg: CallId; from: CallId }; answer: null }
  watch: { ask: { leg: CallId }; answer: null }
  play: { ask: { leg: CallId; sound: Sound }; answer: PlayOutcome }
  stop: { ask: { leg: CallId }; answer: null }
  playOver: { ask: { leg: CallId; sound: Sound }; answer: PlayOutcome }
  stopOver: { ask: { leg: CallId }; answer: null }
  mute: { ask: { leg: CallId; mutes: Mutes }; answer: null }
  sendDigits: { ask: { leg: CallId; digits: string }; answer: null }
  takesEvents: { ask: { leg: CallId }; answer: boolean }
  bridge: { ask: { leg: CallId; other: CallId }; answer: null }
  unbridge: { ask: { leg: CallId }; answer: null }
  /** `standing`: a thread that died had begun it. No-op for one that runs. */
  startRecording: {
    ask: {
      leg: CallId
      recordingId: RecordingId
      path: string
      layout: RecordLayout
      file?: RecordFile
      standing?: Standing
    }
    answer: null
  }
  setRecording: {
    ask: { leg: CallId; recordingId: RecordingId; mode: RecordMode }
    answer: readonly RecordingSpan[] | null
  }
  stopRecording: { ask: { leg: CallId; recordingId?: RecordingId }; answer: null }
  /** Null: the leg has ended or gone elsewhere before it was known. */
  detectAnswerer: { ask: { leg: CallId; options: DetectionOptions }; answer: Detection | null }
  /** False: the leg is not there. */
  openStream: { ask: { leg: CallId; terms: StreamTerms }; answer: boolean }
  closeStream: { ask: { leg: CallId; stream: number }; answer: null }
  figures: { ask: { leg: CallId }; answer: LegStatistics }
  /** `goesOn`: its recordings will be gone on with, and are not told as ended. */
  close: { ask: { leg: CallId; goesOn?: boolean }; answer: LegStatistics }
  link: { ask: { way: ThreadWay }; answer: null }
  /** Takes a leg out; its ports are lent to the thread `to`. Null: it is not there. */
  pack: { ask: { leg: CallId; to: number }; answer: PackedLeg | null }
  /** Ports of this thread that were lent to another one are lent to `to` from now on. */
  lend: { ask: { leases: readonly number[]; to: number }; answer: null }
  unpack: { ask: { leg: CallId; packed: PackedLeg }; answer: null }
  /** Closes ports that were lent, as the thread that had them is no more. */
  giveUp: { ask: { leases: readonly number[] }; answer: null }
  openRoom: { ask: { room: ConferenceId; options: RoomOptions }; answer: null }
  closeRoom: { ask: { room: ConferenceId }; answer: null }
  joinRoom: { ask: { room: ConferenceId; leg: CallId; options: MemberOptions }; answer: null }
  changeMember: { ask: { leg: CallId; options: MemberOptions }; answer: null }
  leaveRoom: { ask: { leg: CallId }; answer: null }
  playToRoom: { ask: { room: ConferenceId; sound: Sound }; answer: PlayOutcome }
  stopRoom: { ask: { room: ConferenceId }; answer: null }
  recordRoom: {
    ask: {
      room: ConferenceId
      recordingId: RecordingId
      path: string
      file?: RecordFile
      standing?: Standing
    }
    answer: null
  }
  setRoomRecording: {
    ask: { room: ConferenceId; mode: RecordMode }
    answer: readonly RecordingSpan[] | null
  }
  stopRoomRecording: { ask: { room: ConferenceId }; answer: null }
  levels: { ask: { room: ConferenceId }; answer: readonly MemberLevel[] }
  statistics: { ask: Record<never, never>; answer: ThreadFigures }
  shutDown: { ask: Record<never, never>; answer: null }
}

export type CommandName = keyof Commands

export type Command = {
  [Name in CommandName]: { readonly is: Name; readonly id: number } & Readonly<
    Commands[Name]['ask']
  >
}[CommandName]

/** From the media thread: the answer to a command, or something that happened. */
export type Notice =
  | { readonly is: 'ready' }
  /** Something is wrong that the thread goes on without; for the log. */
  | { readonly is: 'trouble'; readonly message: string }
  | {
      readonly is: 'answered'
      readonly id: number
      readonly answer: Commands[CommandName]['answer']
    }
  | {
      readonly is: 'refused'
      readonly id: number
      readonly code: FailureCode
      readonly message: string
    }
  | {
      readonly is: 'digit'
      readonly leg: CallId
      readonly digit: string
      readonly durationMs: number
    }
  | {
      readonly is: 'silence'
      readonly leg: CallId
      readonly change: SilenceChange
      readonly silentMs: number
    }
  | { readonly is: 'connection'; readonly leg: CallId; readonly state: ConnectionState }
  | {
      readonly is: 'quality'
      readonly leg: CallId
      readonly change: QualityChange
      readonly figures: LegStatistics
    }
  | { readonly is: 'recordingEnded'; readonly leg: CallId; readonly outcome: RecordOutcome }
  | {
      readonly is: 'roomRecordingEnded'
      readonly room: ConferenceId
      readonly outcome: RecordOutcome
    }
  /** At its beginning, and when something has changed that can't be told from the time alone. */
  | {
      readonly is: 'recordingStands'
      readonly leg: CallId
      readonly recordingId: RecordingId
      readonly standing: Standing
    }
  | {
      readonly is: 'roomRecordingStands'
      readonly room: ConferenceId
      readonly recordingId: RecordingId
      readonly standing: Standing
    }
  /** A recording of a leg or a room goes on after a gap; all its spans so far. */
  | {
      readonly is: 'recordingGap'
      readonly recordingId: RecordingId
      readonly spans: readonly RecordingSpan[]
    }
  /** Share of its time, 0 to 1, that ticks took in the last second. */
  | { readonly is: 'busy'; readonly share: number }
  | {
      readonly is: 'speaking'
      readonly room: ConferenceId
      readonly leg: CallId
      readonly speaking: boolean
    }
  | { readonly is: 'loudest'; readonly room: ConferenceId; readonly leg: CallId | undefined }

/** What the thread is started with. */
export interface ThreadSettings {
  /** Which of the media threads it is, from 0. */
  readonly index: number
  readonly firstPort: number
  readonly lastPort: number
  readonly bindAddress: string
  readonly portRestMs: number
  readonly plainRtp: PlainRtp
  readonly inbandDtmf: InbandDtmf
  readonly silence: SilenceLimits
  /** Undefined: no browsers. */
  readonly webRtc: WebRtcSettings | undefined
}

export interface WebRtcSettings {
  /** UDP and TCP port for all browsers; 0: any two that are free. */
  readonly port: number
  /** Addresses that browsers are told, best first; none: `publicAddress`, and those of the network cards. */
  readonly addresses: readonly string[]
  readonly publicAddress: string
}

/** What carries plain RTP: sockets of our own, or mediasoup behind them. */
export type PlainRtp = 'sockets' | 'mediasoup'

export const noStatistics: LegStatistics = {
  ...noQuality,
  codec: null,
  packetsSent: 0,
  packetsReceived: 0,
  packetsLost: 0,
  packetsLate: 0,
  framesConcealed: 0,
  packetsFromStrangers: 0,
}
