/** What a network does to packets, in figures; what is not named does not happen. */
export interface Impairment {
  /** The same seed, figures and packets give the same arrivals. */
  readonly seed: number
  /** Every packet takes at least so long. */
  readonly delayMs?: number
  /** And up to so much longer, evenly spread; each packet for itself. */
  readonly jitterMs?: number
  /** Lost one by one. */
  readonly lossPercent?: number
  /** Lost in bursts (Gilbert): how often one begins, and how many packets it takes on average. */
  readonly bursts?: { readonly startPercent: number; readonly meanPackets: number }
  /** So many come later than those behind them. */
  readonly reorderPercent?: number
  readonly reorderMs?: number
  /** So many come twice, the second time within 60 ms. */
  readonly duplicatePercent?: number
  /** The network stands still for so long, so often, and then gives out all at once. */
  readonly stalls?: {
    readonly everyMs: number
    readonly lengthMs: number
    readonly firstMs: number
  }
  /** The sender's clock: positive is slow, by so many millionths. */
  readonly driftPpm?: number
}

/** Seeded randomness, 0 to 1. */
export function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

const DUPLICATE_WITHIN_MS = 60
const USUAL_REORDER_MS = 25

/**
 * Tells of one packet after the other when it arrives. As much randomness is drawn for each packet whatever
 * becomes of it, so that one figure can be changed without all others falling differently.
 */
export class Impairments {
  readonly #of: Impairment
  readonly #random: () => number
  #firstMs = Number.NaN
  #inBurst = false

  constructor(of: Impairment) {
    this.#of = of
    this.#random = seededRandom(of.seed)
  }

  /** Arrival times of the packet that is sent at `sentMs`: none when it is lost, two when it comes twice. */
  next(sentMs: number): readonly number[] {
    const { delayMs = 0, jitterMs = 0, reorderMs = USUAL_REORDER_MS, driftPpm = 0 } = this.#of
    if (Number.isNaN(this.#firstMs)) this.#firstMs = sentMs
    const sinceMs = (sentMs - this.#firstMs) * (1 + driftPpm / 1e6)
    const isLost = this.#isLost()
    const jitter = this.#random() * jitterMs
    const isReordered = this.#happens(this.#of.reorderPercent)
    const isDouble = this.#happens(this.#of.duplicatePercent)
    const againMs = this.#random() * DUPLICATE_WITHIN_MS
    if (isLost) return []
    const wayMs = delayMs + jitter + (isReordered ? reorderMs : 0)
    const atMs = this.#firstMs + this.#released(sinceMs + wayMs)
    return isDouble ? [atMs, atMs + againMs] : [atMs]
  }

  #isLost(): boolean {
    const { bursts, lossPercent } = this.#of
    const alone = this.#happens(lossPercent)
    if (!bursts) return alone
    const stays = this.#random() < 1 - 1 / bursts.meanPackets
    const begins = this.#happens(bursts.startPercent)
    this.#inBurst = this.#inBurst ? stays : begins
    return alone || this.#inBurst
  }

  #happens(percent = 0): boolean {
    return this.#random() * 100 < percent
  }

  #released(atMs: number): number {
    const { stalls } = this.#of
    if (!stalls || atMs < stalls.firstMs) return atMs
    const intoMs = (atMs - stalls.firstMs) % stalls.everyMs
    return intoMs < stalls.lengthMs ? atMs - intoMs + stalls.lengthMs : atMs
  }
}

export interface Arrival<P> {
  readonly packet: P
  readonly atMs: number
}

/** What arrives of packets that are sent, in the order of arrival. */
export function arrivals<P extends { readonly sentMs: number }>(
  packets: readonly P[],
  impairment: Impairment,
): Arrival<P>[] {
  const network = new Impairments(impairment)
  return packets
    .flatMap((packet) => network.next(packet.sentMs).map((atMs) => ({ packet, atMs })))
    .sort((a, b) => a.atMs - b.atMs)
}
