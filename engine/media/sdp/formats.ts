import type { CodecName, EventFormat } from '../agreement.ts'
import type { MediaLine, RtpMap } from './description.ts'

/** Payload types that need no rtpmap (RFC 3551 table 4). */
const staticMaps: ReadonlyMap<number, RtpMap> = new Map([
  [0, { payloadType: 0, name: 'PCMU', rateHz: 8000, channels: 1 }],
  [8, { payloadType: 8, name: 'PCMA', rateHz: 8000, channels: 1 }],
  [13, { payloadType: 13, name: 'CN', rateHz: 8000, channels: 1 }],
])

export interface UsableFormats {
  /** In the order in which the peer prefers them. */
  readonly codecs: readonly { readonly codec: CodecName; readonly payloadType: number }[]
  readonly telephoneEvent: EventFormat | null
  /** Of 8000 Hz (RFC 3389). */
  readonly comfortNoise: boolean
}

function codecOf(map: RtpMap): CodecName | 'telephone-event' | 'CN' | undefined {
  if (map.rateHz !== 8000 || map.channels !== 1) return undefined
  const name = map.name.toUpperCase()
  if (name === 'PCMU' || name === 'PCMA' || name === 'CN') return name
  return name === 'TELEPHONE-EVENT' ? 'telephone-event' : undefined
}

/** Which of the line's formats we can use. An rtpmap for 0 or 8 overrides the static meaning. */
export function usableFormats(line: MediaLine): UsableFormats {
  const codecs: { codec: CodecName; payloadType: number }[] = []
  let telephoneEvent: EventFormat | null = null
  let comfortNoise = false
  for (const format of line.formats.split(' ')) {
    const payloadType = /^\d{1,3}$/.test(format) ? Number(format) : 128
    const named = line.rtpMaps.find((map) => map.payloadType === payloadType)
    const map = named ?? staticMaps.get(payloadType)
    const codec = map && codecOf(map)
    if (codec === 'CN') comfortNoise = true
    else if (codec === 'telephone-event') telephoneEvent ??= { payloadType, rateHz: 8000 }
    else if (codec) codecs.push({ codec, payloadType })
  }
  return { codecs, telephoneEvent, comfortNoise }
}
