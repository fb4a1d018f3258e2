import {
  answerChallenge,
  type Credentials,
  isChallenge,
  isStale,
  realmOf,
} from '../auth/digest-answer.ts'
import type { Context } from '../context.ts'
import type { Headers, RequestOut, ResponseIn, SentRequest } from '../link/link.ts'

/** A request outside any dialog, without its CSeq. */
export interface Question {
  readonly method: 'REGISTER' | 'OPTIONS'
  readonly uri: string
  readonly headers: Headers
  readonly credentials?: Credentials | undefined
  /** The number for the next CSeq. */
  nextSeq(): number
  /** No answer after this is no answer. */
  readonly withinMs: number
}

export type Reply =
  | { readonly is: 'response'; readonly response: ResponseIn; readonly roundTripMs: number }
  | { readonly is: 'silence' }
  /** It did not go out. `linkDown`: through no fault of the other side. */
  | { readonly is: 'unsent'; readonly linkDown: boolean; readonly reason: string }

/** One for no credentials, one for right ones, one for a nonce that was too old. */
const maxAttempts = 3

/**
 * Sends a request, again with credentials where it is challenged, and tells what came of it exactly once.
 * Returns how to stop listening.
 */
export function ask(ctx: Context, question: Question, done: (reply: Reply) => void): () => void {
  const asking = new Asking(ctx, question, done)
  asking.send({})
  return () => asking.stop()
}

/**
 * A response as it is told to the operator. Where a name has no address the SIP server answers by itself, and
 * so it does for names that end in `.invalid`, which are nowhere (RFC 6761).
 */
export function wordsOf({ status, reason, address }: ResponseIn): string {
  const isNowhere = status === 430 || (status === 503 && reason === 'DNS Error')
  if (address === '' && isNowhere) return 'DNS: the host has no address'
  return `${status} ${reason}`.trim()
}

class Asking {
  readonly #ctx: Context
  readonly #question: Question
  readonly #done: (reply: Reply) => void
  readonly #disarm: () => void
  #sent: SentRequest | undefined
  #sentAtMs = 0
  #attempt = 0
  /** In which we were challenged. */
  #realm: string | undefined
  #over = false

  constructor(ctx: Context, question: Question, done: (reply: Reply) => void) {
    this.#ctx = ctx
    this.#question = question
    this.#done = done
    this.#disarm = ctx.clock.after(question.withinMs, () => this.#end({ is: 'silence' }))
  }

  send(extra: Headers): void {
    const { method, uri, headers, nextSeq } = this.#question
    this.#attempt++
    this.#sentAtMs = this.#ctx.clock.monotonicMs()
    const request: RequestOut = {
      method,
      uri,
      headers: { ...headers, CSeq: `${nextSeq()} ${method}`, ...extra },
    }
    this.#ctx.link.request(request, {
      sent: (sent) => {
        this.#sent = sent
        if (this.#over) sent.forget()
      },
      response: (response) => this.#onResponse(response),
      failed: ({ is, reason }) => this.#end({ is: 'unsent', linkDown: is === 'linkDown', reason }),
    })
  }

  stop(): void {
    if (this.#over) return
    this.#over = true
    this.#disarm()
    this.#sent?.forget()
  }

  #onResponse(response: ResponseIn): void {
    if (this.#over || response.status < 200) return
    if (this.#repeat(response)) return
    const { credentials, method } = this.#question
    if (
      credentials &&
      this.#realm !== undefined &&
      response.status < 300 &&
      method === 'REGISTER'
    ) {
      this.#ctx.realms.took(credentials, this.#realm, method)
    }
    const roundTripMs = this.#ctx.clock.monotonicMs() - this.#sentAtMs
    this.#end({ is: 'response', response, roundTripMs })
  }

  #repeat(response: ResponseIn): boolean {
    const { credentials, method, uri } = this.#question
    if (!credentials || !isChallenge(response) || this.#attempt >= maxAttempts) return false
    if (this.#attempt > 1 && !isStale(response)) return false
    const request = { method, uri: this.#sent?.uri ?? uri, cnonce: this.#ctx.uuid() }
    const answer = answerChallenge(response, request, credentials)
    if (!answer) return false
    this.#realm = realmOf(answer)
    this.send(answer)
    return true
  }

  #end(reply: Reply): void {
    if (this.#over) return
    this.stop()
    this.#done(reply)
  }
}
