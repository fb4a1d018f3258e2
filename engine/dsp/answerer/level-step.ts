/** Levels are whole steps of half a dB, from LOWEST_DB on: what is no fraction needs no place on the heap. */
export const LOWEST_DB = -80
export const STEPS_PER_DB = 2
/** Of which there are so many. */
export const STEPS = -LOWEST_DB * STEPS_PER_DB + 1
const FULL_SCALE = 32_768

export const stepsOf = (db: number): number => Math.round((db - LOWEST_DB) * STEPS_PER_DB)

/** How loud a frame is, from 0 to STEPS - 1. */
export function levelStep(frame: Int16Array): number {
  let sum = 0
  for (let i = 0; i < frame.length; i++) sum += frame[i]! * frame[i]!
  if (sum === 0) return 0
  const db = 10 * Math.log10(sum / frame.length / (FULL_SCALE * FULL_SCALE))
  return Math.max(0, Math.min(STEPS - 1, Math.round((db - LOWEST_DB) * STEPS_PER_DB)))
}
