import type { Delivery } from './store.ts'

/** An e-mail to one address. All texts are as people wrote them: whoever sends it encodes them. */
export interface Letter {
  /** The same whenever it is sent again: what makes the Message-ID. Letters, digits, `.` and `-`. */
  readonly id: string
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html?: string
  readonly attachment?: {
    readonly filename: string
    readonly contentType: string
    readonly content: Uint8Array
  }
}

/** What an attempt to send came to. */
export type MailOutcome =
  /** The server has taken it. */
  | { readonly is: 'delivered'; readonly status: number }
  /** `isFinal`: it will never take it, so it is not tried again. */
  | {
      readonly is: 'refused'
      readonly error: string
      readonly isFinal: boolean
      readonly status?: number
      /** A smaller one may be taken. */
      readonly isTooLarge?: true
    }
  /** Not reached, not let in, or not in time. */
  | { readonly is: 'unanswered'; readonly error: string }
  /** It is not written yet. */
  | { readonly is: 'later'; readonly atMs: number }

/** A mail server that takes letters. */
export interface Mailer {
  /** Never rejects. After the signal it may still be taken. */
  send(letter: Letter, signal: AbortSignal): Promise<MailOutcome>
  close(): void
}

/** How an e-mail stands in the outbox. */
export const mailUrlOf = (address: string): string => `mailto:${address}`

export const isMailUrl = (url: string): boolean => url.startsWith('mailto:')

export const addressOfMailUrl = (url: string): string => url.slice('mailto:'.length)

/** What share of the outbox e-mails have: one server takes them all. */
export const mailHost = 'mailto:'

/** Writes the e-mails of the outbox and has them sent. */
export interface MailDeliveries {
  attempt(delivery: Delivery, signal: AbortSignal): Promise<MailOutcome>
  /** After it is stored that the server has taken it. */
  delivered(delivery: Delivery): Promise<void>
}

/** So long may an address be (RFC 5321 section 4.5.3.1). */
export const longestAddress = 254

const addressForm =
  /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)*[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/i

/**
 * An e-mail address as it is usually written: a dot-atom and a host name (RFC 5321 section 4.1.2); no quoted names, no
 * address literals, nothing that could end a line.
 */
export const isMailAddress = (text: string): boolean =>
  text.length <= longestAddress && addressForm.test(text)
