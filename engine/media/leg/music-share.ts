import type { SharedEncoding } from './shared-encoding.ts'
import type { Transmitter } from './transmitter.ts'

type Sharer = Pick<Transmitter, 'sharesMusic' | 'shareMusic' | 'unshare'>

/** Lets a leg that hears nothing but the music of many be sent what is encoded once for them all. */
export class MusicShare {
  #ticks = 0
  #shared: SharedEncoding | undefined

  /** In the first half of a tick, before anything is encoded: `shared` is what it could be sent now. */
  attend(transmitter: Sharer, shared: SharedEncoding | undefined): void {
    if (!transmitter.sharesMusic || shared === this.#shared) return
    transmitter.unshare()
    this.#ticks = 0
  }

  /** At the end of a tick: by and by its encoder is where that of the others is. */
  approach(transmitter: Sharer, shared: SharedEncoding | undefined): void {
    if (shared === undefined || shared !== this.#shared) {
      if (transmitter.sharesMusic) transmitter.unshare()
      this.#shared = shared
      this.#ticks = 0
      return
    }
    if (transmitter.sharesMusic) return
    this.#ticks += 1
    if (this.#ticks <= shared.settleTicks && shared.streams > 0) return
    transmitter.shareMusic(shared)
  }
}
