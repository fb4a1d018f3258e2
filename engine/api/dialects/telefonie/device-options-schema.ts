import { type Static, Type } from 'typebox'
import {
  type DeviceOptions,
  defaultDeviceOptions,
  deviceOptionsOf,
  webRtcUses,
} from '../../../core/device-options.ts'
import { audioCodecs, srtpPolicies } from '../../../core/ports/media.ts'
import { forwardingSchema, readForwarding, renderForwarding } from './forwarding.ts'

/** Of devices and of trunks. */
export const codecsField = (preset: readonly string[]) =>
  Type.Array(Type.Enum([...audioCodecs]), {
    ...{ minItems: 1, maxItems: audioCodecs.length, uniqueItems: true },
    description: `Those that are offered, the preferred one first; ${preset.join(', ')} unless told`,
  })

export const srtpField = (preset: string, more: string) =>
  Type.Enum([...srtpPolicies], {
    default: preset,
    description: `SRTP by keys in SDP, which are told over TLS alone; with \`required\` nothing else is taken. ${more}`,
  })

const { srtp, codecs } = defaultDeviceOptions

/** As they are shown. */
export const deviceOptionFields = {
  webrtc: Type.Enum([...webRtcUses], {
    default: 'auto',
    description:
      '`auto`: what registers over a WebSocket is a browser; `never`: it speaks RTP there too',
  }),
  srtp: srtpField(srtp, 'WebRTC is always protected.'),
  codecs: codecsField(codecs),
  forwarding: forwardingSchema,
}

/** As they are given. */
export const givenDeviceOptions = {
  webrtc: Type.Optional(deviceOptionFields.webrtc),
  srtp: Type.Optional(deviceOptionFields.srtp),
  codecs: Type.Optional(deviceOptionFields.codecs),
  forwarding: Type.Optional(forwardingSchema),
}

export const deviceChangeSchema = Type.Object(givenDeviceOptions, {
  ...{ additionalProperties: false, 'x-name': 'DeviceChange' },
  examples: [{ srtp: 'required' }],
})

/** Failure `invalid_request`. */
export const readDeviceOptions = <Given extends Partial<Static<typeof deviceChangeSchema>>>({
  forwarding,
  ...rest
}: Given) => ({
  ...rest,
  ...(forwarding !== undefined && { forwarding: readForwarding(forwarding) }),
})

export function renderDeviceOptions(device: Partial<DeviceOptions>) {
  const { forwarding, ...rest } = deviceOptionsOf(device)
  return { ...rest, forwarding: renderForwarding(forwarding) }
}
