/** A webhook as its receiver gets it, before what all webhooks carry is added. */
export interface OutgoingRequest {
  /** Its host and port are those of the address that was asked for. */
  readonly url: string
  readonly method: 'GET' | 'POST'
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** Prompts and instructions by URL. Prompts that were recorded here have one, `prompt:<name>`; all others refuse private addresses unless the operator allowed them. */
export interface Web {
  /**
   * Fetches a WAV and converts it to 8 kHz mono PCM16 on disk; one that was recorded here is had at 16 kHz.
   * Failure: `url_not_allowed`, `url_unreachable` (time-out, status, too large, no recorded prompt of that
   * name), `invalid_audio`.
   */
  prompt(url: string, signal?: AbortSignal): Promise<{ path: string; durationMs: number }>
  /**
   * Asks an application for its verbs. GET sends `fields` as query, POST as JSON body; the answer is the
   * parsed JSON. 5 s in all, 256 KB. Failure as above, `invalid_json` for an answer that is none.
   */
  instructions(
    request: {
      url: string
      method: 'GET' | 'POST'
      fields: Readonly<Record<string, unknown>>
    },
    signal?: AbortSignal,
  ): Promise<unknown>
  /** Checks a URL's form and, where it names an address, that it may be reached. Failure as above. */
  checkUrl(url: string, field: string): void
  /** The same for what `prompt` takes. */
  checkPromptUrl(url: string, field: string): void
}
