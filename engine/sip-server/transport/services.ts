import type { Random } from '../random.ts'
import type { NaptrRecord, SrvRecord } from './dns.ts'
import type { Protocol } from './peer.ts'

type Ranked = Pick<SrvRecord, 'priority' | 'weight'>

/** The next of several records of one priority, by chance in proportion to weight (RFC 2782). */
const draw = <T extends Ranked>(records: readonly T[], random: Pick<Random, 'below'>): T => {
  // those without weight come first, so that they are chosen by a chance of 0 alone
  const inOrder = records.toSorted((a, b) => Math.sign(a.weight) - Math.sign(b.weight))
  const total = inOrder.reduce((sum, { weight }) => sum + weight, 0)
  let left = random.below(total + 1)
  const drawn = inOrder.find(({ weight }) => {
    left -= weight
    return left <= 0
  })
  return drawn ?? inOrder[0]!
}

/** All of them in the order in which they are to be tried: by priority, then by weight and chance. */
export const orderServices = <T extends Ranked>(
  records: readonly T[],
  random: Pick<Random, 'below'>,
): T[] => {
  const priorities = [...new Set(records.map(({ priority }) => priority))].sort((a, b) => a - b)
  return priorities.flatMap((each) => {
    const group = records.filter(({ priority }) => priority === each)
    const ordered: T[] = []
    while (group.length > 0) {
      const drawn = draw(group, random)
      group.splice(group.indexOf(drawn), 1)
      ordered.push(drawn)
    }
    return ordered
  })
}

/** RFC 3263 section 4.1 */
const carried: Readonly<Record<string, Protocol>> = {
  'sip+d2u': 'udp',
  'sip+d2t': 'tcp',
  'sips+d2t': 'tls',
}

export interface Pointer {
  readonly protocol: Protocol
  /** name of the SRV records */
  readonly name: string
}

/** Where NAPTR records point to, best first, of the transports that there are. */
export const pointersOf = (
  records: readonly NaptrRecord[],
  protocols: readonly Protocol[],
): Pointer[] =>
  records
    .toSorted((a, b) => a.order - b.order || a.preference - b.preference)
    .flatMap(({ flags, service, replacement }) => {
      const protocol = carried[service.toLowerCase()]
      const isUsable = flags.toLowerCase() === 's' && replacement !== ''
      if (protocol === undefined || !isUsable || !protocols.includes(protocol)) return []
      return [{ protocol, name: replacement }]
    })
