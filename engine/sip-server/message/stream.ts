import { messageLimits } from './limits.ts'
import { keyOf } from './names.ts'
import { decimal, indexWithin, trimmedSlice } from './text.ts'

export type Piece =
  | { readonly is: 'message'; readonly text: string }
  /** double CRLF: answer with a CRLF (RFC 5626 section 4.4.1) */
  | { readonly is: 'ping' }
  /** the stream can no longer be followed; it must be closed after what is there is answered */
  | { readonly is: 'broken'; readonly text: string; readonly cause: 'tooLarge' | 'noLength' }

const emptyLine = '\r\n\r\n'

/** Content-Length of a header block (RFC 3261 section 18.3), undefined if absent or unusable. */
const announced = (head: string): number | undefined => {
  let at = 0
  while (at < head.length) {
    let eol = head.indexOf('\n', at)
    if (eol < 0) eol = head.length
    const colon = indexWithin(head, 58, at, eol)
    if (colon > at && keyOf(trimmedSlice(head, at, colon)) === 'content-length') {
      return decimal(trimmedSlice(head, colon + 1, eol))
    }
    at = eol + 1
  }
  return undefined
}

/**
 * Cuts a byte stream into SIP messages. Holds at most one unfinished message, never more than
 * `messageLimits.messageBytes`; what would exceed that breaks the stream. The cost is that of the
 * bytes, in however small pieces they come: what is held is looked at only once it is whole.
 */
export class MessageStream {
  #held = ''
  /** the first bytes are those of a message */
  #begun = false
  /** the last bytes held, which may be the beginning of an empty line */
  #tail = ''
  /** bytes that the message has by its Content-Length, once its headers are there */
  #wanted: number | undefined
  #state: 'open' | 'broken' = 'open'

  get heldBytes(): number {
    return this.#held.length
  }

  push(chunk: string): Piece[] {
    const pieces: Piece[] = []
    if (this.#state === 'broken') return pieces
    this.#held += chunk
    let more = chunk
    for (let piece = this.#next(more); piece !== undefined; piece = this.#next(more)) {
      pieces.push(piece)
      more = this.#held
      if (piece.is !== 'broken') continue
      this.#state = 'broken'
      this.#held = ''
      break
    }
    return pieces
  }

  /** `more`: the bytes held that have not been looked at. */
  #next(more: string): Piece | undefined {
    let news = more
    if (!this.#begun) {
      const ping = this.#begin()
      if (ping !== undefined || !this.#begun) return ping
      news = this.#held
    }
    if (this.#wanted === undefined) {
      const isThere = `${this.#tail}${news}`.includes(emptyLine)
      this.#tail = `${this.#tail}${news.slice(-3)}`.slice(-3)
      if (!isThere) return this.#tooMuch()
      const broken = this.#measure()
      if (broken !== undefined) return broken
    }
    const wanted = this.#wanted ?? 0
    if (this.#held.length < wanted) return undefined
    const text = this.#held.slice(0, wanted)
    this.#restart(wanted)
    return { is: 'message', text }
  }

  /** Keep-alives and stray line breaks before a message. */
  #begin(): Piece | undefined {
    if (this.#held.startsWith(emptyLine)) {
      this.#restart(4)
      return { is: 'ping' }
    }
    if (this.#held.startsWith('\r\n')) {
      // may be the first half of a ping or a stray line break before a message
      if (this.#held.length < 4 && emptyLine.startsWith(this.#held)) return undefined
      this.#held = this.#held.slice(2)
    } else if (this.#held.length < 2 && '\r\n'.startsWith(this.#held)) return undefined
    this.#begun = true
    return undefined
  }

  /** The headers are whole: how long is the message? */
  #measure(): Piece | undefined {
    const blank = this.#held.indexOf(emptyLine)
    if (blank > messageLimits.messageBytes - 4) return this.#tooMuch()
    const head = this.#held.slice(0, blank + 2)
    const length = announced(head)
    if (length === undefined) return { is: 'broken', text: `${head}\r\n`, cause: 'noLength' }
    const total = blank + 4 + length
    if (total > messageLimits.messageBytes) {
      return { is: 'broken', text: `${head}\r\n`, cause: 'tooLarge' }
    }
    this.#wanted = total
    return undefined
  }

  #restart(at: number): void {
    this.#held = this.#held.slice(at)
    this.#begun = false
    this.#tail = ''
    this.#wanted = undefined
  }

  #tooMuch(): Piece | undefined {
    return this.#held.length > messageLimits.messageBytes
      ? { is: 'broken', text: this.#held, cause: 'tooLarge' }
      : undefined
  }
}
