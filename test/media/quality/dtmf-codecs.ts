import type { Decoder, Encoder } from '../../../engine/dsp/codec.ts'
import { newG722Decoder, newG722Encoder } from '../../../engine/dsp/g722.ts'
import { newOpusDecoder, newOpusEncoder } from '../../../engine/dsp/opus.ts'
import { Resampler } from '../../../engine/dsp/resampler.ts'
import type { Trial } from './dtmf-trials.ts'

const MOST_BYTES = 1500

function resampled(pcm: Int16Array, fromHz: number, toHz: number): Int16Array {
  const resampler = new Resampler(fromHz, toHz)
  const out = new Int16Array(resampler.maxOutput(pcm.length))
  return out.subarray(0, resampler.process(pcm, 0, pcm.length, out, 0))
}

/** As a leg gets it: 20 ms packets of a codec, decoded, and brought to 8 kHz. */
function through(encoder: Encoder, decoder: Decoder, pcm: Int16Array): Int16Array {
  const wide = resampled(pcm, 8000, encoder.rateHz)
  const heard = new Int16Array(wide.length)
  const packet = new Uint8Array(MOST_BYTES)
  const samples = encoder.rateHz / 50
  for (let at = 0; at + samples <= wide.length; at += samples) {
    const bytes = encoder.encode(wide.subarray(at, at + samples), packet, 0)
    decoder.decode(packet, 0, bytes, heard.subarray(at, at + samples))
  }
  encoder.close()
  decoder.close()
  return resampled(heard, decoder.rateHz, 8000)
}

/** Trials that came over another codec besides. */
export const overCodecs = {
  'G.722': (trials: readonly Trial[]): Trial[] =>
    trials.map((trial) => ({
      ...trial,
      pcm: through(newG722Encoder(), newG722Decoder(), trial.pcm),
    })),
  'Opus at 16 kHz': (trials: readonly Trial[]): Trial[] =>
    trials.map((trial) => ({
      ...trial,
      pcm: through(newOpusEncoder(16_000), newOpusDecoder(16_000), trial.pcm),
    })),
  'Opus at 48 kHz': (trials: readonly Trial[]): Trial[] =>
    trials.map((trial) => ({
      ...trial,
      pcm: through(newOpusEncoder(48_000), newOpusDecoder(48_000), trial.pcm),
    })),
} as const
