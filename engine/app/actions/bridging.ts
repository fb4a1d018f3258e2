import type { CallRecord } from '../../core/call.ts'
import { Failure } from '../../core/failures.ts'
import type { AccountId, CallId } from '../../core/ids.ts'
import { Bridge, Seat } from '../bridge.ts'
import type { Around } from '../conferences/around.ts'
import { requireStillUp, requireUp } from '../find-call.ts'
import type { LiveCall } from '../live-call.ts'
import { type Program, type Run, startProgram } from '../program.ts'
import { sitUntilVacated } from '../verbs/dial.ts'
import { wait } from '../wait.ts'
import { depart, leaveConference, requireFree } from './depart.ts'

/**
 * Connects two calls of the account that are up, out of whatever each of them was doing. The end of one is the end of
 * both. Failures `invalid_request` for one call twice, `not_found`, `call_ended`, `call_not_answered`, `call_busy`.
 */
export async function bridgeCalls(
  around: Around,
  account: AccountId,
  id: CallId,
  otherId: CallId,
): Promise<CallRecord> {
  if (id === otherId) {
    throw new Failure('invalid_request', 'a call can not be connected to itself', 'call_id')
  }
  const { ports, calls } = around
  const call = await requireUp(ports, calls, account, id)
  const other = await requireUp(ports, calls, account, otherId)
  await connectCalls(around, call, other)
  return call.record
}

/** Failures as above, and `forbidden` for a call of a test key and one of a live key. Two who talk to each other go on. */
export async function connectCalls(around: Around, a: LiveCall, b: LiveCall): Promise<void> {
  if (a.record.isTest !== b.record.isTest) {
    throw new Failure('forbidden', 'a call of a test key is connected to such calls alone')
  }
  const both = [a, b]
  // One that has ended, or is being transferred, harms neither.
  for (const call of both) {
    requireStillUp(call)
    requireFree(call)
  }
  if (a.partner === b) return
  for (const call of both) depart(call)
  // Both at once: what each did until now must not come to its end meanwhile, which would hang it up.
  const connected = Promise.withResolvers<boolean>()
  const sitters = both.map((call) => sitDown(around, call, connected.promise))
  try {
    await Promise.all(both.map((call) => leaveConference(around, call)))
    for (const { run } of sitters) requireUndisturbed(run)
    const [ofA, ofB] = sitters as [Sitter, Sitter]
    await Bridge.connect(around.ports, ofA.seat, ofB.seat)
    connected.resolve(true)
  } catch (error) {
    // Whoever is left of the two has nobody to talk to, and is hung up.
    connected.resolve(false)
    throw error
  }
}

interface Sitter {
  readonly seat: Seat
  readonly run: Run
}

function sitDown({ ports, calls }: Around, call: LiveCall, connected: Promise<boolean>): Sitter {
  const seat = new Seat(call, 'hangUp')
  let begun: Run | undefined
  startProgram(call, calls, ports, async (run) => {
    begun = run
    if (!(await connected)) return
    const how = await sitUntilVacated(run, seat)
    if (how === 'over') await call.note('bridge.ended', { with: seat.with })
  })
  if (!begun) throw new Error('a program begins at once')
  return { seat, run: begun }
}

/** Failures `call_ended`, `call_busy`. */
function requireUndisturbed({ call, signal }: Run): void {
  requireStillUp(call)
  if (!signal.aborted) return
  throw new Failure('call_busy', 'the call was told to do something else meanwhile')
}

/** Waits for what it is told to do next. */
const idle: Program = async ({ ports, signal }) => {
  await wait(ports.clock, ports.settings.silentCallMs, signal)
}

/**
 * The two who talk do so no more, and neither is hung up: one whose program called the other goes on with it, any other
 * waits in silence for what it is told to do. Failures `not_found`, `call_ended`, `call_not_answered`, `not_bridged`,
 * `call_busy`.
 */
export async function unbridgeCall(
  { ports, calls }: Around,
  account: AccountId,
  id: CallId,
): Promise<CallRecord> {
  const call = await requireUp(ports, calls, account, id)
  requireFree(call)
  const { bridge } = call
  if (!bridge) throw new Failure('not_bridged', 'the call talks to nobody')
  for (const seat of bridge.part()) {
    if (seat.afterwards === 'goOn') {
      seat.vacate('over')
      continue
    }
    startProgram(seat.call, calls, ports, idle)
    seat.vacate('left')
    seat.call.enqueue(() => seat.call.note('bridge.ended', { with: seat.with }))
  }
  return call.record
}
