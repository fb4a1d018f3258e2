import { wavHeader } from '../../engine/dsp/wav.ts'

const rateHz = 8_000

/**
 * A WAV file for a phone to send: the sound and then silence, a minute in all. At the end of its file one
 * make of phone begins again, and another hangs up.
 */
export function aMinuteOf(sound: Int16Array): Buffer {
  const samples = new Int16Array(rateHz * 60)
  samples.set(sound)
  const header = wavHeader({
    ...{ rateHz, channels: 1, format: 'pcm16' },
    dataBytes: samples.byteLength,
  })
  return Buffer.concat([header, Buffer.from(samples.buffer)])
}
