import type { TrunkChange, TrunkStatus } from '../../core/ports/sip.ts'
import { type Context, userAgent } from '../context.ts'
import { ask, type Reply, wordsOf } from './ask.ts'

/** In a row: so many misses make a trunk down, so many answers make it up again. */
export const missesToDown = 3
export const answersToUp = 2
const longestWaitMs = 5_000

/** Asks a trunk again and again whether it is there (OPTIONS). */
export class Ping {
  readonly #ctx: Context
  readonly #uri: string
  readonly #intervalMs: number
  readonly #tell: (change: TrunkChange) => void
  readonly #callId: string
  #seq = 0
  #reachable: boolean | null = null
  #roundTripMs: number | null = null
  /** Misses while it is up, answers while it is down. */
  #against = 0
  #disarm = (): void => {}
  #stopAsking = (): void => {}
  #stopped = false

  constructor(
    ctx: Context,
    { uri, intervalMs }: { uri: string; intervalMs: number },
    tell: (change: TrunkChange) => void,
  ) {
    this.#ctx = ctx
    this.#uri = uri
    this.#intervalMs = intervalMs
    this.#tell = tell
    this.#callId = ctx.uuid()
  }

  get status(): Pick<TrunkStatus, 'reachable' | 'roundTripMs'> {
    return { reachable: this.#reachable, roundTripMs: this.#roundTripMs }
  }

  /** Asks now; also when the control connection is back. */
  start(): void {
    if (this.#stopped) return
    this.#disarm()
    this.#stopAsking()
    const self = `<sip:ringdown@${this.#ctx.publicAddress}>`
    this.#stopAsking = ask(
      this.#ctx,
      {
        method: 'OPTIONS',
        uri: this.#uri,
        headers: {
          From: `${self};tag=${this.#ctx.uuid().slice(0, 13)}`,
          'Call-ID': this.#callId,
          'User-Agent': userAgent,
          Accept: 'application/sdp',
        },
        nextSeq: () => ++this.#seq,
        withinMs: Math.min(this.#intervalMs, longestWaitMs),
      },
      (reply) => this.#onReply(reply),
    )
  }

  stop(): void {
    this.#stopped = true
    this.#disarm()
    this.#stopAsking()
  }

  #onReply(reply: Reply): void {
    if (reply.is === 'unsent' && reply.linkDown) return
    // A tenth more or less, so that many trunks are not asked in one moment.
    const delayMs = this.#intervalMs * (0.9 + 0.2 * this.#ctx.random())
    this.#disarm = this.#ctx.clock.after(delayMs, () => this.start())
    const miss = missOf(reply)
    if (miss === undefined) this.#answered((reply as Reply & { is: 'response' }).roundTripMs)
    else this.#missed(miss)
  }

  #answered(roundTripMs: number): void {
    this.#roundTripMs = roundTripMs
    if (this.#reachable !== false) {
      this.#reachable = true
      this.#against = 0
      return
    }
    this.#against++
    if (this.#against < answersToUp) return
    this.#turn(true)
    this.#tell({ is: 'up', roundTripMs })
  }

  #missed(reason: string): void {
    if (this.#reachable === false) {
      this.#against = 0
      return
    }
    this.#against++
    if (this.#against < missesToDown) return
    this.#turn(false)
    this.#roundTripMs = null
    this.#tell({ is: 'down', reason })
  }

  #turn(reachable: boolean): void {
    this.#reachable = reachable
    this.#against = 0
  }
}

/** Why the reply does not show that the trunk works. Whoever refuses OPTIONS is there to refuse it. */
function missOf(reply: Reply): string | undefined {
  if (reply.is === 'silence') return 'no answer'
  if (reply.is === 'unsent') return reply.reason
  const { status } = reply.response
  return [408, 430, 503].includes(status) ? wordsOf(reply.response) : undefined
}
