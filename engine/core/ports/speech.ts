import type { Failure } from '../failures.ts'
import type { AccountId } from '../ids.ts'
import type { Sound } from './media.ts'

export interface SpeechRequest {
  /** Plain text, spoken sign by sign as it is; or with `markup` a document of that kind. */
  readonly text: string
  readonly markup?: 'ssml'
  /** Whose files a document may play by their names; without it none. */
  readonly accountId?: AccountId
  /** A voice's id, its name, or a language tag, e.g. `en-au`; default that of the provider preferred most. */
  readonly voice?: string
}

/** How a voice may be named: `en-us`, `espeak-ng:en-us+f3`, `sherpa:en_US-amy-medium`. */
export const voiceNamePattern = '^[A-Za-z0-9+_.:#-]{1,120}$'

export interface Voice {
  /** `<provider>:<name>`, by which it is had whatever other providers there are. */
  readonly id: string
  /** The provider's own name of it. */
  readonly name: string
  /** As BCP 47 writes it: `en-US`. */
  readonly language: string
  readonly gender?: 'female' | 'male'
  readonly provider: string
  /** What it speaks at; what is played may have less. */
  readonly rateHz: number
}

export interface Utterance {
  /**
   * Mono 16-bit WAV of 16 kHz that has the same at 8 kHz in it (engine/dsp/two-rate-wav.ts), valid until the cache
   * evicts it (never while the process uses it).
   */
  readonly path: string
  readonly durationMs: number
  readonly cached: boolean
}

/** A place that a document has named. */
export interface SpeechMark {
  readonly name: string
  /** Of the sound, from its beginning. */
  readonly atMs: number
}

/** One who hears it, from its beginning. */
export interface SpeechPlayer {
  readonly sound: Sound
  /** How much of it has been played; of a sound that is repeated, all of it together. */
  playedMs(): number
}

/** Speech that can be heard from now on; the rest of it may still be made. */
export interface Speaking {
  /** @param loop how often it is heard (default once), 0: until it is stopped. */
  player(loop?: number): SpeechPlayer
  /** Where not, `marks` stays empty. */
  readonly hasMarks: boolean
  /** Those come to so far, in their order. */
  readonly marks: readonly SpeechMark[]
  /** What could not be followed so far; all of it once it has `ended`. Nothing of what is said. */
  readonly warnings: readonly string[]
  /** All of it is there; or what broke it off, what was made till then is heard. Never rejects. */
  readonly ended: Promise<Failure | undefined>
  /** Whoever asked for it wants it no more: if nobody does, the rest is not made. */
  release(): void
}

/** Text to speech. */
export interface Speech {
  /** Undefined when speech can be made, otherwise the reason why not, for people. */
  unavailableBecause(): string | undefined
  /** Of all providers that can speak, the one preferred most first. Others than these may be had by name. */
  voices(): readonly Voice[]
  /** Whether there is such a voice or language; when not, `synthesise` refuses it. */
  hasVoice(voice: string): boolean
  /** By its id, its name or a language tag, as a request names it; undefined where `synthesise` refuses it. */
  voiceNamed(voice: string): Voice | undefined
  /** Throws the Failure with which `synthesise` would refuse the request without trying. */
  check(request: SpeechRequest): void
  /**
   * Rejects with Failure `speech_unavailable` or `invalid_request`: text that is empty, too long or, as
   * a document, malformed (the detail has line and column); a voice that there is not.
   */
  synthesise(request: SpeechRequest, signal?: AbortSignal): Promise<Utterance>
  /**
   * Resolves as soon as there is a first sound of it. Rejects as `synthesise` does, where there is none. When the
   * signal aborts, it is released.
   */
  speak(request: SpeechRequest, signal?: AbortSignal): Promise<Speaking>
}
