import type { LiveCall } from './live-call.ts'
import type { LiveCalls } from './live-calls.ts'
import type { Ports } from './ports.ts'
import { aborted } from './wait.ts'

/** What a program works with. `signal` aborts when the call is over or the program was replaced. */
export interface Run {
  readonly call: LiveCall
  readonly calls: LiveCalls
  readonly ports: Ports
  readonly signal: AbortSignal
}

/**
 * What a call does while it is up (or, inbound, from its arrival). When it returns the call is hung up.
 * It must return soon after `run.signal` aborts.
 */
export type Program = (run: Run) => Promise<void>

/** Starts a program on a call, in place of the one that runs. */
export function startProgram(
  call: LiveCall,
  calls: LiveCalls,
  ports: Ports,
  program: Program,
): void {
  call.programAbort?.abort()
  const controller = new AbortController()
  call.programAbort = controller
  const signal = AbortSignal.any([controller.signal, call.over])
  const log = ports.log.child({ callId: call.id })
  const stillRuns = () => call.programAbort === controller && !signal.aborted
  void program({ call, calls, ports, signal }).then(
    () => {
      if (stillRuns()) call.feed({ is: 'hangup', by: 'program' })
    },
    (error: unknown) => {
      if (!stillRuns()) return
      const reason = error instanceof Error ? error.message : String(error)
      log.warn('program failed', { error: reason })
      call.enqueue(() => call.note('program.failed', { error: reason }))
      call.feed({ is: 'fail', cause: { is: 'failed', reason: 'program_failed' } })
    },
  )
}

/** Has nothing to do: the call lives until somebody ends it. */
export const untilOver: Program = ({ signal }) => aborted(signal)
