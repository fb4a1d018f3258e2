import type { AudioStream } from '../../core/ports/streams.ts'
import type { Run } from '../program.ts'

const frameMs = 20

/**
 * What the call's phone says, as 16-bit little-endian samples as they come. Undefined: the call's audio is not there any
 * more.
 */
export async function hearPhone(
  { call, ports }: Run,
  rateHz: 8_000 | 16_000,
  hear: (samples: Uint8Array, durationMs: number) => void,
): Promise<AudioStream | undefined> {
  try {
    return await ports.media.openStream(
      call.id,
      {
        ...{ format: 'L16', rateHz, bigEndian: false, tracks: ['received'] },
        ...{ speaks: 'never', bufferMs: frameMs },
      },
      { audio: ({ payload }) => hear(payload, frameMs), marked() {}, ended() {} },
    )
  } catch (error) {
    ports.log.info('the phone is not heard', { callId: call.id, error: String(error) })
    return undefined
  }
}
