import type { Agreement } from '../agreement.ts'

/** What a media thread carries. */
export interface Load {
  /** Sum of what its legs weigh. */
  readonly weight: number
  /** Share of its time, 0 to 1, that ticks took in the last second. */
  readonly busyShare: number
}

/**
 * Ticks tell what legs really cost, but a second late, and of a thread with little to do mostly what else the machine
 * does: they count from this share on, and then as if a full thread had so many light legs.
 */
const BUSY_FROM = 0.25
const FULL_WEIGHT = 1000

/** What a leg costs, where one of G.711 that is relayed is 1: before its codec is known a guess. */
export function weightOf(webrtc: boolean, agreement: Agreement | undefined): number {
  const transport = webrtc ? 3 : agreement?.protection.kind === 'sdes' ? 1 : 0
  const codec = { opus: 3, G722: 2, PCMU: 1, PCMA: 1 }[agreement?.codec ?? 'PCMU']
  return codec + transport
}

/** The one with the least to do; the first of equals. */
export function leastLoaded<T extends Load>(threads: readonly T[]): T | undefined {
  let best: T | undefined
  for (const thread of threads) if (!best || loadOf(thread) < loadOf(best)) best = thread
  return best
}

const loadOf = ({ weight, busyShare }: Load): number =>
  busyShare < BUSY_FROM ? weight : weight + FULL_WEIGHT * busyShare
