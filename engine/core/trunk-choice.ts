import type { TrunkId } from './ids.ts'
import type { TrunkRecord } from './ports/sip.ts'

/** The lab carrier's trunk, where there is one: what test keys reach. */
export const labTrunkId = '00000000-0000-4000-8000-00000000001a' as TrunkId

/** A trunk that says nothing of these takes a common share and as many calls as come. */
export const unlimited = { weight: 10, maxCalls: null, maxCallsPerSecond: null } as const

/** The longest prefix of the trunk that fits; empty for a trunk that takes all; undefined for none. */
export function fittingPrefix(
  { prefixes }: Pick<TrunkRecord, 'prefixes'>,
  number: string,
): string | undefined {
  if (prefixes.length === 0) return ''
  return prefixes
    .filter((prefix) => number.startsWith(prefix))
    .reduce<string | undefined>(
      (longest, next) => (longest === undefined || next.length > longest.length ? next : longest),
      undefined,
    )
}

/**
 * The enabled trunks whose fitting prefix is the longest. Those alone stand in for each other: a number
 * that has trunks of its own does not leave by one that takes everything.
 */
export function fittingTrunks(trunks: readonly TrunkRecord[], number: string): TrunkRecord[] {
  const lengthOf = (trunk: TrunkRecord) =>
    trunk.enabled ? (fittingPrefix(trunk, number)?.length ?? -1) : -1
  const longest = Math.max(0, ...trunks.map(lengthOf))
  return trunks.filter((trunk) => lengthOf(trunk) === longest)
}

/** Picks one of several trunks that are equal but for their weights; the place of the one. */
export type Choose = (weights: readonly number[]) => number

/** By chance, each as often as its weight says; `random` is 0 to less than 1. */
export const byChance =
  (random: () => number): Choose =>
  (weights) => {
    let rest = random() * sum(weights)
    const place = weights.findIndex((weight) => {
      rest -= weight
      return rest < 0
    })
    return place < 0 ? weights.length - 1 : place
  }

/** The likeliest; of several equally likely ones the first. */
export const byWeight: Choose = (weights) => weights.indexOf(Math.max(...weights))

/**
 * The order in which trunks are tried: those that failed lately last; then by priority, the lowest
 * first; among equals by weight, as RFC 2782 has it for servers.
 */
export function orderTrunks(
  trunks: readonly TrunkRecord[],
  isCooling: (trunk: TrunkRecord) => boolean,
  choose: Choose,
): TrunkRecord[] {
  const ordered: TrunkRecord[] = []
  const left = [...trunks]
  while (left.length > 0) {
    const group = firstGroup(left, isCooling)
    const chosen = group[choose(group.map(({ weight }) => weight))]
    if (!chosen) throw new RangeError('a choice that is none of the trunks')
    ordered.push(chosen)
    left.splice(left.indexOf(chosen), 1)
  }
  return ordered
}

/** The trunks one of which comes first, by weight alone. */
export function firstGroup(
  trunks: readonly TrunkRecord[],
  isCooling: (trunk: TrunkRecord) => boolean,
): TrunkRecord[] {
  const well = trunks.filter((trunk) => !isCooling(trunk))
  const able = well.length > 0 ? well : trunks
  const priority = Math.min(...able.map((trunk) => trunk.priority))
  return able.filter((trunk) => trunk.priority === priority)
}

export const sum = (numbers: readonly number[]): number =>
  numbers.reduce((total, next) => total + next, 0)

/**
 * Whether a trunk's refusal of an INVITE may be about the trunk and not about who was called. `silent`:
 * nothing came at all, as opposed to a 408 that somebody sent.
 */
export function anotherTrunkMayHelp(sipStatus: number, silent: boolean): boolean {
  switch (sipStatus) {
    case 500:
    case 502:
    case 503:
    case 504:
      return true
    case 408:
      return silent
    default:
      return false
  }
}
