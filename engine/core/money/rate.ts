import type { Direction } from '../call.ts'

/** What a minute to, or at, numbers with a prefix costs. Amounts are micro-units of the deck's currency. */
export interface Rate {
  /** Inbound: of the number of ours that is called. */
  readonly direction: Direction
  /** `+` and digits; `+` alone fits every number. The longest one that fits counts. */
  readonly prefix: string
  readonly microPerMinute: number
  /** Of an answered call at least so much is billed. */
  readonly minimumSeconds: number
  /** What is longer is billed in steps of this. */
  readonly incrementSeconds: number
  /** Once for each answered call. */
  readonly connectFeeMicro: number
  /** For people; empty: none. */
  readonly description: string
}

/** The rate that a call was begun with: what is written later changes nothing of it. */
export interface AppliedRate extends Omit<Rate, 'description'> {
  /** The deck that it stands in, and which of its versions. */
  readonly deck: string
  readonly version: number
  /** To which number it was applied. */
  readonly number: string
}

export const maxMicroPerMinute = 1_000_000_000

/** The id of a rate for records: deck, version and prefix. */
export const rateId = ({ deck, version, prefix }: AppliedRate): string =>
  `${deck}:${version}:${prefix}`

/** The rate with the longest prefix that fits. */
export function longestFit<R extends Pick<Rate, 'direction' | 'prefix'>>(
  rates: readonly R[],
  direction: Direction,
  number: string,
): R | undefined {
  let best: R | undefined
  for (const rate of rates) {
    if (rate.direction !== direction || !number.startsWith(rate.prefix)) continue
    if (best === undefined || rate.prefix.length > best.prefix.length) best = rate
  }
  return best
}

/** Every prefix of a number that a rate may have, the longest first. */
export const prefixesOf = (number: string): string[] =>
  Array.from({ length: number.length }, (_, index) => number.slice(0, number.length - index))

type Steps = Pick<Rate, 'minimumSeconds' | 'incrementSeconds'>
type Price = Steps & Pick<Rate, 'microPerMinute' | 'connectFeeMicro'>

/** Billed seconds of an answered leg: the minimum, then whole steps, of which one begun counts. */
export function billedSeconds(rate: Steps, answeredMs: number): number {
  const beyondMs = Math.max(0, answeredMs - rate.minimumSeconds * 1000)
  const steps = Math.ceil(beyondMs / (rate.incrementSeconds * 1000))
  const seconds = rate.minimumSeconds + steps * rate.incrementSeconds
  // No minimum: the first step is begun with the answer.
  return seconds === 0 ? rate.incrementSeconds : seconds
}

/** What so many billed seconds cost, whole micro-units up. */
export const priceMicro = (rate: Price, seconds: number): number =>
  rate.connectFeeMicro + Math.ceil((seconds * rate.microPerMinute) / 60)

/** What an answered leg costs; null: nobody answered, which is free. */
export const costMicro = (rate: Price, answeredMs: number | null): number =>
  answeredMs === null ? 0 : priceMicro(rate, billedSeconds(rate, answeredMs))

/** What has to be on hold so that a leg may be up for so many minutes from its answer, and how long that lasts. */
export function holdFor(
  rate: Price,
  minutes: number,
): { readonly micro: number; readonly coveredMs: number } {
  const seconds = billedSeconds(rate, minutes * 60_000)
  return { micro: priceMicro(rate, seconds), coveredMs: seconds * 1000 }
}

/** Nothing is to be paid, however long it is. */
export const isFree = (rate: Pick<Rate, 'microPerMinute' | 'connectFeeMicro'>): boolean =>
  rate.microPerMinute === 0 && rate.connectFeeMicro === 0
