import { rmsDbfs } from '../dsp/levels.ts'

/** Louder than this is sound: quiet rooms lie at -60 dBFS, speech into a microphone at -35 to -15. */
export const soundAboveDbfs = -45
/** Kept before the first sound and after the last. */
export const keptSilenceMs = 100
const windowMs = 10
/** A key that is pressed or a contact that clicks is over sooner. */
const leastWindows = 3

/** Samples from `from`, up to and without `to`. */
export interface Stretch {
  readonly from: number
  readonly to: number
}

/**
 * Where the sound is in a recording, with 100 ms of what is around it; undefined when nothing in it is as
 * loud as `aboveDbfs` (RMS) for 30 ms.
 */
export function soundIn(
  pcm: Int16Array,
  rateHz: number,
  aboveDbfs = soundAboveDbfs,
): Stretch | undefined {
  const size = Math.round((rateHz * windowMs) / 1000)
  const windows = Math.floor(pcm.length / size)
  let first: number | undefined
  let last = 0
  let loud = 0
  for (let n = 0; n < windows; n++) {
    loud = rmsDbfs(pcm, n * size, size) > aboveDbfs ? loud + 1 : 0
    if (loud < leastWindows) continue
    first ??= n + 1 - leastWindows
    last = n + 1
  }
  if (first === undefined) return undefined
  const kept = Math.round((rateHz * keptSilenceMs) / 1000)
  return { from: Math.max(0, first * size - kept), to: Math.min(pcm.length, last * size + kept) }
}
