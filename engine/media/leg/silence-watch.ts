export interface SilenceLimits {
  /** After so long without a packet the peer's audio counts as lost; 0: never. */
  readonly lostMs: number
  /** After so long it will not come back; 0: never. */
  readonly endMs: number
}

export type SilenceChange = 'lost' | 'back' | 'end'

/** Tells when a peer that should be sending is not heard any more. Allocates nothing. */
export class SilenceWatch {
  readonly #limits: SilenceLimits
  readonly #tell: (change: SilenceChange, silentMs: number) => void
  #isOn = false
  #heard = 0
  #silentMs = 0
  #isLost = false
  #isOver = false

  constructor(limits: SilenceLimits, tell: (change: SilenceChange, silentMs: number) => void) {
    this.#limits = limits
    this.#tell = tell
  }

  /** From now on silence counts: before the answer a peer need not send anything. */
  begin(): void {
    this.#isOn = true
    this.#silentMs = 0
  }

  /**
   * `heard` is how many packets of the peer have come so far; `isDue`, that it should be sending;
   * `elapsedMs`, for how long we have listened since the last look.
   */
  look(heard: number, isDue: boolean, elapsedMs: number): void {
    if (heard !== this.#heard) {
      this.#heard = heard
      this.#isOver = false
      if (this.#isLost) {
        this.#isLost = false
        this.#tell('back', this.#silentMs)
      }
      this.#silentMs = 0
      return
    }
    if (!this.#isOn || !isDue) {
      this.#silentMs = 0
      return
    }
    this.#silentMs += elapsedMs
    if (!this.#isLost && this.#isReached(this.#limits.lostMs)) {
      this.#isLost = true
      this.#tell('lost', this.#silentMs)
    }
    if (!this.#isOver && this.#isReached(this.#limits.endMs)) {
      this.#isOver = true
      this.#tell('end', this.#silentMs)
    }
  }

  #isReached(limitMs: number): boolean {
    return limitMs > 0 && this.#silentMs >= limitMs
  }
}
