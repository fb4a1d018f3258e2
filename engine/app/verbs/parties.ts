import type { Callback } from '../../core/callbacks.ts'
import { Failure } from '../../core/failures.ts'
import type { SipCredentials } from '../../core/ports/sip.ts'
import type { Onward } from '../forwarding.ts'
import type { LiveCall } from '../live-call.ts'
import { originate } from '../originate.ts'
import { type Run, untilOver } from '../program.ts'
import type { DialTerms } from './dial.ts'

/** One who is called. */
export interface Party {
  readonly to: string
  readonly headers?: Readonly<Record<string, string>>
  readonly onward?: Onward
  /** Of a SIP address: told to him where he asks. */
  readonly credentials?: SipCredentials
  /** In place of that of all. */
  readonly from?: string
  /** Told about every change of status of his call. */
  readonly statusCallback?: string
  /** Told by form of some of what happens to his call. */
  readonly callbacks?: readonly Callback[]
  /** What is done with him when he has answered, before the two are connected. False: they are not to be. */
  readonly prepare?: (run: Run) => Promise<boolean>
}

/** One who is being called. */
export interface Called {
  readonly party: Party
  readonly other: LiveCall
  /** Aborts when he was told to do something else: he is not this call's any more. */
  readonly taken: AbortSignal
}

/** Hangs up whoever of them is still there for this call. */
export function letGoAll(group: readonly Called[], but?: LiveCall): void {
  for (const { other, taken } of group) {
    if (other === but || other.over.aborted || taken.aborted) continue
    other.feed({ is: 'hangup', by: 'peer' })
  }
}

/** Calls everybody who can be called; the Failure of the first one when nobody can. */
export async function callAll(
  run: Run,
  parties: readonly Party[],
  wanted: DialTerms,
): Promise<readonly [Called, ...Called[]]> {
  const group: Called[] = []
  let why: Failure | undefined
  for (const party of parties) {
    // His call may have ended meanwhile.
    if (run.signal.aborted && group.length > 0) break
    const called = await callOne(run, party, wanted).catch((error: unknown) =>
      refusalOr(group, error),
    )
    if (called instanceof Failure) {
      why ??= called
      if (parties.length > 1) await tellMissed(run, `dial: ${party.to}: ${called.message}`)
      continue
    }
    group.push(called)
  }
  const [first, ...others] = group
  if (first === undefined) {
    throw why ?? new Failure('invalid_request', 'dial has nobody to call', 'to')
  }
  // The two had best have one codec.
  run.call.towards = first.other
  return [first, ...others]
}

/** An expected refusal; after anything else nobody is left ringing. */
function refusalOr(group: readonly Called[], error: unknown): Failure {
  if (error instanceof Failure) return error
  letGoAll(group)
  throw error
}

/** In the log of the call: who is not called, where the call goes on without him. */
export const tellMissed = ({ call }: Run, what: string): Promise<void> =>
  call.note('instructions.warning', { warnings: [what] })

async function callOne(run: Run, party: Party, wanted: DialTerms): Promise<Called> {
  const { call, calls, ports } = run
  const taken = new AbortController()
  const { to, headers, credentials, onward, statusCallback, callbacks } = party
  if (statusCallback !== undefined) ports.web.checkUrl(statusCallback, 'status_callback')
  for (const { url } of callbacks ?? []) ports.web.checkUrl(url, 'status_callback')
  const other = await originate(ports, calls, {
    account: call.made.account,
    to,
    from: party.from ?? wanted.from,
    ringTimeoutMs: wanted.timeoutMs,
    parentId: call.id,
    program: async (his) => {
      await untilOver(his)
      if (his.call.state.at !== 'ended') taken.abort()
    },
    ...(headers === undefined ? {} : { headers }),
    ...(credentials && { credentials }),
    ...(onward === undefined ? {} : { onward }),
    ...(wanted.onRefer && { mayRefer: true }),
    ...(wanted.callerName === undefined ? {} : { callerName: wanted.callerName }),
    fields: {
      ...(statusCallback !== undefined && { statusCallback }),
      ...(callbacks && { callbacks }),
    },
  })
  if (wanted.onInvited) other.enqueue(async () => wanted.onInvited?.(other))
  return { party, other, taken: taken.signal }
}
