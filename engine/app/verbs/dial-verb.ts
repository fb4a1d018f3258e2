import { kindOfAnswerer } from '../../core/answerer.ts'
import type { CallRecord } from '../../core/call.ts'
import { Failure } from '../../core/failures.ts'
import { isE164 } from '../../core/numbers.ts'
import { checkExtraHeaders } from '../../core/sip-headers.ts'
import type { DialTarget, DialVerb, Verb } from '../../core/verbs.ts'
import { findAnswerer } from '../answerer.ts'
import { circleOf, type Onward, onwardOf } from '../forwarding.ts'
import type { LiveCall } from '../live-call.ts'
import type { Run } from '../program.ts'
import { requireOwned } from '../route.ts'
import type { Forwarded } from '../rules/forward.ts'
import { ringByRules } from '../rules/ring-by-rules.ts'
import { rulesAt } from '../rules/rules.ts'
import { sendDigits } from '../send-digits.ts'
import { answer } from './answer.ts'
import { type DialResult, type DialTerms, dialParties } from './dial.ts'
import { dialInTurn } from './dial-in-turn.ts'
import { type Party, tellMissed } from './parties.ts'
import { follow } from './redirect.ts'

/** How a `dial` went, in words of the application. */
export interface Dialled {
  readonly dial_status:
    | 'completed'
    | 'answered'
    | 'busy'
    | 'no-answer'
    | 'failed'
    | 'canceled'
    // by a rule of whom it was for
    | 'voicemail'
  readonly dial_call_id?: string
  /** Seconds that the other side was up. */
  readonly dial_duration?: number
  readonly recording_id?: string
  readonly recording_url?: string
  /** Why there was nobody to call. */
  readonly dial_error?: string
  readonly voicemail_id?: string
}

/** The other side had the application asked what becomes of this call: that is run in place of the rest. */
export interface Sent {
  readonly instead: readonly Verb[]
}

/** The verb: calls one or several for this call and connects it with the first to answer. Goes on when they are done. */
export async function dialVerb(run: Run, verb: DialVerb): Promise<Dialled | Sent> {
  const goesOn = verb.onFailure ?? (verb.action !== undefined || verb.targets ? 'next' : 'end')
  try {
    if (verb.answerOnBridge === false && !(await answer(run))) return { dial_status: 'canceled' }
    return await dialByRules(run, verb)
  } catch (error) {
    if (!(error instanceof Failure) || goesOn === 'end') throw error
    const { code, message } = error
    await tellMissed(run, `dial: ${message}`)
    return { dial_status: 'failed', dial_error: code }
  }
}

/** One alone who is called is called by his rules; of several whoever answers first has the call. */
async function dialByRules(run: Run, verb: DialVerb): Promise<Dialled | Sent> {
  const [parties, terms] = [await partiesOf(run, verb), await termsOf(run, verb)]
  const { store } = run.ports
  const ruled =
    verb.to === undefined ? [] : await rulesAt(store, run.call.record.accountId, verb.to)
  const rung = await ringByRules(run, ruled, (asRuled) => {
    const timeoutMs = Math.min(terms.timeoutMs, asRuled.timeoutMs ?? terms.timeoutMs)
    const all = { ...terms, ...asRuled, timeoutMs }
    return verb.sequential ? dialInTurn(run, parties, all) : dialParties(run, parties, all)
  })
  if (rung.is !== 'rung') return forwarded(rung)
  return rung.instead ? { instead: rung.instead } : dialled(run, verb, rung)
}

function dialled({ call, ports }: Run, verb: DialVerb, { connected, other }: DialResult): Dialled {
  const upMs = (other.endedAtMs ?? ports.clock.nowMs()) - (other.answeredAtMs ?? 0)
  const { recordingId } = call.record
  return {
    dial_status: connected ? 'completed' : missedAs(other),
    dial_call_id: other.id,
    dial_duration: connected ? Math.max(0, Math.round(upMs / 1_000)) : 0,
    ...(connected && verb.record && recordingId !== null && recordingFields(ports, recordingId)),
  }
}

export function recordingFields(
  { settings }: Pick<Run['ports'], 'settings'>,
  recordingId: NonNullable<CallRecord['recordingId']>,
): { readonly recording_id: string; readonly recording_url?: string } {
  const url = settings.recordingUrl?.(recordingId) ?? null
  return { recording_id: recordingId, ...(url !== null && { recording_url: url }) }
}

const forwarded = ({ left }: Forwarded): Dialled => ({
  dial_status: 'voicemail',
  ...(left.voicemailId !== undefined && { voicemail_id: left.voicemailId }),
})

/** Who answered and was not connected has not answered this call. */
function missedAs({ status }: CallRecord): Dialled['dial_status'] {
  if (status === 'busy' || status === 'failed' || status === 'canceled') return status
  return 'no-answer'
}

async function termsOf(run: Run, verb: DialVerb): Promise<DialTerms> {
  const { call, ports } = run
  const isOwn = verb.from === undefined || shows(call, verb)
  if (verb.from !== undefined && !isOwn) await requireOwned(ports, call.made.account, verb.from)
  return {
    from: verb.from ?? defaultCallerId(call, verb),
    timeoutMs: verb.timeoutMs ?? ports.settings.ringTimeoutMs,
    record: verb.record ?? false,
    ...(verb.recording && { recording: verb.recording }),
    ...(verb.ringTone !== undefined && { ringTone: verb.ringTone }),
    ...(verb.timeLimitMs !== undefined && { timeLimitMs: verb.timeLimitMs }),
    ...(verb.hangupOnStar !== undefined && { hangupOnStar: verb.hangupOnStar }),
    ...(verb.referUrl !== undefined && {
      onRefer: { url: verb.referUrl, method: verb.referMethod ?? 'POST' },
    }),
  }
}

/** The caller's own number, which phones of ours may be shown, but no carrier. */
const shows = ({ record }: LiveCall, { from, targets = [] }: DialVerb): boolean =>
  record.direction === 'inbound' && from === record.from && targets.every(({ to }) => !isE164(to))

async function partiesOf(run: Run, verb: DialVerb): Promise<readonly Party[]> {
  const targets = verb.targets ?? [{ to: verb.to ?? '' }]
  return targets.map((target) => partyOf(run, verb, target))
}

function partyOf(run: Run, verb: DialVerb, target: DialTarget): Party {
  const { to, username, password, statusCallback, callbacks } = target
  const isKnown = username !== undefined && password !== undefined
  const { call } = run
  const isShown = verb.targets !== undefined && verb.from === undefined && !isE164(to)
  return {
    to,
    headers: headersOf(call, verb, target),
    onward: onward(run, to),
    ...(isKnown && { credentials: { username, password } }),
    ...(isShown && call.record.direction === 'inbound' && { from: call.record.from }),
    ...(statusCallback !== undefined && { statusCallback }),
    ...(callbacks && { callbacks }),
    ...(isPrepared(verb, target) && {
      prepare: (other: Run) => prepare(other, call, verb, target),
    }),
  }
}

const isPrepared = (verb: DialVerb, target: DialTarget): boolean =>
  target.url !== undefined ||
  target.sendDigits !== undefined ||
  detectionOf(verb, target) !== undefined

const detectionOf = (verb: DialVerb, target: DialTarget) =>
  target.machineDetection ?? verb.machineDetection

/** Keys for a machine that answers, and what a person is told and asked before he is connected. */
async function prepare(
  run: Run,
  caller: LiveCall,
  verb: DialVerb,
  target: DialTarget,
): Promise<boolean> {
  const { url, method = 'POST', sendDigits: digits } = target
  if (digits !== undefined) await sendDigits(run.ports, run.call, digits, run.signal)
  if (!(await isWelcome(run, detectionOf(verb, target), verb.onMachine))) return false
  if (url === undefined) return true
  run.call.asking = caller.asking
  return (await follow(run, { url, method })) === 'end'
}

/** False: it is known that a machine has answered, and none is wanted. */
async function isWelcome(
  { ports, call }: Run,
  machineDetection: DialVerb['machineDetection'],
  onMachine: DialVerb['onMachine'] = 'connect',
): Promise<boolean> {
  if (machineDetection === undefined) return true
  const found = findAnswerer(ports, call, machineDetection)
  if (machineDetection.isAsync) return true
  return kindOfAnswerer(await found) !== 'machine' || onMachine === 'connect'
}

/** A caller's own headers end here unless the verb says otherwise. */
function headersOf(
  { record }: LiveCall,
  verb: DialVerb,
  target: DialTarget,
): Readonly<Record<string, string>> {
  const passed = verb.passHeaders ? record.received?.sipHeaders : {}
  const headers = { ...passed, ...verb.headers, ...target.headers }
  checkExtraHeaders(headers, 'headers')
  return headers
}

/** A call for a number of ours that leaves for another number was diverted by us. */
function onward({ call, calls }: Run, to: string): Onward {
  const { record } = call
  const isDiverted = record.direction === 'inbound' && isE164(to) && isE164(record.to)
  if (circleOf(record) !== undefined || (isDiverted && !calls.forwards.begin(call))) {
    throw new Failure('target_not_allowed', 'the call was diverted too often to be sent on', 'to')
  }
  return onwardOf(record, isDiverted ? { from: record.to, reason: 'unconditional' } : undefined)
}

/** Failure `invalid_request` where a carrier would be shown nothing. */
function defaultCallerId(call: LiveCall, { targets }: DialVerb): string {
  const { account, record } = call.made
  const own = record.direction === 'outbound' ? record.from : account.defaultNumber
  if (own !== null) return own
  // Phones of ours are shown who calls.
  if (targets?.every(({ to }) => !isE164(to))) return record.from
  throw new Failure('invalid_request', 'dial needs a `from`', 'from')
}
