/**
 * The shipped price list: credits (1 credit = AU$1) in micro-units for each minute begun, by the longest
 * prefix that fits. The Australian prices are those of the Voice API document; the lab carrier is free.
 */
export interface Rate {
  readonly prefix: string
  readonly microPerMinute: number
}

export const shippedRates: readonly Rate[] = [
  { prefix: '+614', microPerMinute: 100_000 },
  { prefix: '+61', microPerMinute: 80_000 },
  { prefix: '+1500555', microPerMinute: 0 },
  { prefix: '+', microPerMinute: 250_000 },
]

/** Price of one minute to a number; 0 for devices and SIP addresses. */
export function ratePerMinuteMicro(to: string, rates: readonly Rate[] = shippedRates): number {
  let best: Rate | undefined
  for (const rate of rates) {
    if (to.startsWith(rate.prefix) && rate.prefix.length > (best?.prefix.length ?? -1)) best = rate
  }
  return best?.microPerMinute ?? 0
}

/** Cost of an answered leg: at least one minute, partial minutes up; an unanswered leg is free. */
export function legCostMicro(to: string, answeredMs: number | null): number {
  if (answeredMs === null) return 0
  return Math.max(1, Math.ceil(answeredMs / 60_000)) * ratePerMinuteMicro(to)
}
