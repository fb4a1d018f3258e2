import type { AccountId } from '../ids.ts'

/** A webhook as its receiver gets it, before what all webhooks carry is added. */
export interface OutgoingRequest {
  /** Its host and port are those of the address that was asked for. */
  readonly url: string
  readonly method: 'GET' | 'POST'
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** A signature that its receivers look for besides ours: over the body alone, or over the address and a form's fields. */
  readonly signature?: { readonly header: string; readonly over: 'body' | 'address-and-fields' }
}

/** How an application is asked: JSON with names of our own, or a form with the names that users of TwiML know. */
export type InstructionFormat = 'json' | 'form'

export interface InstructionRequest {
  readonly url: string
  readonly method: 'GET' | 'POST'
  /** Default `json`. */
  readonly format?: InstructionFormat
  /** Those that are null or undefined are left out of a query and of a form; objects are JSON there. */
  readonly fields: Readonly<Record<string, unknown>>
  /** The account's webhook secrets, the newest first; none: not signed. */
  readonly secrets?: readonly string[]
}

export interface InstructionAnswer {
  /** Where it came from in the end: what is relative in it is relative to that. */
  readonly url: string
  /** Content type without parameters, in lower case; empty where none was said. */
  readonly type: string
  readonly text: string
}

export interface SocketRequest {
  /** `ws:` or `wss:`. */
  readonly url: string
  /** The account's webhook secrets, the newest first; none: not signed. */
  readonly secrets: readonly string[]
}

/** A WebSocket of ours to somebody's server. It reads nothing before `resume`; after its end all is without effect. */
export interface OutgoingSocket {
  /** Sent, and not gone yet. */
  readonly bufferedBytes: number
  /** A text, or bytes. Of what the server does not read 8 MiB wait; more, and it is cut off. */
  send(message: string | Uint8Array): void
  pause(): void
  resume(): void
  /** Says goodbye; a server that does not answer within a second is cut off. */
  close(code: number, reason: string): void
}

export interface SocketListener {
  /** 1 MiB at most. */
  message(data: string | Uint8Array): void
  /** There is room for more. */
  drained(): void
  /**
   * Once, whoever ended it; 1006: nobody said goodbye (RFC 6455 section 7.4.1). `isFault`: what came was no WebSocket,
   * or too long.
   */
  closed(how: { readonly code: number; readonly why: string; readonly isFault: boolean }): void
}

/** Prompts and instructions by URL. Prompts that an account has stored have one, `prompt:<name>`, and so have those that were recorded here, which are the first account's; all others refuse private addresses unless the operator allowed them. */
export interface Web {
  /**
   * Fetches a WAV, MP3 or Ogg Opus file and makes a WAV of it on disk: mono PCM16 at 16 kHz (8 kHz where it has no
   * more), at the loudness that the operator wants.
   * Failure: `url_not_allowed`, `url_unreachable` (time-out, status, too large, no prompt of that name), `invalid_audio`.
   */
  prompt(
    url: string,
    accountId: AccountId,
    signal?: AbortSignal,
  ): Promise<{ path: string; durationMs: number }>
  /**
   * Asks an application what a call is to do, signed with `secrets`. GET sends `fields` as query, POST as a body of
   * that format. 5 s in all, redirects included, 256 KB. Failure as above, `invalid_json` for an answer that is no text.
   */
  instructions(request: InstructionRequest, signal?: AbortSignal): Promise<InstructionAnswer>
  /**
   * Dials a server, signed as a webhook is that has no body. Within 5 s; redirects are not followed. Failures as above,
   * also `url_unreachable` when the signal aborts, which ends nothing that is open.
   */
  socket(
    request: SocketRequest,
    listener: SocketListener,
    signal: AbortSignal,
  ): Promise<OutgoingSocket>
  /** Checks a URL's form and, where it names an address, that it may be reached. Failure as above. */
  checkUrl(url: string, field: string): void
  /** The same for what `socket` dials. */
  checkSocketUrl(url: string, field: string): void
  /** The same for what `prompt` takes. */
  checkPromptUrl(url: string, field: string): void
}
