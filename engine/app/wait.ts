import type { Clock } from '../core/clock.ts'

/** Waits on the injected clock; `elapsed` or, when the signal aborts first, `aborted`. */
export function wait(
  clock: Clock,
  delayMs: number,
  signal: AbortSignal,
): Promise<'elapsed' | 'aborted'> {
  if (signal.aborted) return Promise.resolve('aborted')
  return new Promise((resolve) => {
    const disarm = clock.after(delayMs, () => {
      signal.removeEventListener('abort', onAbort)
      resolve('elapsed')
    })
    const onAbort = () => {
      disarm()
      resolve('aborted')
    }
    signal.addEventListener('abort', onAbort, { once: true })
  })
}

/** Until the signal aborts; at once where it has. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

/** A signal that aborts after `delayMs` or with its parent; `disarm` frees the timer. */
export function deadline(
  clock: Clock,
  delayMs: number,
  parent: AbortSignal,
): { signal: AbortSignal; disarm(): void } {
  const controller = new AbortController()
  const onParent = () => controller.abort()
  if (parent.aborted) controller.abort()
  else parent.addEventListener('abort', onParent, { once: true })
  const cancel = clock.after(delayMs, () => controller.abort())
  return {
    signal: controller.signal,
    disarm() {
      cancel()
      parent.removeEventListener('abort', onParent)
    },
  }
}
