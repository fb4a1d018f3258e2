import { resample } from '../engine/dsp/resampler.ts'
import { downmix, readWav, wavHeader } from '../engine/dsp/wav.ts'

const RATE_HZ = 8000

/**
 * Turns any WAV into 8 kHz, mono, 16 bit.
 * @throws WavFault
 */
export function telephoneWav(bytes: Uint8Array): Uint8Array {
  const { rateHz, samples } = readWav(bytes)
  const pcm = resample(downmix(samples), rateHz, RATE_HZ)
  const body = new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength)
  const header = wavHeader({
    rateHz: RATE_HZ,
    channels: 1,
    format: 'pcm16',
    dataBytes: body.length,
  })
  return Buffer.concat([header, body])
}
