const t1Ms = 500
const t2Ms = 4_000
const timeoutMs = 64 * t1Ms

/** Sends a text again after T1, 2 T1, ... (at most T2 apart) until stopped; gives up after 64 T1. */
export class Repeater {
  readonly #send: (text: string) => void
  readonly #givenUp: () => void
  #timer: NodeJS.Timeout | undefined
  repeated = 0

  constructor(send: (text: string) => void, givenUp: () => void) {
    this.#send = send
    this.#givenUp = givenUp
  }

  /** Stops what was repeated before. `now`: the first time is at once. */
  start(text: string, now = true): void {
    this.stop()
    if (now) this.#send(text)
    this.#wait(text, t1Ms, 0)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #wait(text: string, delayMs: number, passedMs: number): void {
    this.#timer = setTimeout(() => {
      if (passedMs + delayMs >= timeoutMs) {
        this.#givenUp()
        return
      }
      this.repeated += 1
      this.#send(text)
      this.#wait(text, Math.min(2 * delayMs, t2Ms), passedMs + delayMs)
    }, delayMs)
  }
}
