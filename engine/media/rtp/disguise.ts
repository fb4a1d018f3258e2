import type { types } from 'mediasoup'
import type { RtpFormat } from './rtp-port.ts'

/**
 * mediasoup passes on packets of the audio codecs that it knows and of nothing else (telephone events are
 * dropped), and never looks inside. So each payload type is declared as some audio codec, whatever it is in truth;
 * what counts is that the first has the right clock, as that is the one of the RTCP reports.
 */
const opus = ['audio/opus', 48000, 2] as const
const others = [
  ['audio/PCMU', 8000, 1],
  ['audio/PCMA', 8000, 1],
  ['audio/SILK', 8000, 1],
  ['audio/G722', 8000, 1],
  ['audio/iLBC', 8000, 1],
  ['audio/SILK', 12000, 1],
  ['audio/SILK', 16000, 1],
  ['audio/SILK', 24000, 1],
  ['audio/ISAC', 16000, 1],
  ['audio/ISAC', 32000, 1],
] as const

type Disguise = typeof opus | (typeof others)[number]

/** What passes: all formats, as long as there are disguises left. */
export interface DisguisedFormats {
  readonly router: types.RouterRtpCodecCapability[]
  readonly codecs: types.RtpCodecParameters[]
}

export function disguise(formats: readonly RtpFormat[]): DisguisedFormats {
  const left: Disguise[] = [...others]
  let opusIsLeft = true
  const router: types.RouterRtpCodecCapability[] = []
  const codecs: types.RtpCodecParameters[] = []
  for (const { payloadType, clockHz } of formats) {
    const as = clockHz === opus[1] && opusIsLeft ? opus : left.shift()
    if (!as) break
    if (as === opus) opusIsLeft = false
    const [mimeType, clockRate, channels] = as
    router.push({
      kind: 'audio',
      mimeType,
      clockRate,
      channels,
      preferredPayloadType: payloadType,
    })
    codecs.push({ mimeType, clockRate, channels, payloadType })
  }
  return { router, codecs }
}
