import type { Engine } from '../api/engine.ts'
import type { Session } from '../api/shapes.ts'
import type { StreamEvent } from '../api/sse.ts'
import { EngineProblem } from '../words/problem.ts'

/** Pauses between tries, in milliseconds; the last one again and again. */
const pausesMs = [1000, 2000, 4000, 8000, 15_000, 30_000] as const

export const pauseAfter = (failures: number): number =>
  pausesMs[Math.min(failures, pausesMs.length) - 1] ?? 0

/** Follows the engine's feed for as long as `signal` lets it, and begins anew when the stream ends. */
export async function followFeed(
  engine: Pick<Engine, 'follow'>,
  session: () => Session | undefined,
  told: (event: StreamEvent) => void,
  signal: AbortSignal,
  pause: (ms: number) => Promise<void>,
): Promise<void> {
  let failures = 0
  let lastId = ''
  while (!signal.aborted) {
    const now = session()
    if (now === undefined) return
    try {
      const heard = (event: StreamEvent): void => {
        failures = 0
        lastId = event.id
        told(event)
      }
      await engine.follow(now, lastId, heard, signal)
    } catch (error) {
      // An engine without the feed; a token that is over may have been renewed meanwhile.
      if (error instanceof EngineProblem && error.kind === 'missing') return
    }
    failures += 1
    await pause(pauseAfter(failures))
  }
}
