import { audioCodecs } from '../../core/ports/media.ts'
import type { CodecName, EventFormat, ReceivePayloads } from '../agreement.ts'
import type { RtpMap } from './description.ts'
import { codecShapes } from './formats.ts'

/** The number that each has in an offer of ours while nothing speaks against it. */
const usualCodecs: Readonly<Record<CodecName, number>> = { opus: 111, G722: 9, PCMU: 0, PCMA: 8 }
const usualEvents: Readonly<Record<EventFormat['rateHz'], number>> = { 8000: 101, 48000: 110 }

const FIRST_DYNAMIC = 96
const LAST_DYNAMIC = 127

function freeNumber(wish: number, taken: ReadonlySet<number>): number | undefined {
  if (!taken.has(wish)) return wish
  for (let number = FIRST_DYNAMIC; number <= LAST_DYNAMIC; number++) {
    if (!taken.has(number)) return number
  }
  return undefined
}

interface Wish extends Omit<RtpMap, 'payloadType'> {
  readonly known: number | undefined
  readonly usual: number
}

/**
 * Which clocks we name for events. Browsers know what to do with two; phones that are offered both take the
 * number of one for the other and lose their keys (sipwise/rtpengine issue 2044), and all take 8000.
 */
const eventRates = (codecs: readonly CodecName[], forBrowser: boolean): EventFormat['rateHz'][] =>
  forBrowser && codecs.includes('opus') ? [48_000, 8000] : [8000]

/**
 * Payload types for an offer of ours: numbers that have been agreed on stay as they are (RFC 3264
 * section 8.3.2), and no number is given out twice. A codec for which none is left is not offered.
 */
export function offeredTypes(
  agreed: ReceivePayloads,
  forBrowser: boolean,
  codecs: readonly CodecName[] = audioCodecs,
): RtpMap[] {
  const events = agreed.telephoneEvent
  const taken = new Set([
    ...audioCodecs.flatMap((codec) => agreed[codec]),
    ...events.map(({ payloadType }) => payloadType),
  ])
  const wishes: Wish[] = [
    ...codecs.map((codec) => ({
      ...codecShapes[codec],
      known: agreed[codec][0],
      usual: usualCodecs[codec],
    })),
    ...eventRates(codecs, forBrowser).map((rateHz) => ({
      ...{ name: 'telephone-event', rateHz, channels: 1 },
      known: events.find((event) => event.rateHz === rateHz)?.payloadType,
      usual: usualEvents[rateHz],
    })),
  ]
  return wishes.flatMap(({ known, usual, ...shape }) => {
    const payloadType = known ?? freeNumber(usual, taken)
    if (payloadType === undefined) return []
    taken.add(payloadType)
    return [{ payloadType, ...shape }]
  })
}
