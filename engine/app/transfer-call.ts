import type { CallRecord } from '../core/call.ts'
import { Failure } from '../core/failures.ts'
import type { AccountId, CallId } from '../core/ids.ts'
import { parseDestination } from '../core/numbers.ts'
import type { ReferTarget } from '../core/ports/sip.ts'
import { requireFree } from './actions/depart.ts'
import { requireUp } from './find-call.ts'
import { refusalOf } from './incoming-status.ts'
import type { LiveCall } from './live-call.ts'
import type { LiveCalls } from './live-calls.ts'
import type { Ports } from './ports.ts'
import { type Run, startProgram } from './program.ts'
import { route } from './route.ts'
import { callerIdOf, sayFarewell, transferTo } from './transfer.ts'
import { dial } from './verbs/dial.ts'

export interface TransferCall {
  /** E.164, `sip:` URI or device name. */
  readonly to: string
  /** `bridge`: we call and connect. `refer`: the phone is asked to call by itself. */
  readonly mode: 'bridge' | 'refer'
}

/**
 * Connects a call's phone to somebody else; whom it talks to is hung up when that somebody answers. Resolves
 * when it is begun; events of the call tell the rest. Failures `not_found`, `call_ended`,
 * `call_not_answered`, `call_busy`, those of `route`, `call_failed` when the phone is not willing, and
 * `forbidden` when it would be another account's phone that calls.
 */
export async function transferCall(
  ports: Ports,
  calls: LiveCalls,
  account: AccountId,
  id: CallId,
  { to, mode }: TransferCall,
): Promise<CallRecord> {
  const call = await requireUp(ports, calls, account, id)
  await route(ports, call.made.account, to)
  if (mode === 'refer') await byReferring(ports, call, to)
  else await byBridging(ports, calls, call, to)
  return call.record
}

/** The order of the events is that of the transfer, also where a NOTIFY overtakes the answer to the REFER. */
export async function byReferring(ports: Ports, call: LiveCall, to: string): Promise<void> {
  if (call.earlyReports) throw new Failure('call_busy', 'the phone is being transferred already')
  if (!call.isOwnPhone) throw new Failure('forbidden', 'the phone is of another account')
  const reports: (() => void)[] = []
  call.earlyReports = reports
  try {
    await ports.sip.refer(call.id, referTargetOf(to))
    call.enqueue(() => call.note('transfer.started', { to, mode: 'refer' }))
  } finally {
    call.earlyReports = undefined
    for (const report of reports) report()
  }
}

const referTargetOf = (to: string): ReferTarget =>
  parseDestination(to)?.kind === 'uri' ? { kind: 'uri', uri: to } : { kind: 'name', name: to }

async function byBridging(
  ports: Ports,
  calls: LiveCalls,
  call: LiveCall,
  to: string,
): Promise<void> {
  const { bridge, partner } = call
  if (!bridge || !partner) {
    requireFree(call)
    startProgram(call, calls, ports, async (run) => {
      await connectTo(run, to)
    })
    return
  }
  await transferTo(ports, calls, {
    ...{ bridge, kept: call, leaving: partner, to, log: call },
    tell: (sipStatus) => {
      if (sipStatus === 200) partner.feed({ is: 'hangup', by: 'peer' })
    },
  })
}

/** For a call whose phone talks to nobody. False: nothing came of it. */
export async function connectTo(run: Run, to: string): Promise<boolean> {
  const { call, ports } = run
  await call.note('transfer.started', { to, mode: 'bridge' })
  try {
    const { connected, other } = await dial(run, {
      to,
      from: callerIdOf(call, to),
      timeoutMs: ports.settings.ringTimeoutMs,
      record: false,
      onConnected: () => call.note('transfer.completed', { to }),
    })
    if (!connected) await call.note('transfer.failed', { to, sipStatus: refusalOf(other) })
    return connected
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    await call.note('transfer.failed', { to, reason: error.code })
    return false
  }
}

/** What a phone tells of the transfer that we asked it for. */
export function referProgress(
  ports: Ports,
  call: LiveCall,
  sipStatus: number,
  final: boolean,
): void {
  if (call.earlyReports) {
    call.earlyReports.push(() => referProgress(ports, call, sipStatus, final))
    return
  }
  const done = final && sipStatus < 300
  const ended = done ? 'transfer.completed' : 'transfer.failed'
  call.enqueue(() => call.note(final ? ended : 'transfer.progress', { sipStatus }))
  if (final) call.onReferred?.(sipStatus)
  if (done) void sayFarewell(ports, call)
}
