import type { TrunkChange, TrunkRecord, TrunkStatus } from '../../core/ports/sip.ts'
import { optionsOf } from '../../core/trunk-options.ts'
import { encodeUser } from '../address.ts'
import { trunkAddress, uriHost } from '../call/routes.ts'
import { type Context, userAgent } from '../context.ts'
import type { ResponseIn } from '../link/link.ts'
import { ask, type Reply, wordsOf } from './ask.ts'
import { contactOf, contactUserOf, grantedS, secondsOf } from './contact.ts'
import { credentialsOf } from './credentials.ts'

/** The wait after a failure: doubled each time, and a quarter more or less. */
export const firstRetryMs = 30_000
export const longestRetryMs = 30 * 60_000
/** How long `stop` waits for the registrar's answer. */
const stopWithinMs = 1_500
/** The server's own timeout comes at 32 s (RFC 3261 section 17.1.2.2, timer F). */
const answerWithinMs = 40_000
const maxExpiresS = 7 * 86_400

/** Trying again changes nothing about these until somebody changes the password or the account. */
const refusals: ReadonlySet<number> = new Set([401, 403, 404, 407])

type State = NonNullable<TrunkStatus['registration']>

/** Keeps us registered at one trunk (RFC 3261 section 10.2), from `start` to `stop`. */
export class Registration {
  readonly #ctx: Context
  readonly #trunk: TrunkRecord
  readonly #tell: (change: TrunkChange) => void
  readonly #callId: string
  readonly #tag: string
  #seq = 0
  #expiresS: number
  /** Asked for longer just now: a registrar that wants ever more is waited for. */
  #isLonger = false
  #state: State['state'] = 'trying'
  #untilMs: number | null = null
  #lastError: string | null = null
  #failures = 0
  #stopAsking = (): void => {}
  #disarm = (): void => {}
  #stopped = false
  /** The registrar may know our Contact. */
  #mayBeKnown = false

  constructor(ctx: Context, trunk: TrunkRecord, tell: (change: TrunkChange) => void) {
    this.#ctx = ctx
    this.#trunk = trunk
    this.#tell = tell
    this.#callId = ctx.uuid()
    this.#tag = ctx.uuid().slice(0, 13)
    this.#expiresS = optionsOf(trunk).registration?.expiresS ?? 0
  }

  get status(): State {
    return { state: this.#state, untilMs: this.#untilMs, lastError: this.#lastError }
  }

  /** Registers now, whatever was planned; also when the control connection is back. */
  start(): void {
    if (this.#stopped) return
    this.#disarm()
    this.#stopAsking()
    this.#mayBeKnown = true
    this.#stopAsking = this.#register(this.#expiresS, answerWithinMs, (reply) =>
      this.#onReply(reply),
    )
  }

  /** Takes our Contact away. Resolves when that is done, or when nobody answers. */
  stop(): Promise<void> {
    if (this.#stopped) return Promise.resolve()
    this.#stopped = true
    this.#disarm()
    this.#stopAsking()
    if (!this.#mayBeKnown || !this.#ctx.link.up()) return Promise.resolve()
    return new Promise((done) => {
      this.#register(0, stopWithinMs, () => done())
    })
  }

  #register(expiresS: number, withinMs: number, done: (reply: Reply) => void): () => void {
    const trunk = this.#trunk
    const user = encodeUser(trunk.username ?? contactUserOf(trunk) ?? 'ringdown')
    const aor = `<sip:${user}@${uriHost(trunk.host)}>`
    return ask(
      this.#ctx,
      {
        method: 'REGISTER',
        uri: trunkAddress(trunk),
        headers: {
          From: `${aor};tag=${this.#tag}`,
          To: aor,
          'Call-ID': this.#callId,
          Contact: contactOf(trunk),
          Expires: String(expiresS),
          'User-Agent': userAgent,
        },
        credentials: credentialsOf(trunk),
        nextSeq: () => ++this.#seq,
        withinMs,
      },
      done,
    )
  }

  #onReply(reply: Reply): void {
    if (reply.is === 'silence') this.#failed('no answer', undefined)
    else if (reply.is === 'unsent') {
      // `start` is called again when the control connection is back.
      if (!reply.linkDown) this.#failed(reply.reason, undefined)
    } else if (reply.response.status < 300) this.#granted(reply.response)
    else if (!this.#longer(reply.response)) {
      const { status } = reply.response
      this.#failed(wordsOf(reply.response), status, secondsOf(reply.response.header('retry-after')))
    }
  }

  /** 423: the registrar wants fewer of us. True when it is asked again. */
  #longer(response: ResponseIn): boolean {
    if (response.status !== 423) return false
    const minS = secondsOf(response.header('min-expires'))
    if (minS === undefined || minS <= this.#expiresS || minS > maxExpiresS) return false
    if (this.#isLonger) return false
    this.#isLonger = true
    this.#expiresS = minS
    this.start()
    return true
  }

  #granted(response: ResponseIn): void {
    const granted = Math.min(grantedS(this.#trunk, response) ?? this.#expiresS, maxExpiresS)
    if (granted === 0) {
      this.#failed('registered for no time at all', undefined)
      return
    }
    const wasThere = this.#state === 'registered'
    this.#state = 'registered'
    this.#failures = 0
    this.#isLonger = false
    this.#lastError = null
    this.#untilMs = this.#ctx.clock.nowMs() + granted * 1000
    // With room for a lost packet or two before the end, and not all trunks at once.
    const share = 0.85 + 0.05 * this.#ctx.random()
    this.#disarm = this.#ctx.clock.after(Math.max(1000, granted * 1000 * share), () => this.start())
    if (!wasThere) this.#tell({ is: 'registered', untilMs: this.#untilMs })
  }

  #failed(reason: string, sipStatus: number | undefined, retryAfterS = 0): void {
    const isNews = this.#state !== 'failed' || this.#lastError !== reason
    this.#state = 'failed'
    this.#isLonger = false
    this.#lastError = reason
    if (this.#untilMs !== null && this.#untilMs <= this.#ctx.clock.nowMs()) this.#untilMs = null
    const isRefused = sipStatus !== undefined && refusals.has(sipStatus)
    const backOffMs = isRefused
      ? longestRetryMs
      : Math.min(firstRetryMs * 2 ** this.#failures, longestRetryMs)
    this.#failures++
    const wishedMs = Math.min(retryAfterS * 1000, longestRetryMs)
    const retryInMs = Math.max(wishedMs, backOffMs * (0.75 + 0.5 * this.#ctx.random()))
    this.#disarm = this.#ctx.clock.after(retryInMs, () => this.start())
    if (isNews) this.#tell({ is: 'registrationFailed', reason, retryInMs })
  }
}
