import type { Voice } from '../engine/core/ports/speech.ts'
import type { Part } from './ssml/script.ts'
import type { VoiceWish } from './ssml/wish.ts'

/**
 * What a provider may do by itself. What it can not is done around it: `rate` by stretching time, `pitch` by
 * another rate of samples and stretching, `volume` by gain; `ipa` is left out with a warning, and `spelled` words
 * are given with spaces between their signs.
 */
export type Rendered = 'rate' | 'pitch' | 'volume' | 'ipa' | 'spelled'

/** A few words in one manner. */
export interface Segment {
  /**
   * Checked and without markup, never empty; white space is single. A sentence, or a part of one; more of them
   * for a provider that `streams`.
   */
  readonly text: string
  /** A `Voice.name` of the provider, as `voices` or `findVoice` gave it. */
  readonly voice: string
  /** Factor of speed, 0.5 to 3; 1 unless the provider renders `rate`. */
  readonly rate: number
  /** Pitch, in octaves up or down, -1 to 1; 0 unless it renders `pitch`. */
  readonly octaves: number
  /** Factor of amplitude, 0 to 2; 1 unless it renders `volume`. */
  readonly gain: number
  /** Sign by sign instead of as words; false unless it renders `spelled`. */
  readonly spelled: boolean
  /** To be said instead of the text, in the International Phonetic Alphabet; only where it renders `ipa`. */
  readonly ipa?: string
}

/** Mono samples; all chunks of a segment are of one rate, that of the voice where it is known before. */
export interface PcmChunk {
  readonly rateHz: number
  readonly samples: Int16Array
}

/**
 * A stream of sound. It throws Failure `speech_unavailable`, or the signal's reason when that aborts; whoever
 * leaves it before its end ends all that makes it.
 */
export type PcmStream = AsyncIterable<PcmChunk>

/** One way to make speech; a file each. */
export interface SpeechProvider {
  /** Part of its voices' ids: small letters, digits, hyphens. */
  readonly name: string
  /** Part of the cache's key: another version may sound different. */
  readonly version: string
  readonly renders: ReadonlySet<Rendered>
  /** It gives the first sound before it has made the last: it may be given several sentences at a time. */
  readonly streams: boolean
  /** How long it takes is not ours to know: nobody waits while its voices are measured. */
  readonly isRemote?: boolean
  /** Undefined when it can speak, otherwise the reason why not, for people. */
  unavailableBecause(): string | undefined
  /** All that are worth a list, the default one first; empty when it can not speak. */
  voices(): readonly Voice[]
  /**
   * A voice by what somebody calls it, where the list is not enough: `exact`, by its name or language tag, or by
   * what comes near (another region of the language). Without this method the list is searched.
   */
  findVoice?(name: string, exact: boolean): Voice | undefined
  /** The voice most like one of its own that fits the wish; without this method the list is searched. */
  voiceLike?(voice: Voice, wish: VoiceWish): Voice | undefined
  /** Of one that renders `ipa`: whether it can say that; without this method it can say all. */
  takesIpa?(voice: Voice, ipa: string): boolean
  speak(segment: Segment, signal: AbortSignal): PcmStream
  /**
   * Speaks a whole script, whose voices are all its own, by name: for a provider that changes voice and manner within
   * a sentence, and pauses, better than can be done around it.
   */
  speakScript?(parts: readonly Part[], voice: string, signal: AbortSignal): PcmStream
}
