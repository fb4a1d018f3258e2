import { expect } from 'vitest'
import type { RunningMedia } from '../../engine/media/index.ts'

/** When something was asked of a thread, and when it was answered: it was done between the two. */
export interface Asked<Answer = unknown> {
  readonly fromMs: number
  readonly toMs: number
  readonly answer: Answer
}

export async function timed<Answer>(asked: () => Promise<Answer>): Promise<Asked<Answer>> {
  const fromMs = performance.now()
  const answer = await asked()
  return { fromMs, toMs: performance.now(), answer }
}

/** As long as it was from the one to the other, but for 50 ms, and for how late the threads were. */
export function expectTrue(ms: number, from: Asked, to: Asked, lateMs: number): void {
  expect(ms).toBeGreaterThan(to.fromMs - from.toMs - 50 - lateMs)
  expect(ms).toBeLessThan(to.toMs - from.fromMs + 50 + lateMs)
}

/** How late ticks have been at most in the threads that run. */
export const latestMs = async (media: RunningMedia): Promise<number> =>
  (await media.stats()).tickLateness.maxMs
