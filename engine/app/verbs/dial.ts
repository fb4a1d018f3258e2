import type { CallRecord } from '../../core/call.ts'
import { Failure } from '../../core/failures.ts'
import type { DialVerb } from '../../core/verbs.ts'
import type { LiveCall } from '../live-call.ts'
import { originate } from '../originate.ts'
import type { Run } from '../program.ts'
import { startRecording, stopRecording } from '../recording.ts'
import { requireOwned } from '../route.ts'
import { answer } from './answer.ts'
import { playSound } from './play.ts'

export interface Dial {
  readonly to: string
  readonly from: string
  /** The caller's name, if his phone gave one. */
  readonly callerName?: string
  readonly timeoutMs: number
  readonly record: boolean
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
  })
}

/**
 * Makes a child call and bridges it to this one when it answers. Until then this side hears ringback:
 * its own phone's (180) if it is not answered yet, ours if it is. Whoever hangs up ends the child; an
 * end of this call ends the child too. Failures of `route` when there is no way to call.
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
    ...(wanted.callerName === undefined ? {} : { callerName: wanted.callerName }),
  })
  if (wanted.onInvited) other.enqueue(async () => wanted.onInvited?.(other))
  const hangUpOther = () => {
    if (!other.over.aborted) other.feed({ is: 'hangup', by: 'peer' })
  }
  if (run.signal.aborted) hangUpOther()
  run.signal.addEventListener('abort', hangUpOther, { once: true })
  try {
    const both = (await answeredWithRingback(run, other)) && (await answer(run))
    const connected = both && (await connect(run, other, wanted))
    hangUpOther()
    return { connected, other: await other.ended }
  } finally {
    run.signal.removeEventListener('abort', hangUpOther)
    call.bridgedTo = undefined
    hangUpOther()
  }
}

/** False when one of the two is gone before they could be connected. */
async function connect(run: Run, other: LiveCall, wanted: Dial): Promise<boolean> {
  const { call, ports } = run
  if (other.state.at !== 'up' || call.state.at !== 'up') return false
  const alreadyRecorded = call.recording !== undefined
  await ports.media.bridge(call.id, other.id)
  call.bridgedTo = other.id
  other.bridgedTo = call.id
  await call.note('bridge.started', { with: other.id })
  if (wanted.record) await startRecording(run, 'receivedLeft')
  await wanted.onConnected?.(other)
  await other.ended
  call.bridgedTo = undefined
  await ports.media.unbridge(call.id)
  if (wanted.record && !alreadyRecorded) await stopRecording(run)
  await call.note('bridge.ended', { with: other.id })
  return true
}

async function answeredWithRingback(run: Run, other: LiveCall): Promise<boolean> {
  const { call, ports } = run
  if (call.state.at === 'ringing' && call.record.direction === 'inbound') {
    ports.sip.progress(call.id, 180)
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
  const answered = await other.answered
  ringing.abort()
  await tone
  return answered
}

/** The child has no instructions of its own: it lives until somebody ends it. */
const untilOver = (run: Run): Promise<void> =>
  new Promise((resolve) => {
    if (run.signal.aborted) resolve()
    else run.signal.addEventListener('abort', () => resolve(), { once: true })
  })

function defaultCallerId(call: LiveCall): string {
  const { account, record } = call.made
  const own = record.direction === 'outbound' ? record.from : account.defaultNumber
  if (own === null) throw new Failure('invalid_request', 'dial needs a `from`', 'from')
  return own
}
