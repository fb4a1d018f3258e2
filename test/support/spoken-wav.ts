import { resample } from '../../engine/dsp/resampler.ts'
import { wavHeader } from '../../engine/dsp/wav.ts'

/**
 * A WAV file for a phone to send: the sound, which is at 8 kHz, and then silence, a minute in all. At the end of its
 * file one make of phone begins again, and another hangs up. `rateHz`: of the file, for phones that convert badly.
 */
export function aMinuteOf(sound: Int16Array, rateHz = 8_000): Buffer {
  const samples = new Int16Array(rateHz * 60)
  samples.set(resample(sound, 8_000, rateHz).subarray(0, samples.length))
  const header = wavHeader({
    ...{ rateHz, channels: 1, format: 'pcm16' },
    dataBytes: samples.byteLength,
  })
  return Buffer.concat([header, Buffer.from(samples.buffer)])
}
