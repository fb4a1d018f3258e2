import { SILENCE_DBFS } from './levels.ts'

/**
 * Amplitude of the component at `frequencyHz` over a range of samples, in PCM units (a full-scale
 * sine measures 32,767). Exact for ranges of whole periods; else leakage of a rectangular window.
 */
export function toneAmplitude(
  pcm: Int16Array,
  offset: number,
  samples: number,
  frequencyHz: number,
  rateHz = 8000,
): number {
  const omega = (2 * Math.PI * frequencyHz) / rateHz
  const coefficient = 2 * Math.cos(omega)
  let last = 0
  let before = 0
  for (let i = offset; i < offset + samples; i++) {
    const now = pcm[i]! + coefficient * last - before
    before = last
    last = now
  }
  const power = last * last + before * before - coefficient * last * before
  return samples === 0 ? 0 : (2 * Math.sqrt(Math.max(0, power))) / samples
}

/** The same in dB below a full-scale sine. */
export function toneDbfs(
  pcm: Int16Array,
  frequencyHz: number,
  rateHz = 8000,
  offset = 0,
  samples = pcm.length - offset,
): number {
  const ratio = toneAmplitude(pcm, offset, samples, frequencyHz, rateHz) / 32767
  return ratio <= 0 ? SILENCE_DBFS : Math.max(SILENCE_DBFS, 20 * Math.log10(ratio))
}
