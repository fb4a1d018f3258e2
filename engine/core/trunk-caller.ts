import { isE164 } from './numbers.ts'
import type { TrunkRecord } from './ports/sip.ts'
import { optionsOf } from './trunk-options.ts'

/** How a caller is called who does not want to be known. */
export const anonymous = 'anonymous'

/** Who calls, before a trunk is chosen. */
export interface Caller {
  /** E.164, a device's name, or `anonymous`. */
  readonly number: string
  /** It is the account's. */
  readonly owned: boolean
  /** The account's default number. */
  readonly fallback: string | null
}

/** Who calls, as a trunk is told. */
export interface ShownCaller {
  /** Who pays: what is shown, or what a trusted trunk is told where nothing is shown. */
  readonly callerId: string
  readonly withheld: boolean
}

/**
 * Who calls, by the trunk's policy: the call's own number if the trunk may show it, else the trunk's default,
 * else the account's. A device's name is shown only where there is no number at all.
 */
export function callerOn(trunk: TrunkRecord, { number, owned, fallback }: Caller): ShownCaller {
  const { allow, privacy } = optionsOf(trunk).callerId
  const withheld = privacy === 'withhold' || number === anonymous
  if (isE164(number) && (owned || allow === 'any')) return { callerId: number, withheld }
  const instead = trunk.defaultCallerId ?? fallback
  if (instead !== null) return { callerId: instead, withheld }
  return owned ? { callerId: number, withheld } : { callerId: anonymous, withheld: true }
}
