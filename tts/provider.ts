import type { Part } from './ssml/script.ts'
import type { Voices } from './ssml/voices.ts'

export interface Words {
  /** Text that has been checked (`checkText`), or what the provider's `markup` gave. */
  readonly text: string
  readonly isMarkup: boolean
}

/** One way to make speech; a file each. */
export interface SpeechProvider extends Voices {
  readonly name: string
  /** Part of the cache key: another version may sound different. */
  readonly version: string
  /** Undefined when it can speak, otherwise the reason why not, for people. */
  unavailableBecause(): string | undefined
  /**
   * A script in the provider's own terms, for `synthesise` with that voice. What the provider can not do
   * it says in words, or leaves out: a script has no part without which the others make no sense.
   */
  markup(parts: readonly Part[], voice: string): string
  /**
   * A WAV file of any rate. Rejects with Failure `speech_unavailable`, or with the signal's reason when
   * aborted. The voice has been resolved.
   */
  synthesise(words: Words, voice: string, signal: AbortSignal): Promise<Uint8Array>
}
