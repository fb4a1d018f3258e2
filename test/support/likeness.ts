import { align, correlationAt, rmsDbfs } from '../../engine/dsp/levels.ts'

/** Half a second: long enough to be unmistakable, too short for clocks to drift apart. */
const stretch = 4_000
const coarseStride = 9
const silentDbfs = -45
/** Other speech is no more alike than this; speech with a torn packet in it is. */
const missing = 0.3

/**
 * How like what was recorded is to what was sent: the upper quartile (or another quantile) over all half-seconds of
 * speech, each at its best alignment. 1 is the same. A late packet spoils one half-second, and on a busy machine most
 * of them have one; whatever is wrong with all of the sound spoils each. Where a quarter of it is not there at all, that
 * quarter counts.
 */
export function likeness(sent: Int16Array, recorded: Int16Array, quantile = 0.75): number {
  const found: number[] = []
  for (let at = 0; at + stretch <= sent.length; at += stretch) {
    const part = sent.subarray(at, at + stretch)
    if (rmsDbfs(part) > silentDbfs) found.push(bestMatch(part, recorded))
  }
  found.sort((a, b) => a - b)
  const worstQuarter = found[found.length >> 2] ?? 0
  if (worstQuarter < missing) return worstQuarter
  // The best one alone says nothing.
  const at = Math.min(Math.floor(found.length * quantile), Math.max(0, found.length - 2))
  return found[at] ?? 0
}

function bestMatch(part: Int16Array, recorded: Int16Array): number {
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
  return align(part, recorded, bestLag - coarseStride, bestLag + coarseStride).correlation
}
