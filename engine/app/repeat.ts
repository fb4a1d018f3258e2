import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/ports/observe.ts'

interface Repeated {
  /** Between the end of one and the next, unless the one says otherwise. */
  readonly everyMs: number
  /** It does not begin before. */
  readonly ready?: Promise<void>
  /** Told when it rejects, which ends nothing. */
  readonly fault: string
  /** Milliseconds until the next, where not as usual. */
  do(isOver: () => boolean): Promise<number | undefined>
}

/** Does something at once and then again and again, never two at a time. Returns how to stop. */
export function repeat(clock: Pick<Clock, 'after'>, log: Log, repeated: Repeated): () => void {
  let isOver = false
  let disarm: () => void = () => undefined
  const once = async (): Promise<void> => {
    let waitMs: number | undefined
    try {
      await repeated.ready
      if (!isOver) waitMs = await repeated.do(() => isOver)
    } catch (error) {
      log.error(repeated.fault, { error: String(error) })
    }
    if (!isOver) disarm = clock.after(waitMs ?? repeated.everyMs, () => void once())
  }
  void once()
  return () => {
    isOver = true
    disarm()
  }
}
