import type { CallRecord } from '../../core/call.ts'
import { Failure } from '../../core/failures.ts'
import type { AccountId, CallId } from '../../core/ids.ts'
import type { Verb } from '../../core/verbs.ts'
import { checkForms } from '../check-verbs.ts'
import type { Around } from '../conferences/around.ts'
import { requireLive } from '../find-call.ts'
import type { LiveCall } from '../live-call.ts'
import type { Ports } from '../ports.ts'
import { type Program, startProgram } from '../program.ts'
import { type Instructions, runInstructions, runProgram } from '../verbs/redirect.ts'
import { depart } from './depart.ts'

/** Instructions that an application gives at an address, or has given. */
export type Redirect =
  | Pick<Instructions, 'url' | 'method' | 'format' | 'fallbackUrl'>
  | { readonly verbs: readonly Verb[] }

/** Failures `not_found`, and those of `redirect`. */
export async function redirectCall(
  around: Around,
  account: AccountId,
  id: CallId,
  to: Redirect,
): Promise<CallRecord> {
  const call = await requireLive(around.ports, around.calls, account, id)
  await redirect(around, call, to)
  return call.record
}

/**
 * Leaves what the call does for other instructions, out of a bridge too, at once: one that rings here does what they
 * say instead, one that rings there will when it is answered. Failures `call_ended`, `call_busy` for one that
 * somebody waits for, or that is being transferred, and those of the URL's check and of verbs.
 */
export async function redirect(
  { ports, calls }: Around,
  call: LiveCall,
  to: Redirect,
): Promise<void> {
  const program = programOf(ports, to)
  if (call.state.at === 'ended') throw new Failure('call_ended', 'the call is over')
  const isWaiting = call.state.at !== 'up' && call.record.direction === 'outbound'
  if (isWaiting && call.record.parentId !== null) {
    throw new Failure('call_busy', 'another call waits for this one to be answered')
  }
  depart(call)
  if ('url' in to) call.record = { ...call.record, url: to.url, method: to.method }
  if (isWaiting) call.acts.onAnswer = program
  else startProgram(call, calls, ports, program)
}

function programOf(ports: Ports, to: Redirect): Program {
  if ('url' in to) {
    ports.web.checkUrl(to.url, 'url')
    if (to.fallbackUrl !== undefined) ports.web.checkUrl(to.fallbackUrl, 'fallback_url')
    return (run) => runInstructions(run, to)
  }
  checkForms(ports, to.verbs)
  return (run) => runProgram(run, to.verbs)
}
