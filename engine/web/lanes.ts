/** Attempts at once to one receiver, and to a failing one: one that gave no answer last time. */
const maxPerHost = 4
const maxPerFailingHost = 1
/** Attempts at once to failing receivers together: half of all, so that they never take the rest. */
const maxFailing = 16
/** Failing receivers that are remembered; the oldest is forgotten first and so tried like a new one. */
const maxRemembered = 1_000

/** Who gets how much of the outbox's attention, so that a slow or dead receiver delays only itself. */
export class Lanes {
  readonly #inFlight = new Map<string, number>()
  readonly #failing = new Set<string>()

  mayStart(host: string): boolean {
    const limit = this.#failing.has(host) ? maxPerFailingHost : maxPerHost
    if ((this.#inFlight.get(host) ?? 0) >= limit) return false
    return !this.#failing.has(host) || this.#failingInFlight() < maxFailing
  }

  /** Receivers that get nothing more at the moment. */
  full(): string[] {
    const known = new Set([...this.#inFlight.keys(), ...this.#failing])
    return [...known].filter((host) => !this.mayStart(host))
  }

  started(host: string): void {
    this.#inFlight.set(host, (this.#inFlight.get(host) ?? 0) + 1)
  }

  ended(host: string, isWell: boolean): void {
    const left = (this.#inFlight.get(host) ?? 1) - 1
    if (left > 0) this.#inFlight.set(host, left)
    else this.#inFlight.delete(host)
    this.#failing.delete(host)
    if (!isWell) this.#remember(host)
  }

  #remember(host: string): void {
    this.#failing.add(host)
    if (this.#failing.size <= maxRemembered) return
    const oldest = this.#failing.values().next().value
    if (oldest !== undefined) this.#failing.delete(oldest)
  }

  #failingInFlight(): number {
    let count = 0
    for (const [host, inFlight] of this.#inFlight) {
      if (this.#failing.has(host)) count += inFlight
    }
    return count
  }
}
