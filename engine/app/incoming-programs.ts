import { Failure, type FailureCode } from '../core/failures.ts'
import type { BoxId } from '../core/ids.ts'
import { isE164 } from '../core/numbers.ts'
import type { IncomingInvite } from '../core/ports/sip.ts'
import type { NumberRecord } from '../core/ports/store.ts'
import { callIn } from './conferences/call-in.ts'
import { circleOf, onwardOf } from './forwarding.ts'
import { refusalOf } from './incoming-status.ts'
import type { Ports } from './ports.ts'
import type { Program, Run } from './program.ts'
import { type Rung, ringByRules, sendOn } from './rules/ring-by-rules.ts'
import { type Ruled, ruleFor, rulesAt, rulesOfNumber } from './rules/rules.ts'
import { dial } from './verbs/dial.ts'
import { runInstructions, runProgram } from './verbs/redirect.ts'
import { leaveMessage } from './voicemail/leave-message.ts'
import { boxFor } from './voicemail/own-box.ts'

/** What a call to a number of ours does: sent on at once, where a rule says so, or by its route. */
export async function numberProgram(
  { store }: Ports,
  number: NumberRecord,
  invite: IncomingInvite,
): Promise<Program> {
  const ruled = await rulesOfNumber(store, number)
  const own = ruled.filter(({ owner }) => owner.number !== undefined)
  const byRoute = routeProgram(number, invite, ruled)
  if (!ruleFor(own, 'always')) return byRoute
  return async (run) => {
    const isSent = await connecting(run, number.number, () => sendOn(run, own, 'always'))
    if (!isSent) await byRoute(run)
  }
}

function routeProgram(
  number: NumberRecord,
  invite: IncomingInvite,
  ruled: readonly Ruled[],
): Program {
  const { route } = number
  switch (route.kind) {
    case 'verbs':
      return (run) => runProgram(run, route.verbs)
    case 'url':
      return (run) => runInstructions(run, route)
    case 'device':
      return connectTo(route.username, invite, { ruled, diverts: true })
    case 'number':
      return connectTo(route.number, invite, { ruled, diverts: true })
    case 'queue':
      return (run) => runProgram(run, [{ verb: 'enqueue', queue: route.queue }])
    case 'voicemail':
      return intoBox(number, route.box)
    case 'conference':
      return callIn(route)
  }
}

/** A box that is there no more takes no call. */
const intoBox =
  (number: NumberRecord, box: BoxId | 'own'): Program =>
  async (run) => {
    const { call, ports } = run
    try {
      const found = await boxFor(ports, { accountId: number.accountId, number }, box)
      const reason = 'direct'
      await leaveMessage(run, found, { greeting: 'unavailable', reason, to: number.number })
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      ports.log.warn('no voicemail box for a call', { callId: call.id, error: error.message })
      call.feed({ is: 'reject', sipStatus: 404 })
    }
  }

/** What the caller's phone is told where there is no way; 404 for the rest. */
const refusals: Readonly<Partial<Record<FailureCode, number>>> = {
  device_not_registered: 480,
  trunk_busy: 503,
  limit_reached: 503,
  overloaded: 503,
  target_not_allowed: 403,
  account_suspended: 403,
  account_closed: 403,
  insufficient_credits: 402,
}

/** Why a call must not go on; `leaves`: from a number of ours to another number. */
function circleAt({ call, calls }: Run, leaves: boolean): number | undefined {
  const circle = circleOf(call.record)
  return circle ?? (leaves && !calls.forwards.begin(call) ? 482 : undefined)
}

interface Connect {
  readonly callerId?: string
  /** The call is for a number of ours, which leads there. */
  readonly diverts?: boolean
  /** Absent: those of whom it is for. */
  readonly ruled?: readonly Ruled[]
}

/** Rings somebody for the caller, who is answered only when the other side is, or a voicemail box. */
export function connectTo(
  to: string,
  invite: IncomingInvite,
  { callerId = invite.from, diverts = false, ruled }: Connect = {},
): Program {
  return async (run) => {
    const { call, ports } = run
    const reject = (sipStatus: number) => call.feed({ is: 'reject', sipStatus })
    const circle = circleAt(run, diverts && isE164(to))
    if (circle !== undefined) {
      ports.log.info('call goes round in circles', { callId: call.id, to })
      reject(circle)
      return
    }
    const by = diverts ? { from: invite.to, reason: 'unconditional' } : undefined
    await connecting(run, to, async () => {
      const rules = ruled ?? (await rulesAt(ports.store, call.record.accountId, to))
      return ringByRules(run, rules, (terms) =>
        dial(run, {
          ...{ to, from: callerId },
          ...(invite.fromName === null ? {} : { callerName: invite.fromName }),
          timeoutMs: ports.settings.ringTimeoutMs,
          record: false,
          onward: onwardOf(call.record, by),
          ...terms,
        }),
      )
    })
  }
}

/** What can't be connected is refused to the caller. False: there was nothing to do. */
async function connecting(
  { call, ports }: Run,
  to: string,
  work: () => Promise<Rung | undefined>,
): Promise<boolean> {
  const reject = (sipStatus: number) => call.feed({ is: 'reject', sipStatus })
  try {
    const rung = await work()
    if (rung?.is === 'rung' && !rung.connected) reject(refusalOf(rung.other))
    return rung !== undefined
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    ports.log.info('call not connected', { callId: call.id, to, error: error.message })
    reject(refusals[error.code] ?? 404)
    return true
  }
}
