import type { ReceivePayloads } from '../agreement.ts'
import type { RtpMap } from './description.ts'

/** What we offer, in this order, with the number that each has while nothing speaks against it. */
const wanted = [
  ['PCMU', 'PCMU', 0],
  ['PCMA', 'PCMA', 8],
  ['telephoneEvent', 'telephone-event', 101],
] as const

const FIRST_DYNAMIC = 96
const LAST_DYNAMIC = 127

function freeNumber(usual: number, taken: ReadonlySet<number>): number | undefined {
  if (!taken.has(usual)) return usual
  for (let number = FIRST_DYNAMIC; number <= LAST_DYNAMIC; number++) {
    if (!taken.has(number)) return number
  }
  return undefined
}

/**
 * Payload types for an offer of ours: numbers that have been agreed on stay as they are (RFC 3264
 * section 8.3.2), and no number is given out twice. A codec for which none is left is not offered.
 */
export function offeredTypes(agreed: ReceivePayloads): RtpMap[] {
  const taken = new Set([...agreed.PCMU, ...agreed.PCMA, ...agreed.telephoneEvent])
  return wanted.flatMap(([key, name, usual]) => {
    const payloadType = agreed[key][0] ?? freeNumber(usual, taken)
    if (payloadType === undefined) return []
    taken.add(payloadType)
    return [{ payloadType, name, rateHz: 8000, channels: 1 }]
  })
}
