import type { CallRecord } from '../../core/call.ts'
import { Failure } from '../../core/failures.ts'
import { isE164 } from '../../core/numbers.ts'
import { checkExtraHeaders } from '../../core/sip-headers.ts'
import type { DialVerb } from '../../core/verbs.ts'
import { Bridge, Seat, type Vacated } from '../bridge.ts'
import { circleOf, type Onward, onwardOf } from '../forwarding.ts'
import type { LiveCall } from '../live-call.ts'
import { originate } from '../originate.ts'
import { type Run, untilOver } from '../program.ts'
import { startRecording, stopRecording } from '../recording.ts'
import { requireOwned } from '../route.ts'
import { answer } from './answer.ts'
import { earlyMedia } from './early-media.ts'
import { playSound } from './play.ts'

export interface Dial {
  readonly to: string
  readonly from: string
  /** The caller's name, if his phone gave one. */
  readonly callerName?: string
  readonly timeoutMs: number
  readonly record: boolean
  readonly headers?: Readonly<Record<string, string>>
  readonly onward?: Onward
  /** The other side's INVITE was handed to SIP. */
  readonly onInvited?: (other: LiveCall) => void
  /** Both sides are connected, and recorded if that is wanted. */
  readonly onConnected?: (other: LiveCall) => Promise<void>
}

/** How the other side's call ended; `connected` tells whether the two ever spoke. */
export interface DialResult {
  readonly connected: boolean
  readonly other: CallRecord
}

/** The verb: calls somebody for this call and connects the two. Goes on when the other side is gone. */
export async function dialVerb(run: Run, verb: DialVerb): Promise<DialResult> {
  const { call, ports } = run
  const from = verb.from ?? defaultCallerId(call)
  if (verb.from !== undefined) await requireOwned(ports, call.made.account, verb.from)
  return dial(run, {
    to: verb.to,
    from,
    timeoutMs: verb.timeoutMs ?? ports.settings.ringTimeoutMs,
    record: verb.record ?? false,
    headers: headersOf(call, verb),
    onward: onward(run, verb),
  })
}

/** A caller's own headers end here unless the verb says otherwise. */
function headersOf({ record }: LiveCall, verb: DialVerb): Readonly<Record<string, string>> {
  const passed = verb.passHeaders ? record.received?.sipHeaders : {}
  const headers = { ...passed, ...verb.headers }
  checkExtraHeaders(headers, 'headers')
  return headers
}

/** A call for a number of ours that leaves for another number was diverted by us. */
function onward({ call, calls }: Run, verb: DialVerb): Onward {
  const { record } = call
  const isDiverted = record.direction === 'inbound' && isE164(verb.to) && isE164(record.to)
  if (circleOf(record) !== undefined || (isDiverted && !calls.forwards.begin(call))) {
    throw new Failure('target_not_allowed', 'the call was diverted too often to be sent on', 'to')
  }
  return onwardOf(record, isDiverted ? { from: record.to, reason: 'unconditional' } : undefined)
}

/**
 * Makes a child call and bridges it to this one when it answers. Until then this side hears the other
 * side's early media, or else ringback: ours if it is answered, its own phone's if it is not, from when the
 * other phone rings (180). Whoever hangs up ends the child; an end of this call ends the child too. Failures of `route` when there is no way to call.
 */
export async function dial(run: Run, wanted: Dial): Promise<DialResult> {
  const { call, calls, ports } = run
  const other = await originate(ports, calls, {
    account: call.made.account,
    to: wanted.to,
    from: wanted.from,
    ringTimeoutMs: wanted.timeoutMs,
    parentId: call.id,
    program: untilOver,
    ...(wanted.headers === undefined ? {} : { headers: wanted.headers }),
    ...(wanted.onward === undefined ? {} : { onward: wanted.onward }),
    ...(wanted.callerName === undefined ? {} : { callerName: wanted.callerName }),
  })
  call.towards = other
  if (wanted.onInvited) other.enqueue(async () => wanted.onInvited?.(other))
  let seated = false
  const hangUpOther = () => {
    if (seated) call.bridge?.dismiss(call)
    else if (!other.over.aborted) other.feed({ is: 'hangup', by: 'peer' })
  }
  const onAbort = () => {
    if (!seated) hangUpOther()
  }
  onAborted(run, onAbort)
  try {
    const both = (await answeredWithRingback(run, other)) && (await answer(run))
    if (!both || other.state.at !== 'up' || call.state.at !== 'up') {
      hangUpOther()
      return { connected: false, other: await other.ended }
    }
    const seat = new Seat(call, 'goOn')
    await Bridge.join(ports, seat, new Seat(other, 'hangUp'))
    seated = true
    await converse(run, seat, other, wanted)
    // Somebody else may have taken the place of the other, who goes his own way then.
    return { connected: true, other: other.record }
  } finally {
    hangUpOther()
    run.signal.removeEventListener('abort', onAbort)
  }
}

function onAborted({ signal }: Run, act: () => void): void {
  if (signal.aborted) act()
  signal.addEventListener('abort', act, { once: true })
}

/** Until the call's seat in the bridge is vacated. */
async function converse(run: Run, seat: Seat, other: LiveCall, wanted: Dial): Promise<void> {
  const { call } = run
  const alreadyRecorded = call.recording !== undefined
  if (wanted.record) await startRecording(run, 'receivedLeft')
  await wanted.onConnected?.(other)
  const how = await sitUntilVacated(run, seat)
  if (how === 'left') return
  if (wanted.record && !alreadyRecorded) await stopRecording(run)
  await call.note('bridge.ended', { with: seat.with })
}

/** Waits for the end of the bridge. A call whose place was taken has no more to do, and waits for its own. */
export async function sitUntilVacated(run: Run, seat: Seat): Promise<Vacated> {
  const dismiss = () => run.call.bridge?.dismiss(run.call)
  onAborted(run, dismiss)
  const how = await seat.vacated
  run.signal.removeEventListener('abort', dismiss)
  if (how === 'left') await untilOver(run)
  return how
}

async function answeredWithRingback(run: Run, other: LiveCall): Promise<boolean> {
  const { call, ports } = run
  if (call.state.at === 'ringing' && call.record.direction === 'inbound') {
    // Not before: ringback for a phone that turns out to be busy would be a lie.
    if ((await ringsUnheard(other)) && call.state.at === 'ringing') {
      ports.sip.progress(call.id, 180)
    }
    if (await heardBeforeAnswer(other)) await connectEarly(run, other)
    return other.answered
  }
  const ringing = new AbortController()
  const tone = playSound(
    run,
    { kind: 'tone', tone: 'ringback' },
    AbortSignal.any([run.signal, ringing.signal]),
  ).catch((error: unknown) => {
    ports.log.debug('no ringback', { callId: call.id, error: String(error) })
  })
  const early = await heardBeforeAnswer(other)
  ringing.abort()
  await tone
  if (early) await connectEarly(run, other)
  return other.answered
}

/** True when the other side can be heard before anybody has answered; false when that is decided otherwise. */
const heardBeforeAnswer = (other: LiveCall): Promise<boolean> =>
  Promise.race([other.heardEarly.promise.then(() => true), other.answered.then(() => false)])

/** True when the other side's phone rings; false when it can be heard by then, or will not ring at all. */
const ringsUnheard = (other: LiveCall): Promise<boolean> =>
  Promise.race([
    heardBeforeAnswer(other).then(() => false),
    // One 18x does both: then it is heard.
    other.rings.promise
      .then(() => Promise.race([other.heardEarly.promise, 'unheard']))
      .then((what) => what === 'unheard'),
  ])

/** The other side's own ringback or announcement instead of ours; undone with the end of the other call. */
async function connectEarly(run: Run, other: LiveCall): Promise<void> {
  const { call, ports } = run
  const isOpen = !run.signal.aborted && (await earlyMedia(run))
  if (isOpen && other.state.at === 'ringing') await ports.media.bridge(call.id, other.id)
}

function defaultCallerId(call: LiveCall): string {
  const { account, record } = call.made
  const own = record.direction === 'outbound' ? record.from : account.defaultNumber
  if (own === null) throw new Failure('invalid_request', 'dial needs a `from`', 'from')
  return own
}
