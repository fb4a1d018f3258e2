/** One way to make speech; a file each. */
export interface SpeechProvider {
  readonly name: string
  /** Part of the cache key: another version may sound different. */
  readonly version: string
  /** Undefined when it can speak, otherwise the reason why not, for people. */
  unavailableBecause(): string | undefined
  /** The provider's own name of a voice or language tag; undefined when it has none such. */
  resolveVoice(voice: string | undefined): string | undefined
  /**
   * A WAV file of any rate. Rejects with Failure `speech_unavailable`, or with the signal's reason when
   * aborted. The text has been checked (`checkText`), the voice resolved.
   */
  synthesise(text: string, voice: string, signal: AbortSignal): Promise<Uint8Array>
}
