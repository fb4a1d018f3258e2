import type { Direction } from './call.ts'
import { type AppliedRate, costMicro, longestFit, type Rate } from './money/rate.ts'

/**
 * The shipped price list: credits (1 credit = AU$1) in micro-units for each minute begun, by the longest
 * prefix that fits. The Australian prices are those of the Voice API document; the lab carrier is free.
 * It holds for accounts that have no rate deck of their own.
 */
const outbound = (prefix: string, microPerMinute: number, description: string): Rate => ({
  ...{ direction: 'outbound', prefix, microPerMinute, description },
  ...{ minimumSeconds: 60, incrementSeconds: 60, connectFeeMicro: 0 },
})

export const shippedRates: readonly Rate[] = [
  outbound('+614', 100_000, 'Australia, mobile'),
  outbound('+61', 80_000, 'Australia'),
  outbound('+1500555', 0, 'Lab carrier'),
  outbound('+', 250_000, 'Elsewhere'),
]

export const shippedDeck = { id: 'shipped', name: 'Shipped example', currency: 'AUD' } as const

/** The shipped rate of a number; undefined for devices, SIP addresses and calls that come in. */
export function shippedRate(direction: Direction, number: string): AppliedRate | undefined {
  const rate = longestFit(shippedRates, direction, number)
  if (rate === undefined) return undefined
  const { description: _, ...rest } = rate
  return { ...rest, deck: shippedDeck.id, version: 1, number }
}

/** Shipped price of one minute to a number; 0 for devices and SIP addresses. */
export const ratePerMinuteMicro = (to: string): number =>
  shippedRate('outbound', to)?.microPerMinute ?? 0

/** Shipped cost of an answered leg: at least one minute, partial minutes up; an unanswered leg is free. */
export function legCostMicro(to: string, answeredMs: number | null): number {
  const rate = shippedRate('outbound', to)
  return rate === undefined ? 0 : costMicro(rate, answeredMs)
}
