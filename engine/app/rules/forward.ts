import { Failure } from '../../core/failures.ts'
import type { ForwardReason } from '../../core/forwarding.ts'
import { isE164 } from '../../core/numbers.ts'
import { anonymous } from '../../core/trunk-caller.ts'
import { circleOf, onwardOf } from '../forwarding.ts'
import type { Run } from '../program.ts'
import { dial } from '../verbs/dial.ts'
import { type Left, leaveMessage } from '../voicemail/leave-message.ts'
import { boxFor } from '../voicemail/own-box.ts'
import { type Rung, ringByRules } from './ring-by-rules.ts'
import { type Rule, rulesAt } from './rules.ts'

/** The caller was at a box. */
export interface Forwarded {
  readonly is: 'voicemail'
  readonly left: Left
}

/** A call that was sent on so often goes round in circles. */
const mostHops = 5

/** What RFC 5806 calls them. */
const diversions: Readonly<Record<ForwardReason, string>> = {
  always: 'unconditional',
  busy: 'user-busy',
  'no-answer': 'no-answer',
  unreachable: 'unavailable',
}

/**
 * Sends the call on: into a box, or to somebody else, whose own rules count then. Undefined: the box is not there any
 * more, and it is as if there was no rule. Failures of `dial`, `target_not_allowed` for a circle.
 */
export async function forward(
  run: Run,
  { to, of }: Rule,
  reason: ForwardReason,
  hops: number,
): Promise<Rung | undefined> {
  const { call, ports } = run
  const told = { by: of.by, reason }
  if (to.kind === 'voicemail') {
    const box = await boxFor(ports, of.owner, to.box).catch((error: unknown) => {
      if (!(error instanceof Failure)) throw error
      ports.log.warn('no voicemail box for a call', { callId: call.id, error: error.message })
      return undefined
    })
    if (!box) return undefined
    await call.note('call.redirected', { to: box.id, trunkId: null, ...told })
    const greeting = reason === 'busy' ? 'busy' : 'unavailable'
    return {
      is: 'voicemail',
      left: await leaveMessage(run, box, { greeting, reason, to: of.by }),
    }
  }
  requireNoCircle(run, to.to, hops)
  await call.note('call.redirected', { to: to.to, trunkId: null, ...told })
  tellCaller(run)
  return ringOn(run, to.to, { from: of.by, reason: diversions[reason] }, hops + 1)
}

/** Failure `target_not_allowed`. */
function requireNoCircle({ call, calls }: Run, to: string, hops: number): void {
  const isRound = hops >= mostHops || circleOf(call.record) !== undefined
  if (isRound || (isE164(to) && !calls.forwards.begin(call))) {
    throw new Failure('target_not_allowed', 'the call was sent on too often', 'to')
  }
}

/** RFC 3261 section 21.1.3: his phone may show it. */
function tellCaller({ call, ports }: Run): void {
  if (call.state.at === 'ringing' && call.record.direction === 'inbound') {
    ports.sip.progress(call.id, 181)
  }
}

async function ringOn(
  run: Run,
  to: string,
  by: { readonly from: string; readonly reason: string },
  hops: number,
): Promise<Rung> {
  const { call, ports } = run
  const { record, made } = call
  const { account, callerName } = made
  // A carrier is shown a number; whoever withholds his stays withheld.
  const isNumberless = isE164(to) && !isE164(record.from) && record.from !== anonymous
  const ruled = await rulesAt(ports.store, account.id, to)
  return ringByRules(
    run,
    ruled,
    ({ timeoutMs = ports.settings.ringTimeoutMs, onInvited }) =>
      dial(run, {
        to,
        from: isNumberless ? (account.defaultNumber ?? record.from) : record.from,
        ...{ timeoutMs, record: false, onward: onwardOf(record, by) },
        ...(onInvited && { onInvited }),
        ...(callerName !== undefined && { callerName }),
      }),
    hops,
  )
}
