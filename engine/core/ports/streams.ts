import type { CallId } from '../ids.ts'

/** How the audio of a stream is written. `L16` is 16-bit linear PCM (RFC 3551 section 4.5.11). */
export const streamFormats = ['L16', 'PCMU', 'opus'] as const
export type StreamFormat = (typeof streamFormats)[number]

/** Of L16; PCMU is at 8000, Opus at whatever the call has, with a clock of 48000. */
export const streamRatesHz = [8000, 16_000, 24_000, 48_000] as const
export type StreamRateHz = (typeof streamRatesHz)[number]

/** What the phone says, what it is told, each for itself, or both in one. */
export const streamTracks = ['received', 'sent', 'mixed'] as const
export type StreamTrack = (typeof streamTracks)[number]

/** Audio of one call, as somebody outside wants it. */
export interface StreamOptions {
  readonly format: StreamFormat
  readonly rateHz: StreamRateHz
  /** Of L16; false: little-endian. */
  readonly bigEndian: boolean
  /** What is told, in this order in each 20 ms. None: nothing. */
  readonly tracks: readonly StreamTrack[]
  /** What is said by the stream is added to what the phone hears, takes its place, or is not taken. */
  readonly speaks: 'mix' | 'replace' | 'never'
  /** So much of what is said may wait to be played. */
  readonly bufferMs: number
}

/** 20 ms of one track. */
export interface StreamFrame {
  readonly track: StreamTrack
  /** Of these 20 ms in the stream, from 0; the tracks of the same 20 ms have the same. What was lost leaves a gap. */
  readonly sequence: number
  /** Since the stream began. */
  readonly atMs: number
  readonly payload: Uint8Array
}

export interface StreamListener {
  audio(frame: StreamFrame): void
  /** All that was said before the mark has been played, or (`cleared`) never will be. */
  marked(mark: number, cleared: boolean): void
  /** The leg is gone. */
  ended(): void
}

/** What becomes of something that is said: taken whole, or not at all. */
export type Spoken = 'taken' | 'full' | 'malformed'

/** One stream of a leg's audio. After `close`, or `ended`, everything is without effect. */
export interface AudioStream {
  /** Audio to be played: of L16 and PCMU as much as one likes, of Opus a packet of 20 ms. */
  speak(audio: Uint8Array): Spoken
  /** Marks the end of what was said so far. False: too many marks wait. */
  mark(mark: number): boolean
  /** Drops what has been said and not played, within 20 ms. */
  clear(): void
  /** What has been said and not played. */
  readonly bufferedMs: number
  /** Frames that nobody has fetched in time. */
  readonly lost: number
  close(): void
}

/** Streams of audio, as the application sees the media side. */
export interface Streams {
  /** Failure `call_ended` when the leg is not there. */
  openStream(callId: CallId, options: StreamOptions, listener: StreamListener): Promise<AudioStream>
}
