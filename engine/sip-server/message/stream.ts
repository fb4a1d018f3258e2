import { messageLimits } from './limits.ts'
import { keyOf } from './names.ts'
import { decimal, trimmedSlice } from './text.ts'

export type Piece =
  | { readonly is: 'message'; readonly text: string }
  /** double CRLF: answer with a CRLF (RFC 5626 section 4.4.1) */
  | { readonly is: 'ping' }
  /** the stream can no longer be followed; it must be closed after what is there is answered */
  | { readonly is: 'broken'; readonly text: string; readonly cause: 'tooLarge' | 'noLength' }

/** Content-Length of a header block (RFC 3261 section 18.3), undefined if absent or unusable. */
const announced = (head: string): number | undefined => {
  let at = 0
  while (at < head.length) {
    let eol = head.indexOf('\n', at)
    if (eol < 0) eol = head.length
    const colon = head.indexOf(':', at)
    if (colon > at && colon < eol && keyOf(trimmedSlice(head, at, colon)) === 'content-length') {
      return decimal(trimmedSlice(head, colon + 1, eol))
    }
    at = eol + 1
  }
  return undefined
}

/**
 * Cuts a byte stream into SIP messages. Holds at most one unfinished message, never more than
 * `messageLimits.messageBytes`; what would exceed that breaks the stream.
 */
export class MessageStream {
  #held = ''
  #state: 'open' | 'broken' = 'open'

  get heldBytes(): number {
    return this.#held.length
  }

  push(chunk: string): Piece[] {
    const pieces: Piece[] = []
    if (this.#state === 'broken') return pieces
    this.#held += chunk
    for (let piece = this.#next(); piece !== undefined; piece = this.#next()) {
      pieces.push(piece)
      if (piece.is !== 'broken') continue
      this.#state = 'broken'
      this.#held = ''
      break
    }
    return pieces
  }

  #next(): Piece | undefined {
    if (this.#held.startsWith('\r\n\r\n')) {
      this.#held = this.#held.slice(4)
      return { is: 'ping' }
    }
    if (this.#held.startsWith('\r\n')) {
      // may be the first half of a ping or a stray line break before a message
      if (this.#held.length < 4 && '\r\n\r\n'.startsWith(this.#held)) return undefined
      this.#held = this.#held.slice(2)
    }
    const blank = this.#held.indexOf('\r\n\r\n')
    if (blank < 0) return this.#tooMuch()
    const head = this.#held.slice(0, blank + 2)
    const length = announced(head)
    if (length === undefined) return { is: 'broken', text: `${head}\r\n`, cause: 'noLength' }
    const total = blank + 4 + length
    if (total > messageLimits.messageBytes) {
      return { is: 'broken', text: `${head}\r\n`, cause: 'tooLarge' }
    }
    if (this.#held.length < total) return undefined
    const text = this.#held.slice(0, total)
    this.#held = this.#held.slice(total)
    return { is: 'message', text }
  }

  #tooMuch(): Piece | undefined {
    return this.#held.length > messageLimits.messageBytes
      ? { is: 'broken', text: this.#held, cause: 'tooLarge' }
      : undefined
  }
}
