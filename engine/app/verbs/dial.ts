import type { CallRecord } from '../../core/call.ts'
import type { RingCountry } from '../../core/ring-tones.ts'
import type { Verb } from '../../core/verbs.ts'
import { Bridge, rise, Seat, type Vacated } from '../bridge.ts'
import type { Onward } from '../forwarding.ts'
import type { LiveCall } from '../live-call.ts'
import { passKeysOn } from '../pass-keys-on.ts'
import { type Run, untilOver } from '../program.ts'
import { aborted } from '../wait.ts'
import { answer } from './answer.ts'
import { heedRefer } from './heed-refer.ts'
import { type Called, callAll, letGoAll, type Party } from './parties.ts'
import type { Instructions } from './redirect.ts'
import { answeredWithRingback } from './ring.ts'
import { TalkRecorder, type TalkTerms } from './talk-recorder.ts'

export interface DialTerms extends TalkTerms {
  readonly from: string
  /** The caller's name, if his phone gave one. */
  readonly callerName?: string
  readonly timeoutMs: number
  readonly record: boolean
  /** What this side hears while the other rings. */
  readonly ringTone?: RingCountry
  /** How long the two may talk. */
  readonly timeLimitMs?: number
  /** The star key of this call's phone ends their talk. */
  readonly hangupOnStar?: boolean
  /** Asked when the other side wants this call to be sent elsewhere. */
  readonly onRefer?: Pick<Instructions, 'url' | 'method'>
  /** The other side's INVITE was handed to SIP. */
  readonly onInvited?: (other: LiveCall) => void
  /** Both sides are connected, and recorded if that is wanted. */
  readonly onConnected?: (other: LiveCall) => Promise<void>
}

export interface Dial extends DialTerms {
  readonly to: string
  readonly headers?: Readonly<Record<string, string>>
  readonly onward?: Onward
}

/** How the other side's call ended; `connected` tells whether the two ever spoke. */
export interface DialResult {
  readonly connected: boolean
  readonly other: CallRecord
  /** What is to be done instead of what comes after, as the other side had it asked. */
  readonly instead?: readonly Verb[]
}

/**
 * Makes a child call and bridges it to this one when it answers. Until then this side hears the other
 * side's early media, or else ringback: ours if it is answered, its own phone's if it is not, from when the
 * other phone rings (180). Whoever hangs up ends the child; an end of this call ends the child too. Failures of `route` when there is no way to call.
 */
export function dial(run: Run, wanted: Dial): Promise<DialResult> {
  const { to, headers, onward, ...terms } = wanted
  const party = {
    to,
    ...(headers !== undefined && { headers }),
    ...(onward !== undefined && { onward }),
  }
  return dialParties(run, [party], terms)
}

/**
 * The same with several who ring at once: the first to answer is connected, the others are let go. A recorder that is
 * given goes on where nobody was connected.
 */
export async function dialParties(
  run: Run,
  parties: readonly Party[],
  wanted: DialTerms,
  given?: TalkRecorder,
): Promise<DialResult> {
  const { call, ports } = run
  const group = await callAll(run, parties, wanted)
  const [first] = group
  const wasUp = call.state.at === 'up'
  let seat: Seat | undefined
  const hangUpAll = () => {
    if (seat) rise(seat)
    else letGoAll(group)
  }
  const onAbort = () => {
    if (!seat) hangUpAll()
  }
  onAborted(run, onAbort)
  const recorder = given ?? new TalkRecorder(run, wanted)
  try {
    await recorder.ringing()
    const winner = await answeredWithRingback(run, group, wanted.ringTone)
    const both = winner !== undefined && (await answer(run))
    if (!both || !isThere(winner) || call.state.at !== 'up') {
      hangUpAll()
      if (!given) await recorder.end()
      return { connected: false, other: await endOf(winner ?? first) }
    }
    const { other } = winner
    const own = new Seat(call, 'goOn')
    await Bridge.join(ports, own, new Seat(other, 'hangUp'))
    seat = own
    const instead = wanted.onRefer && heedRefer(run, own, wanted.onRefer)
    // Told just then to do something else, out of a bridge that was not there yet.
    if (winner.taken.aborted) other.bridge?.depart(other)
    passKeysOn(ports, other, call)
    if (!wasUp) passKeysOn(ports, call, other)
    await converse(run, own, other, wanted, recorder)
    // Somebody else may have taken the place of the other, who goes his own way then.
    const verbs = instead?.()
    return { connected: true, other: other.record, ...(verbs && { instead: verbs }) }
  } finally {
    hangUpAll()
    run.signal.removeEventListener('abort', onAbort)
  }
}

const isThere = ({ other, taken }: Called): boolean => other.state.at === 'up' && !taken.aborted

/** His call when it is over, or as it is where he does something else by now. */
async function endOf({ other, taken }: Called): Promise<CallRecord> {
  await Promise.race([other.ended, aborted(taken)])
  return other.record
}

function onAborted({ signal }: Run, act: () => void): void {
  if (signal.aborted) act()
  signal.addEventListener('abort', act, { once: true })
}

/** Until the call's seat in the bridge is vacated. */
async function converse(
  run: Run,
  seat: Seat,
  other: LiveCall,
  wanted: DialTerms,
  recorder: TalkRecorder,
): Promise<void> {
  const { call } = run
  await recorder.talking()
  await wanted.onConnected?.(other)
  const relax = limitTalk(run, wanted)
  const how = await sitUntilVacated(run, seat)
  relax()
  if (how === 'left') return
  await recorder.end()
  await call.note('bridge.ended', { with: seat.with })
}

/** Waits for the end of the bridge. A call whose place was taken has no more to do, and waits for its own. */
export async function sitUntilVacated(run: Run, seat: Seat): Promise<Vacated> {
  const dismiss = () => rise(seat)
  onAborted(run, dismiss)
  const how = await seat.vacated
  run.signal.removeEventListener('abort', dismiss)
  if (how === 'left') await untilOver(run)
  return how
}

/** Ends the talk by itself: after a while, or when the star key is pressed. Returns how to stop that. */
function limitTalk({ call, ports }: Run, { timeLimitMs, hangupOnStar }: DialTerms): () => void {
  const over = new AbortController()
  const endTalk = () => call.bridge?.dismiss(call)
  const disarm =
    timeLimitMs === undefined ? undefined : ports.clock.after(timeLimitMs, () => endTalk())
  if (hangupOnStar) {
    // One that was pressed before was not meant for this talk.
    call.digits.takeAll()
    void starPressed(call, over.signal).then((is) => is && endTalk())
  }
  return () => {
    disarm?.()
    over.abort()
  }
}

/** False: `signal` aborted before. Other keys are passed over. */
async function starPressed(call: LiveCall, signal: AbortSignal): Promise<boolean> {
  for (;;) {
    const key = await call.digits.next(signal)
    if (key === undefined || key === '*') return key !== undefined
  }
}
