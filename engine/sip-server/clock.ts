/** Time as a port: everything that waits asks it, so tests run on a virtual clock. */
export interface Clock {
  /** milliseconds since the epoch */
  nowMs(): number
  /** Calls `fn` once after `delayMs`; the returned function cancels it (harmless afterwards). */
  after(delayMs: number, fn: () => void): () => void
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after: (delayMs, fn) => {
    const timer = setTimeout(fn, delayMs)
    return () => clearTimeout(timer)
  },
}

/** A clock whose timers all fall silent at `stop`, however many are still pending. */
export const stoppable = (
  clock: Clock,
  run: (work: () => void) => void,
): { readonly clock: Clock; stop(): void } => {
  const pending = new Set<() => void>()
  return {
    clock: {
      nowMs: () => clock.nowMs(),
      after: (delayMs, fn) => {
        const cancel = clock.after(delayMs, () => {
          pending.delete(cancel)
          run(fn)
        })
        pending.add(cancel)
        return () => {
          pending.delete(cancel)
          cancel()
        }
      },
    },
    stop: () => {
      for (const cancel of pending) cancel()
      pending.clear()
    },
  }
}
