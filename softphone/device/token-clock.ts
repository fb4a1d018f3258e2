import { BackOff } from './back-off.ts'
import { DeviceError } from './errors.ts'

interface TokenClockEvents {
  willExpire(inMs: number): void
  renewed(token: string): void
  failed(error: DeviceError): void
}

/** A timer waits 2^31 - 1 ms at most. */
const LONGEST_WAIT_MS = 2 ** 31 - 1

/** Tells when a token runs out, and fetches the next one by `refresh` until it has one or it is too late. */
export class TokenClock {
  readonly #aheadMs: number
  readonly #refresh: (() => Promise<string>) | undefined
  readonly #events: TokenClockEvents
  #expiresAtMs = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #backOff = new BackOff()

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
    this.#backOff = new BackOff()
    this.#expiresAtMs = expiresAt.getTime()
    // At half time where a token lives no longer than that.
    const leftMs = this.#leftMs
    this.#after(Math.max(0, leftMs - Math.min(this.#aheadMs, leftMs / 2)), () => {
      this.#events.willExpire(this.#leftMs)
      void this.#renew()
    })
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  get #leftMs(): number {
    return this.#expiresAtMs - Date.now()
  }

  #after(delayMs: number, run: () => void): void {
    this.#timer = setTimeout(run, Math.min(delayMs, LONGEST_WAIT_MS))
  }

  async #renew(): Promise<void> {
    if (!this.#refresh) return
    const expiresAtMs = this.#expiresAtMs
    try {
      this.#events.renewed(await this.#refresh())
    } catch (cause) {
      if (this.#expiresAtMs !== expiresAtMs) return
      if (this.#leftMs > 0) this.#after(this.#backOff.next(), () => void this.#renew())
      else {
        const why = 'The token has run out and could not be renewed.'
        this.#events.failed(new DeviceError('token-expired', why, { cause }))
      }
    }
  }
}
