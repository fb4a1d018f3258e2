import { type Static, Type } from 'typebox'
import { audioCodecs } from '../../../core/ports/media.ts'
import type { CallQuality } from '../../../core/quality.ts'
import { nullable } from './nullable.ts'

const percent = (description: string) => Type.Number({ minimum: 0, maximum: 100, description })
const milliseconds = (description: string) => Type.Number({ minimum: 0, description })

/** How a call's leg sounds, or sounded. */
export const qualitySchema = Type.Object(
  {
    codec: nullable(Type.Enum([...audioCodecs])),
    mos: nullable(
      Type.Number({
        minimum: 1,
        maximum: 5,
        description: 'Estimate of what is heard of the phone',
      }),
    ),
    mos_grounded: nullable(
      Type.Boolean({ description: 'False: no figures were published for the codec (not G.711)' }),
    ),
    loss_percent: percent('Packets of the phone that never came'),
    jitter_ms: milliseconds('RFC 3550'),
    round_trip_ms: nullable(milliseconds('To the phone and back, by RTCP')),
    remote_loss_percent: nullable(percent('Packets of ours that never came, as the phone says')),
    remote_jitter_ms: nullable(milliseconds('Of our packets, as the phone says')),
    buffer_ms: milliseconds('What waits to be played'),
    concealed_percent: percent('Audio that was made up as there was none'),
    packets_sent: Type.Integer(),
    packets_received: Type.Integer(),
    bytes_sent: Type.Integer(),
    bytes_received: Type.Integer(),
  },
  { 'x-name': 'CallQuality' },
)

export const callQualitySchema = Type.Object(
  { call_id: Type.String({ format: 'uuid' }), quality: nullable(qualitySchema) },
  { 'x-name': 'QualityOfCall' },
)

export const renderQuality = (quality: CallQuality): Static<typeof qualitySchema> => ({
  codec: quality.codec,
  mos: quality.mos?.value ?? null,
  mos_grounded: quality.mos?.grounded ?? null,
  loss_percent: quality.lossPercent,
  jitter_ms: quality.jitterMs,
  round_trip_ms: quality.roundTripMs,
  remote_loss_percent: quality.remoteLossPercent,
  remote_jitter_ms: quality.remoteJitterMs,
  buffer_ms: quality.bufferMs,
  concealed_percent: quality.concealedPercent,
  packets_sent: quality.packetsSent,
  packets_received: quality.packetsReceived,
  bytes_sent: quality.bytesSent,
  bytes_received: quality.bytesReceived,
})
