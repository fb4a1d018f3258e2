/** Attempts at once to one receiver, and to a failing one: one that gave no answer last time. */
const maxPerHost = 4
const maxPerFailingHost = 1
/** Attempts at once to failing and slow receivers together: half of all, so that they never take the rest. */
const maxTroubled = 16
/** Such receivers that are remembered; the oldest is forgotten first and so tried like a new one. */
const maxRemembered = 1_000

/** How a receiver took the last attempt. */
export type Pace = 'well' | 'slow' | 'failing'

/** Who gets how much of the outbox's attention, so that a slow or dead receiver delays only itself. */
export class Lanes {
  readonly #inFlight = new Map<string, number>()
  readonly #troubled = new Map<string, Pace>()

  mayStart(host: string): boolean {
    const limit = this.#troubled.get(host) === 'failing' ? maxPerFailingHost : maxPerHost
    if ((this.#inFlight.get(host) ?? 0) >= limit) return false
    return !this.#troubled.has(host) || this.#troubledInFlight() < maxTroubled
  }

  /** Receivers that get nothing more at the moment. */
  full(): string[] {
    const known = new Set([...this.#inFlight.keys(), ...this.#troubled.keys()])
    return [...known].filter((host) => !this.mayStart(host))
  }

  started(host: string): void {
    this.#inFlight.set(host, (this.#inFlight.get(host) ?? 0) + 1)
  }

  ended(host: string, pace: Pace): void {
    const left = (this.#inFlight.get(host) ?? 1) - 1
    if (left > 0) this.#inFlight.set(host, left)
    else this.#inFlight.delete(host)
    this.#troubled.delete(host)
    if (pace !== 'well') this.#remember(host, pace)
  }

  #remember(host: string, pace: Pace): void {
    this.#troubled.set(host, pace)
    if (this.#troubled.size <= maxRemembered) return
    const oldest = this.#troubled.keys().next().value
    if (oldest !== undefined) this.#troubled.delete(oldest)
  }

  #troubledInFlight(): number {
    let count = 0
    for (const [host, inFlight] of this.#inFlight) {
      if (this.#troubled.has(host)) count += inFlight
    }
    return count
  }
}
