import type { CodecName, ReceivePayloads } from '../agreement.ts'
import type { RtpMap } from './description.ts'

/** What we can offer, with the number that each has while nothing speaks against it. */
const usual = { opus: 111, G722: 9, PCMU: 0, PCMA: 8, telephoneEvent: 101 } as const
export const allCodecs: readonly CodecName[] = ['PCMU', 'PCMA']

const FIRST_DYNAMIC = 96
const LAST_DYNAMIC = 127

function freeNumber(wish: number, taken: ReadonlySet<number>): number | undefined {
  if (!taken.has(wish)) return wish
  for (let number = FIRST_DYNAMIC; number <= LAST_DYNAMIC; number++) {
    if (!taken.has(number)) return number
  }
  return undefined
}

/**
 * Payload types for an offer of ours: numbers that have been agreed on stay as they are (RFC 3264
 * section 8.3.2), and no number is given out twice. A codec for which none is left is not offered.
 */
export function offeredTypes(
  agreed: ReceivePayloads,
  codecs: readonly CodecName[] = allCodecs,
): RtpMap[] {
  const events = agreed.telephoneEvent.map((event) => event.payloadType)
  const taken = new Set([...allCodecs.flatMap((codec) => agreed[codec]), ...events])
  return [...codecs, 'telephoneEvent' as const].flatMap((key) => {
    const name = key === 'telephoneEvent' ? 'telephone-event' : key
    const known = key === 'telephoneEvent' ? events[0] : agreed[key][0]
    const payloadType = known ?? freeNumber(usual[key], taken)
    if (payloadType === undefined) return []
    taken.add(payloadType)
    return [{ payloadType, name, rateHz: 8000, channels: 1 }]
  })
}
