import { audioCodecs } from '../../core/ports/media.ts'
import type { CodecName, EventFormat } from '../agreement.ts'
import type { MediaLine, RtpMap } from './description.ts'

/** Payload types that need no rtpmap (RFC 3551 table 4). */
const staticMaps: ReadonlyMap<number, RtpMap> = new Map([
  [0, { payloadType: 0, name: 'PCMU', rateHz: 8000, channels: 1 }],
  [8, { payloadType: 8, name: 'PCMA', rateHz: 8000, channels: 1 }],
  [9, { payloadType: 9, name: 'G722', rateHz: 8000, channels: 1 }],
  [13, { payloadType: 13, name: 'CN', rateHz: 8000, channels: 1 }],
])

/** What rtpmap has of each; G.722 says 8000 although it has 16,000 samples a second (RFC 3551 section 4.5.2). */
export const codecShapes: Readonly<Record<CodecName, Omit<RtpMap, 'payloadType'>>> = {
  opus: { name: 'opus', rateHz: 48_000, channels: 2 },
  G722: { name: 'G722', rateHz: 8000, channels: 1 },
  PCMU: { name: 'PCMU', rateHz: 8000, channels: 1 },
  PCMA: { name: 'PCMA', rateHz: 8000, channels: 1 },
}

const codecsByMap: ReadonlyMap<string, CodecName> = new Map(
  audioCodecs.map((codec) => [keyOf(codecShapes[codec]), codec]),
)

function keyOf({ name, rateHz, channels }: Omit<RtpMap, 'payloadType'>): string {
  return `${name.toUpperCase()}/${rateHz}/${channels}`
}

export interface UsableFormats {
  /** In the order in which the peer prefers them. */
  readonly codecs: readonly { readonly codec: CodecName; readonly payloadType: number }[]
  readonly events: readonly EventFormat[]
  /** Of 8000 Hz (RFC 3389). */
  readonly comfortNoise: boolean
}

function eventRate(map: RtpMap): EventFormat['rateHz'] | undefined {
  const key = keyOf(map)
  if (key === 'TELEPHONE-EVENT/8000/1') return 8000
  return key === 'TELEPHONE-EVENT/48000/1' ? 48_000 : undefined
}

/** Which of the line's formats we can use. An rtpmap overrides the static meaning of a number. */
export function usableFormats(line: MediaLine): UsableFormats {
  const codecs: { codec: CodecName; payloadType: number }[] = []
  const events: EventFormat[] = []
  let comfortNoise = false
  for (const format of line.formats.split(' ')) {
    const payloadType = /^\d{1,3}$/.test(format) ? Number(format) : 128
    const named = line.rtpMaps.find((map) => map.payloadType === payloadType)
    const map = named ?? staticMaps.get(payloadType)
    if (!map) continue
    const codec = codecsByMap.get(keyOf(map))
    const rateHz = eventRate(map)
    if (codec) codecs.push({ codec, payloadType })
    else if (rateHz) events.push({ payloadType, rateHz })
    else if (keyOf(map) === 'CN/8000/1') comfortNoise = true
  }
  return { codecs, events, comfortNoise }
}

/** Events run on the clock of the audio that they stand for (RFC 4733 section 2.1); another is better than none. */
export function eventsBeside(codec: CodecName, events: readonly EventFormat[]): EventFormat | null {
  const { rateHz } = codecShapes[codec]
  return events.find((event) => event.rateHz === rateHz) ?? events[0] ?? null
}
