export interface SpeechRequest {
  /** Plain text, spoken sign by sign as it is; or with `markup` a document of that kind. */
  readonly text: string
  readonly markup?: 'ssml'
  /** Voice or language tag as the provider knows it, e.g. `en-au`; default the provider's own. */
  readonly voice?: string
}

export interface Utterance {
  /** 8 kHz mono 16-bit WAV, valid until the cache evicts it (never while the process uses it). */
  readonly path: string
  readonly durationMs: number
  readonly cached: boolean
}

/** Text to speech. */
export interface Speech {
  /** Undefined when speech can be made, otherwise the reason why not, for people. */
  unavailableBecause(): string | undefined
  /** Whether there is such a voice or language; when not, `synthesise` refuses it. */
  hasVoice(voice: string): boolean
  /** Throws the Failure with which `synthesise` would refuse the request without trying. */
  check(request: SpeechRequest): void
  /**
   * Rejects with Failure `speech_unavailable` or `invalid_request`: text that is empty, too long or, as
   * a document, malformed (the detail has line and column); a voice that there is not.
   */
  synthesise(request: SpeechRequest, signal?: AbortSignal): Promise<Utterance>
}
