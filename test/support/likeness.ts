import { align, correlationAt } from '../../engine/dsp/levels.ts'

/** The second and third half-second of what was sent: long enough to be unmistakable. */
const fromSample = 4_000
const toSample = 12_000
const coarseStride = 9

/** How like what was recorded is to what was sent, at the best alignment: 1 is the same. */
export function likeness(sent: Int16Array, recorded: Int16Array): number {
  const part = sent.subarray(fromSample, toSample)
  const lags = Math.max(0, recorded.length - part.length)
  let bestLag = 0
  let best = -1
  for (let lag = 0; lag <= lags; lag++) {
    const correlation = correlationAt(part, recorded, lag, coarseStride)
    if (correlation > best) {
      best = correlation
      bestLag = lag
    }
  }
  return align(part, recorded, bestLag - 4, bestLag + 4).correlation
}
