import type { Detection, MachineDetection } from '../answerer.ts'
import type { CallId, ConferenceId, RecordingId } from '../ids.ts'
import type { LegQuality } from '../quality.ts'
import type { RingCountry } from '../ring-tones.ts'
import type { RecordingFormat, RecordingSpan } from './recordings.ts'
import type { Streams } from './streams.ts'

/**
 * What the phone hears: a WAV file of ours, a tone pattern that the media side makes itself, or what somebody
 * says now: a ring in shared memory (engine/dsp/sample-ring.ts) that is read by whoever plays it, once.
 */
export type Sound =
  /** The first time from `fromMs` on. */
  | {
      readonly kind: 'wav'
      readonly path: string
      readonly loop?: number
      readonly fromMs?: number
    }
  | {
      readonly kind: 'tone'
      readonly tone: 'ringback' | 'busy' | 'beep' | 'hold'
      /** Of ringback: how it sounds there. Default `us`. */
      readonly country?: RingCountry
    }
  /** WAV files of one rate, one after the other for ever: one stream for all who hear that name. */
  | { readonly kind: 'music'; readonly name: string; readonly tracks: readonly string[] }
  | { readonly kind: 'silence'; readonly durationMs: number }
  | { readonly kind: 'live'; readonly ring: SharedArrayBuffer }
  /**
   * Still being made (engine/dsp/growing-sound.ts), for any number of players, from its beginning; `loop` as of a
   * file. `wide` is the same at 16 kHz, for phones that hear more than 8. Into `place` goes how far this player is.
   */
  | {
      readonly kind: 'growing'
      readonly samples: SharedArrayBuffer
      readonly wide?: SharedArrayBuffer
      readonly loop?: number
      readonly place?: SharedArrayBuffer
    }

export type PlayOutcome = 'finished' | 'stopped' | 'legClosed'

/** Which side of the leg goes to which channel of a stereo file; or what a file of one channel has of it. */
export type RecordLayout = 'receivedLeft' | 'sentLeft' | 'received' | 'sent' | 'mixed'

/** `paused`: the file waits, and is shorter for it. `masked`: it goes on with silence, `toned` with a quiet tone. */
export type RecordMode = 'running' | 'paused' | 'masked' | 'toned'

/** What the file is to be like. */
export interface RecordFile {
  readonly format: RecordingFormat
  readonly rateHz: 8000 | 16_000
  /** Of a leg: keys that are pressed are silence in it, and a span each. */
  readonly masksKeys?: boolean
}

export const plainRecordFile: RecordFile = { format: 'wav', rateHz: 8000 }

/** What a leg's conversation is spared, whomever it is with. */
export interface Mutes {
  /** Nobody hears the phone, no recording either; its keys go on. */
  readonly muted: boolean
  /** The phone hears nobody; a sound that its leg plays it hears. */
  readonly deaf: boolean
}

export interface RecordOutcome {
  readonly recordingId: RecordingId
  readonly path: string
  readonly durationMs: number
  readonly bytes: number
  readonly failure: 'no_space' | 'io_error' | 'file_gone' | null
  /** In the order of time; absent: none, or nobody knows them any more. */
  readonly spans?: readonly RecordingSpan[]
  /** So much of it is silence, as the disk or the encoder was behind; absent: nothing, or nobody knows. */
  readonly lostMs?: number
  /**
   * Who wrote it has died, and nobody could go on with it: the file is whole but for the last second, its header and the
   * figures here are not true.
   */
  readonly cut?: boolean
}

/** In the order in which we like them. */
export const audioCodecs = ['opus', 'G722', 'PCMU', 'PCMA'] as const
export type AudioCodec = (typeof audioCodecs)[number]

/** SRTP by keys in SDP (RFC 4568): never, where the other side takes it, or not without. */
export const srtpPolicies = ['off', 'optional', 'required'] as const
export type SrtpPolicy = (typeof srtpPolicies)[number]

/** Of the way to a browser. */
export type ConnectionState = 'up' | 'lost' | 'broken'

export interface LegOptions {
  /** Only for a leg that is not open: with this one it will be connected, and had best be where that one is. */
  readonly near?: CallId
  /**
   * Our first offer is for a browser: ICE, DTLS, BUNDLE (RFC 8825). What we answer is decided by the offer. A leg
   * may be offered to both, browser and phone: whose answer comes last before `watch` it is, and stays.
   */
  readonly webrtc?: boolean
  /** For what we offer and for what we take; kept for the leg. Default: off. Of no effect on WebRTC. */
  readonly srtp?: SrtpPolicy
  /** The SDP goes over a connection that nobody reads (TLS, WSS): without that no key is told or taken. */
  readonly secureSignalling?: boolean
  /** Only for a later offer to a browser: ICE begins anew, as the engine's or the browser's network changed. */
  readonly iceRestart?: boolean
  /** IP of the signalling peer when the leg may latch onto a NATed source of it (quality.md A3). */
  readonly natSourceAddress?: string
  /** IP that our offer goes to, as far as is known: decides which address of ours it names. */
  readonly peerAddress?: string
  /**
   * Only for a later offer: which way audio shall flow, seen from us. `sendonly` holds the phone. It counts
   * once the phone has answered (`complete`), and from then on until another offer says otherwise.
   */
  readonly direction?: 'sendrecv' | 'sendonly'
  /**
   * Those that are offered, in this order, and taken first of an offer; kept for the leg. Default: all are
   * offered in our order, and of an offer that is taken which the other side likes best.
   */
  readonly codecs?: readonly AudioCodec[]
}

/**
 * The media threads, as the application sees them. A leg carries the call's id. Every command about a leg
 * that is closed or unknown resolves at once in its mildest form (`legClosed`, no-op), never throws for
 * that; `offer`/`answer`/`complete` reject with a Failure for SDP that can't be used (no common codec:
 * `invalid_request`) or when no port is free (`no_media_port`).
 */
export interface Media extends Rooms, Streams {
  /**
   * Opens the leg's way to the network and makes our SDP offer. Rejects with `invalid_request`, and nothing has
   * been told, when SRTP is required and its keys could be read on the way.
   */
  offer(callId: CallId, options?: LegOptions): Promise<string>
  /** The remote answer to our offer; also for early media. May be repeated with a changed answer. */
  complete(callId: CallId, sdp: string, options?: LegOptions): Promise<void>
  /** Opens the leg if needed, and answers a remote offer (initial or re-INVITE). */
  answer(callId: CallId, sdp: string, options?: LegOptions): Promise<string>
  /**
   * Looks at a remote offer for a leg that is not open yet, and opens nothing: the codecs that `answer` could
   * agree on, best first. Throws the Failure with which `answer` would refuse it.
   */
  examine(sdp: string, options?: LegOptions): readonly AudioCodec[]
  /** What the leg's two sides agreed on last; undefined before that, and when there is no such leg. */
  agreedOn(callId: CallId): LegTerms | undefined
  /**
   * The leg goes on with the phone of another leg, and what was agreed on with that; its own phone is let go,
   * the other leg is closed. What the leg plays, records and is bridged to stays. Rejects with `call_ended`
   * when one of the two is not there.
   */
  adopt(callId: CallId, from: CallId): Promise<void>
  /** The call is up: from now on MediaEvents.silence tells when its phone is not heard any more. */
  watch(callId: CallId): void
  /** Plays one sound; a new play on the leg stops the one before. Resolves when it is over. */
  play(callId: CallId, sound: Sound): Promise<PlayOutcome>
  stop(callId: CallId): void
  /** Plays to the phone over what it hears, mixed with it; a new one ends the one before. Whom it talks to hears nothing of it. */
  playOver(callId: CallId, sound: Sound): Promise<PlayOutcome>
  stopOver(callId: CallId): void
  /** From now on, until it is said anew. */
  mute(callId: CallId, mutes: Mutes): Promise<void>
  /**
   * Listens from now on until it is known who has answered. Null: the leg has ended before, or is asked anew. A leg
   * that is connected to another one meanwhile may be listened to from the beginning again.
   */
  detectAnswerer(callId: CallId, options: MachineDetection): Promise<Detection | null>
  sendDigits(callId: CallId, digits: string): Promise<void>
  /** The phone takes telephone events (RFC 4733); without them `sendDigits` sends tones. */
  takesEvents(callId: CallId): Promise<boolean>
  /** Connects the audio of two legs; each leg is in one bridge at most. Stops what is playing on both. */
  bridge(a: CallId, b: CallId): Promise<void>
  unbridge(callId: CallId): Promise<void>
  /** As many at a time as are wanted, each into a file of its own. Without `file` it is a WAV at 8 kHz. */
  startRecording(
    callId: CallId,
    recordingId: RecordingId,
    path: string,
    layout: RecordLayout,
    file?: RecordFile,
  ): Promise<void>
  /** Each new one is `running`. Resolves with the spans so far, one that has begun too; null: it does not run. */
  setRecording(
    callId: CallId,
    recordingId: RecordingId,
    mode: RecordMode,
  ): Promise<readonly RecordingSpan[] | null>
  /** Without an id all that run. */
  stopRecording(callId: CallId, recordingId?: RecordingId): Promise<void>
  /** Of a leg as it is now. */
  figures(callId: CallId): Promise<LegStatistics>
  /** Ends everything of the leg; a running recording is completed and told through MediaEvents. */
  close(callId: CallId): Promise<LegStatistics>
  ready(): boolean
}

/** How a conference is mixed. */
export interface RoomOptions {
  /** So many of the loudest are heard at a time; 0: all. */
  readonly talkers: number
  /** Brings members to one level (AGC). */
  readonly gainControl: boolean
  /** What is not speech of a member is not heard. */
  readonly noiseGate: boolean
}

/** What a member says and hears. */
export interface MemberOptions {
  /** Nobody hears him. */
  readonly muted: boolean
  /** He hears nobody; a sound that his leg plays he hears. */
  readonly deaf: boolean
  /** Only these hear him (coach, private talk); null: everybody. */
  readonly heardBy: readonly CallId[] | null
  /** How much louder others hear him, and he them; -40 to 20 dB. */
  readonly gainInDb: number
  readonly gainOutDb: number
  /** While he speaks he is always among the talkers, and the others are lowered. */
  readonly priority: boolean
}

/** Of the last 200 ms or so. */
export interface MemberLevel {
  readonly callId: CallId
  /** RMS of what he says, in dBFS; -127: nothing. */
  readonly levelDb: number
  readonly speaking: boolean
}

/**
 * Conferences, as the application sees the media side. Like the commands about a leg, those about a room or a
 * member that is not there resolve at once in their mildest form.
 */
export interface Rooms {
  /** Opens a room, or changes the options of one that is open. */
  openRoom(room: ConferenceId, options: RoomOptions): Promise<void>
  /** Members are left alone, their legs stay; what is played ends, a recording is completed and told. */
  closeRoom(room: ConferenceId): Promise<void>
  /**
   * A leg joins; it leaves the bridge or the room that it was in, what it plays goes on. Rejects with
   * `call_ended` when the leg is not there, and with `not_found` when the room is not.
   */
  joinRoom(room: ConferenceId, callId: CallId, options: MemberOptions): Promise<void>
  /** From now on these options hold for the member. */
  changeMember(callId: CallId, options: MemberOptions): Promise<void>
  leaveRoom(callId: CallId): Promise<void>
  /** Plays to all members, mixed with what they say; a new one ends the one before. Resolves when it is over. */
  playToRoom(room: ConferenceId, sound: Sound): Promise<PlayOutcome>
  stopRoom(room: ConferenceId): void
  /** Records what a member hears who says nothing; one at a time. Told by MediaEvents.roomRecordingEnded. */
  recordRoom(
    room: ConferenceId,
    recordingId: RecordingId,
    path: string,
    file?: RecordFile,
  ): Promise<void>
  /** As setRecording. */
  setRoomRecording(room: ConferenceId, mode: RecordMode): Promise<readonly RecordingSpan[] | null>
  stopRoomRecording(room: ConferenceId): Promise<void>
  levels(room: ConferenceId): Promise<readonly MemberLevel[]>
}

export interface LegTerms {
  /** What we send. */
  readonly codec: AudioCodec
  /** How packets are protected on the way: not at all, by keys in SDP (RFC 4568), by DTLS-SRTP. */
  readonly protection: 'none' | 'sdes' | 'webrtc'
}

export interface LegStatistics extends LegQuality {
  readonly codec: AudioCodec | null
  readonly packetsSent: number
  readonly packetsReceived: number
  readonly packetsLost: number
  readonly packetsLate: number
  readonly framesConcealed: number
  /** Packets dropped because they came from an address that is not the peer's. */
  readonly packetsFromStrangers: number
}

export interface MediaEvents {
  /** A key was pressed (RFC 4733); once per press. */
  digit(callId: CallId, digit: string, durationMs: number): void
  /** The phone takes no audio any more (sendonly, inactive, or the address 0.0.0.0), or takes it again. */
  held(callId: CallId, held: boolean): void
  /**
   * Nothing has come from the phone for `silentMs` although it should send (it is not held, and does not save
   * the packets of silence); `end`: it will not come back. Each once until something comes: then `back`.
   */
  silence(callId: CallId, change: 'lost' | 'back' | 'end', silentMs: number): void
  recordingEnded(callId: CallId, outcome: RecordOutcome): void
  /** The media thread of a recording, of a leg or a room, had died, and it goes on in another one; all its spans so far. */
  recordingGap(recordingId: RecordingId, spans: readonly RecordingSpan[]): void
  /** What is heard on a leg, here or there, has become bad, or is good again; not for every hiccup. */
  quality(callId: CallId, change: 'degraded' | 'restored', figures: LegStatistics): void
  roomRecordingEnded(room: ConferenceId, outcome: RecordOutcome): void
  /** A member begins or ends to speak: told within 300 ms, and not for each breath. */
  speaking(room: ConferenceId, callId: CallId, speaking: boolean): void
  /** Who is the loudest now; undefined: nobody speaks. */
  loudest(room: ConferenceId, callId: CallId | undefined): void
  /**
   * The way to a browser (ICE, DTLS): it stands, or the browser is not there any more (consent of RFC 7675 is
   * gone, or it closed DTLS). After `lost` it may stand again. `broken`: our own end is gone, and the browser has to
   * be offered the new one (`iceRestart`): of any phone whose media thread has died, and which is `up` when it
   * has answered. What it was connected to, held and heard goes on then by itself.
   */
  connection(callId: CallId, state: ConnectionState): void
  /** The media threads have died again and again, and are no more: every leg is gone. */
  lost(reason: string): void
}
