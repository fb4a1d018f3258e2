import type { LogEvent } from './context.ts'
import type { Counters } from './counters.ts'

/**
 * Runs what an outside event asks for. An error here is a bug of ours: it is counted and logged
 * with its stack, and the other calls go on.
 */
export const contained =
  (counters: Counters, log: (event: LogEvent) => void) =>
  (work: () => void): void => {
    try {
      work()
    } catch (error) {
      counters.faults++
      log({
        event: 'sip.fault',
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      })
    }
  }
