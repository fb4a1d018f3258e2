import type { ForwardingRules } from './forwarding.ts'
import { type AudioCodec, audioCodecs, type SrtpPolicy } from './ports/media.ts'

/** `auto`: a device on a WebSocket is a browser; `never`: a phone that speaks plain RTP there too. */
export const webRtcUses = ['auto', 'never'] as const
export type WebRtcUse = (typeof webRtcUses)[number]

/** What a device may be told beyond its name. */
export interface DeviceOptions {
  readonly webrtc: WebRtcUse
  /** For its audio where that is not WebRTC, which is always protected. */
  readonly srtp: SrtpPolicy
  /** Those that it may use, in the order in which they are preferred. */
  readonly codecs: readonly AudioCodec[]
  /** What becomes of calls that it does not take; empty: they end as they do. */
  readonly forwarding: ForwardingRules
}

export const defaultDeviceOptions: DeviceOptions = {
  webrtc: 'auto',
  srtp: 'optional',
  codecs: audioCodecs,
  forwarding: {},
}

/** All of them, those that the device does not say at their defaults. */
export const deviceOptionsOf = (device: Partial<DeviceOptions>): DeviceOptions => ({
  ...defaultDeviceOptions,
  ...saidDeviceOptions(device),
})

/** Those alone that the device says. */
export function saidDeviceOptions(device: Partial<DeviceOptions>): Partial<DeviceOptions> {
  const { webrtc, srtp, codecs, forwarding } = device
  return {
    ...(webrtc !== undefined && { webrtc }),
    ...(srtp !== undefined && { srtp }),
    ...(codecs !== undefined && { codecs }),
    ...(forwarding !== undefined && { forwarding }),
  }
}
