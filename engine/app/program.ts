import type { LiveCall } from './live-call.ts'
import type { LiveCalls } from './live-calls.ts'
import type { Ports } from './ports.ts'

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
  void program({ call, calls, ports, signal })
    .catch((error: unknown) => {
      if (!signal.aborted) log.warn('program failed', { error: String(error) })
    })
    .finally(() => {
      if (call.programAbort === controller) call.feed({ is: 'hangup', by: 'program' })
    })
}
