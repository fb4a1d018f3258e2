import { BackOff } from './back-off.ts'
import { DeviceError } from './errors.ts'

interface TokenClockEvents {
  willExpire(inMs: number): void
  renewed(token: string): void
  failed(error: DeviceError): void
}

/** A timer waits 2^31 - 1 ms at most. */
const LONGEST_WAIT_MS = 2 ** 31 - 1

/**
 * A token with less left than this is good for nothing: it came late, or the clock here is wrong, and asking for the
 * next one at once would go on without end.
 */
const TOO_LITTLE_MS = 5000

/** Tells when a token runs out, and fetches the next one by `refresh` until it has one. */
export class TokenClock {
  readonly #aheadMs: number
  readonly #refresh: (() => Promise<string>) | undefined
  readonly #events: TokenClockEvents
  readonly #backOff = new BackOff()
  #expiresAtMs = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Counts tokens: what was asked for one of before is of no use any more. */
  #tokens = 0

  constructor(
    aheadMs: number,
    refresh: (() => Promise<string>) | undefined,
    events: TokenClockEvents,
  ) {
    this.#aheadMs = aheadMs
    this.#refresh = refresh
    this.#events = events
  }

  set(expiresAt: Date): void {
    this.stop()
    const isFirst = this.#expiresAtMs === 0
    this.#expiresAtMs = expiresAt.getTime()
    const leftMs = this.#leftMs
    const isGood = leftMs > TOO_LITTLE_MS
    if (isGood) this.#backOff.reset()
    // At half time where a token lives no longer than that.
    const goodForMs = Math.max(0, leftMs - Math.min(this.#aheadMs, leftMs / 2))
    this.#after(isGood || isFirst ? goodForMs : this.#backOff.next(), () => {
      this.#events.willExpire(Math.max(0, this.#leftMs))
      void this.#renew(false)
    })
  }

  stop(): void {
    this.#tokens += 1
    clearTimeout(this.#timer)
  }

  get #leftMs(): number {
    return this.#expiresAtMs - Date.now()
  }

  #after(delayMs: number, run: () => void): void {
    this.#timer = setTimeout(run, Math.min(delayMs, LONGEST_WAIT_MS))
  }

  /** `isTold`: that the token has run out. */
  async #renew(isTold: boolean): Promise<void> {
    if (!this.#refresh) return
    const tokens = this.#tokens
    try {
      const token = await this.#refresh()
      if (this.#tokens === tokens) this.#events.renewed(token)
    } catch (cause) {
      if (this.#tokens !== tokens) return
      const isOver = this.#leftMs <= 0
      this.#after(this.#backOff.next(), () => void this.#renew(isOver))
      if (!isOver || isTold) return
      const why = 'The token has run out and could not be renewed.'
      this.#events.failed(new DeviceError('token-expired', why, { cause }))
    }
  }
}
