import { firstHoldMicro } from './money/call-money.ts'
import { type AppliedRate, costMicro } from './money/rate.ts'

/** What an account may do at most. Null: no limit. Calls are those that are made, not those that come in. */
export interface AccountLimits {
  /** At once. */
  readonly maxCalls: number | null
  /** Begun within a second. */
  readonly maxCallsPerSecond: number | null
  /** Numbers have to begin with one of these; empty: any may be called. */
  readonly allowedPrefixes: readonly string[]
  /** Numbers that begin with one of these are not called, allowed or not. */
  readonly deniedPrefixes: readonly string[]
  /** Micro-units of its currency in any hour; a call that is under way counts for what it costs so far. */
  readonly maxSpendPerHourMicro: number | null
}

export const noLimits: AccountLimits = {
  maxCalls: null,
  maxCallsPerSecond: null,
  allowedPrefixes: [],
  deniedPrefixes: [],
  maxSpendPerHourMicro: null,
}

/** Why a number is not called; undefined when it may be. Devices are not numbers, nor are SIP addresses without one. */
export function prefixRefusal(
  { allowedPrefixes, deniedPrefixes }: AccountLimits,
  number: string,
): string | undefined {
  const fits = (prefixes: readonly string[]) => prefixes.find((prefix) => number.startsWith(prefix))
  const denied = fits(deniedPrefixes)
  if (denied !== undefined) return `numbers with ${denied} are not to be called`
  if (allowedPrefixes.length === 0 || fits(allowedPrefixes) !== undefined) return undefined
  return `only numbers with ${allowedPrefixes.join(', ')} are to be called`
}

/** What a call has cost so far, or will if it is answered: the first minute is due at once. */
export const dueMicro = (rate: AppliedRate, answeredMs: number | null): number =>
  answeredMs === null ? firstHoldMicro(rate) : costMicro(rate, answeredMs)
