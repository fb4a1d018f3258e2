/** Measures on PCM: level, level of one tone, likeness of two signals. Pure, for tests and meters. */

const FULL_SCALE = 32768
/** What an all-zero signal measures: below the 16-bit floor, and finite so that it can be compared. */
export const SILENCE_DBFS = -120

function toDbfs(ratio: number): number {
  return ratio <= 0 ? SILENCE_DBFS : Math.max(SILENCE_DBFS, 20 * Math.log10(ratio))
}

/** Root mean square in dB below a full-scale square wave; a full-scale sine is -3.01. */
export function rmsDbfs(pcm: Int16Array, offset = 0, samples = pcm.length - offset): number {
  let sum = 0
  for (let i = offset; i < offset + samples; i++) sum += pcm[i]! * pcm[i]!
  return toDbfs(samples === 0 ? 0 : Math.sqrt(sum / samples) / FULL_SCALE)
}

/** The largest magnitude in the range, 0 to 32,768. */
export function peak(pcm: Int16Array, offset = 0, samples = pcm.length - offset): number {
  let most = 0
  for (let i = offset; i < offset + samples; i++) most = Math.max(most, Math.abs(pcm[i]!))
  return most
}

export interface Alignment {
  /** Samples by which `b` lags `a`; negative when it leads. */
  readonly lag: number
  /** Normalised cross-correlation there, -1 to 1. */
  readonly correlation: number
}

/** Normalised correlation of `a` with `b` moved earlier by `lag`, over what both have. */
export function correlationAt(a: Int16Array, b: Int16Array, lag: number, stride = 1): number {
  const from = Math.max(0, -lag)
  const to = Math.min(a.length, b.length - lag)
  let dot = 0
  let energyA = 0
  let energyB = 0
  for (let i = from; i < to; i += stride) {
    const x = a[i]!
    const y = b[i + lag]!
    dot += x * y
    energyA += x * x
    energyB += y * y
  }
  return energyA === 0 || energyB === 0 ? 0 : dot / Math.sqrt(energyA * energyB)
}

/**
 * Finds the lag in [minLag, maxLag] at which `b` is most like `a`.
 * Costs lags x samples; give short signals or a narrow range.
 */
export function align(a: Int16Array, b: Int16Array, minLag: number, maxLag: number): Alignment {
  let best: Alignment = { lag: 0, correlation: -1 }
  for (let lag = minLag; lag <= maxLag; lag++) {
    const correlation = correlationAt(a, b, lag)
    if (correlation > best.correlation) best = { lag, correlation }
  }
  return best
}
