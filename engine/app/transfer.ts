import type { CallRecord } from '../core/call.ts'
import type { EventDraft } from '../core/events.ts'
import { Failure } from '../core/failures.ts'
import { isE164 } from '../core/numbers.ts'
import { anonymous } from '../core/trunk-caller.ts'
import { type Bridge, Seat } from './bridge.ts'
import { refusalOf } from './incoming-status.ts'
import type { LiveCall } from './live-call.ts'
import type { LiveCalls } from './live-calls.ts'
import { originate } from './originate.ts'
import type { Ports } from './ports.ts'
import { untilOver } from './program.ts'
import { wait } from './wait.ts'

/** A phone that has been told of its transfer hangs up by itself; not for ever, though. */
const farewellMs = 4_000

export interface Transfer {
  readonly bridge: Bridge
  /** Who is transferred. */
  readonly kept: LiveCall
  /** Who is left behind. */
  readonly leaving: LiveCall
  readonly to: string
  /** Value of the header Referred-By. */
  readonly referredBy?: string
  /** Whose log tells of it. */
  readonly log: LiveCall
  /** 180, then a final SIP status. */
  tell(sipStatus: number): void
}

/**
 * Calls somebody and puts him in the place of `leaving`. Resolves when the call is begun, rejects with the
 * Failures of `originate`, or `call_busy` while another transfer is under way; the rest goes on by itself.
 * Meanwhile the one who is transferred hears ringback; when nothing comes of it all is as it was.
 */
export async function transferTo(ports: Ports, calls: LiveCalls, wanted: Transfer): Promise<void> {
  const { bridge, kept, to, referredBy } = wanted
  if (!bridge.keep(kept)) throw new Failure('call_busy', 'a transfer is under way')
  let target: LiveCall
  try {
    target = await originate(ports, calls, {
      account: kept.made.account,
      to,
      from: callerIdOf(kept, to),
      ringTimeoutMs: ports.settings.ringTimeoutMs,
      parentId: kept.id,
      program: untilOver,
      onRinging: () => {
        note(wanted, 'transfer.progress', { sipStatus: 180 })
        wanted.tell(180)
      },
      ...(referredBy === undefined ? {} : { headers: { 'Referred-By': referredBy } }),
    })
  } catch (error) {
    bridge.settle()
    throw error
  }
  note(wanted, 'transfer.started', { to, target: target.id })
  void follow(ports, wanted, target).catch((error: unknown) => {
    ports.log.error('transfer failed', { callId: kept.id, error: String(error) })
    if (!target.over.aborted) target.feed({ is: 'hangup', by: 'peer' })
    conclude(wanted, 500)
  })
}

async function follow(ports: Ports, wanted: Transfer, target: LiveCall): Promise<void> {
  const { bridge, kept, leaving } = wanted
  const giveUp = () => target.feed({ is: 'hangup', by: 'peer' })
  kept.over.addEventListener('abort', giveUp, { once: true })
  if (kept.over.aborted) giveUp()
  const ringback = ports.media.play(kept.id, { kind: 'tone', tone: 'ringback' })
  ringback.catch((error: unknown) => {
    ports.log.debug('no ringback', { callId: kept.id, error: String(error) })
  })
  const answered = await target.answered
  ports.media.stop(kept.id)
  kept.over.removeEventListener('abort', giveUp)
  if (!answered || kept.state.at !== 'up' || target.state.at !== 'up') {
    if (!target.over.aborted) giveUp()
    const record = await target.ended
    conclude(wanted, kept.over.aborted ? 487 : refusalOf(record))
    return
  }
  await bridge.replace(leaving, new Seat(target, 'hangUp'))
  conclude(wanted, 200)
}

function conclude(wanted: Transfer, sipStatus: number): void {
  wanted.bridge.settle()
  const { to } = wanted
  if (sipStatus === 200) note(wanted, 'transfer.completed', { to })
  else note(wanted, 'transfer.failed', { to, sipStatus })
  wanted.tell(sipStatus)
}

function note(wanted: Transfer, type: EventDraft['type'], data: EventDraft['data']): void {
  const { log, kept } = wanted
  const call = log.over.aborted ? kept : log
  call.enqueue(() => call.note(type, data))
}

/** Hangs up after a while, unless the phone has done so. */
export async function sayFarewell(ports: Ports, call: LiveCall): Promise<void> {
  const waited = await wait(ports.clock, farewellMs, call.over)
  if (waited === 'elapsed') call.feed({ is: 'hangup', by: 'peer' })
}

/** Devices see who is transferred to them; carriers a number that the account owns. */
export function callerIdOf({ made, record }: LiveCall, to: string): string {
  const party = partyOf(record)
  // A phone that withholds its number withholds the account's too.
  if (made.device && party === anonymous) return party
  return isE164(to) ? (made.account.defaultNumber ?? party) : party
}

/** Who is at the phone. */
const partyOf = (record: CallRecord): string =>
  record.direction === 'inbound' ? record.from : record.to
