import type { Agreement } from '../agreement.ts'
import { MEDIASOUP_AUDIO_LEVEL } from '../rtp/header-extensions.ts'
import { codecKinds, FRAME_MS, type PcmRateHz } from './codec.ts'

/** What two agreements mean for the audio between them. */

/** Speech that is not from a codec of full band, as prompts are, has nothing beyond this. */
const WIDE_BAND_HZ = 16_000
const UNKNOWN_RATE_HZ = 8000

/** The highest rate that the codec of an agreement can use: that of a leg in a conference. */
export const bestRateHz = (agreement: Agreement | undefined): PcmRateHz =>
  agreement ? codecKinds[agreement.codec].bestRateHz : UNKNOWN_RATE_HZ

const lower = (a: PcmRateHz, b: PcmRateHz): PcmRateHz => (a < b ? a : b)

/** Rate of a leg that is in no bridge: it hears prompts and is recorded. */
export function rateAlone(agreement: Agreement | undefined): PcmRateHz {
  return lower(bestRateHz(agreement), WIDE_BAND_HZ)
}

/**
 * Rate of both legs of a bridge: the lower of what the two codecs can use, so that none works for nothing.
 * Where packets are relayed both ways only prompts and recordings are left to be coded.
 */
export function rateTogether(
  a: Agreement | undefined,
  b: Agreement | undefined,
  relayed: boolean,
): PcmRateHz {
  const rateHz = lower(bestRateHz(a), bestRateHz(b))
  return relayed ? lower(rateHz, WIDE_BAND_HZ) : rateHz
}

/** Number of the header extension with the loudness in the packets that reach the leg; 0: there is none. */
export const levelExtensionOf = ({ protection, audioLevelExtension }: Agreement): number => {
  if (audioLevelExtension === undefined) return 0
  return protection.kind === 'webrtc' ? MEDIASOUP_AUDIO_LEVEL : audioLevelExtension
}

/** Packets of `from` suit `to` as they are: same codec, 20 ms each. */
export function canRelay(from: Agreement | undefined, to: Agreement | undefined): boolean {
  if (!from || !to) return false
  return from.receive && to.send && from.codec === to.codec && whole(from) && whole(to)
}

const whole = (agreement: Agreement): boolean => agreement.ptimeMs === FRAME_MS

/** The peer sends, and takes nothing: it holds us, and has music for us. */
export function holdsUs(agreement: Agreement | undefined): boolean {
  return agreement?.send === false && agreement.receive
}

/**
 * The peer should be sending: neither side holds the other, and if it saves the packets of silence, as those
 * do that know comfort noise, then it is known to send RTCP all the same.
 */
export function mustSend(
  agreement: Agreement | undefined,
  sendsRtcp: boolean,
  sendsComfortNoise: boolean,
): boolean {
  if (!agreement?.send || !agreement.receive) return false
  return sendsRtcp || !(agreement.comfortNoise || sendsComfortNoise)
}
