import { kindOfAnswerer } from '../core/answerer.ts'
import type { CallRecord, EndCause, TriggerDetails, TriggerFailure } from '../core/call.ts'
import { Failure } from '../core/failures.ts'
import { type CallMoney, firstHoldMicro } from '../core/money/call-money.ts'
import { isE164 } from '../core/numbers.ts'
import type { Account } from '../core/ports/store.ts'
import { asUsual } from '../core/spoken-in.ts'
import type { SayVerb } from '../core/verbs.ts'
import { numberIn } from './account-limits.ts'
import { findAnswerer } from './answerer.ts'
import { begunAs } from './begun.ts'
import type { TriggerCall } from './call-centre.ts'
import type { LiveCalls } from './live-calls.ts'
import { moneyFor } from './money/money-for.ts'
import type { ObservedTimes } from './observed-times.ts'
import { originate } from './originate.ts'
import type { Ports } from './ports.ts'
import type { Program, Run } from './program.ts'
import { route } from './route.ts'
import { phraseVerb } from './speech/phrase-sounds.ts'
import { speechRequestOf } from './speech/speaking.ts'
import { observeStep } from './step-times.ts'
import { dial } from './verbs/dial.ts'
import { gather } from './verbs/gather.ts'
import { say } from './verbs/say.ts'

const agentRingMs = 25_000
const leadRingMs = 30_000
const keyTimeoutMs = 8_000
const whisperPlays = 2
/** Wrong keys replay the whisper; somebody who only plays with the keys is not kept for ever. */
const maxWhispers = 6
const connectKey = '1'

/**
 * Speed to lead: rings the agent, whispers who the lead is, and on key 1 rings the lead and connects the
 * two. Failures: `invalid_phone_number`, `same_number`, `invalid_request` (no caller ID), those of `route`.
 */
export async function triggerCall(
  ports: Ports,
  calls: LiveCalls,
  account: Account,
  request: TriggerCall,
  /** From here to the ringing of the agent's phone. */
  connectTimes: ObservedTimes,
): Promise<CallRecord> {
  const acceptedAtMs = ports.clock.monotonicMs()
  const begun = await begunAs(ports, account, request.id)
  if (begun) return begun
  check(request)
  const from = account.defaultNumber
  if (from === null) {
    throw new Failure('invalid_request', 'the account has no default number to call from')
  }
  // A lead that can't be called at all is told now, not after the agent has picked up.
  const lead = await route(ports, account, request.leadPhone, 'leadPhone')
  const { billing, rate } = await moneyFor(ports, account, {
    ...{ direction: 'outbound', number: numberIn(lead), field: 'leadPhone' },
  })
  const mute = ports.speech.unavailableBecause()
  if (mute !== undefined)
    throw new Failure('speech_unavailable', `no whisper without speech: ${mute}`)
  const progress: Progress = { leadDialled: false }
  const whisper = phraseVerb(ports, asUsual, (phrases) =>
    phrases.call.newLead(request.leadName, request.source),
  )
  // Made while the agent's phone rings, so that the agent hears no silence first.
  void ports.speech.synthesise(speechRequestOf(whisper)).catch(() => undefined)
  const call = await originate(ports, calls, {
    account,
    ...(request.id !== undefined && { id: request.id }),
    to: request.agentPhone,
    from,
    ringTimeoutMs: agentRingMs,
    toField: 'agentPhone',
    program: agentProgram(request, whisper, from, progress),
    onEnding: (record, cause) => nameFailure(record, cause, progress),
    onRinging: () => connectTimes.add(ports.clock.monotonicMs() - acceptedAtMs),
    // The lead's first minute is taken when he is called; by then it has to be there.
    coverMicro: billing === 'off' ? 0 : firstHoldMicro(rate),
    fields: (money) => ({ trigger: detailsOf(request, money) }),
  })
  return call.record
}

function check(request: TriggerCall): void {
  for (const field of ['agentPhone', 'leadPhone'] as const) {
    if (isE164(request[field])) continue
    throw new Failure(
      'invalid_phone_number',
      'Phone number must be in E.164 format (+61...)',
      field,
    )
  }
  if (request.agentPhone === request.leadPhone) {
    throw new Failure('same_number', 'agentPhone and leadPhone must differ', 'leadPhone')
  }
}

const detailsOf = (request: TriggerCall, money: CallMoney): TriggerDetails => ({
  leadPhone: request.leadPhone,
  leadName: request.leadName,
  source: request.source ?? null,
  metadata: request.metadata ?? null,
  connectedAtMs: null,
  failure: null,
  creditsUsedMicro: firstHoldMicro(money.rate),
})

/** How far the agent's call has come, for the name of its failure. */
interface Progress {
  leadDialled: boolean
}

function agentProgram(
  request: TriggerCall,
  whisper: SayVerb,
  from: string,
  progress: Progress,
): Program {
  return async (run) => {
    const failure = await unlessAgreed(run, request, whisper)
    if (failure !== undefined) return fail(run, failure)
    progress.leadDialled = true
    const pressedAtMs = run.ports.clock.monotonicMs()
    try {
      const { connected, other } = await dial(run, {
        to: request.leadPhone,
        from,
        timeoutMs: leadRingMs,
        record: run.call.made.account.recordTriggerCalls,
        onInvited: (lead) => observeStep(run.ports, lead, 'key_to_lead_invite', pressedAtMs),
        onConnected: () => markConnected(run),
      })
      if (connected || run.signal.aborted) return
      await fail(run, leadFailure(other))
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      const isPoor = error.code === 'insufficient_credits'
      await fail(run, isPoor ? 'insufficient_credits' : 'trunk_error')
    }
    await say(
      run,
      phraseVerb(run.ports, asUsual, (phrases) => phrases.call.leadNotReached),
    )
  }
}

/** Why the lead is not to be called; undefined when the agent has pressed the key. */
function unlessAgreed(
  run: Run,
  { hangsUpMachine }: TriggerCall,
  whisper: SayVerb,
): Promise<TriggerFailure | undefined> {
  const agreed = pressedConnect(run, whisper).then((pressed) =>
    pressed ? undefined : ('no_keypress' as const),
  )
  return hangsUpMachine === true ? Promise.race([agreed, machineHeard(run)]) : agreed
}

/** Resolves when a machine has answered, and never otherwise: whoever is a person hears the whisper meanwhile. */
async function machineHeard({ ports, call }: Run): Promise<TriggerFailure> {
  const found = await findAnswerer(ports, call, { until: 'known', isAsync: true })
  return kindOfAnswerer(found) === 'machine' ? 'agent_no_answer' : new Promise(() => undefined)
}

/** Silence plays the whisper a second time; another key plays it again at once. */
async function pressedConnect(run: Run, whisper: SayVerb): Promise<boolean> {
  await run.call.note('verb.started', { verb: 'whisper' })
  const pressed = await whispered(run, whisper)
  await run.call.note('verb.ended', { verb: 'whisper' })
  return pressed
}

async function whispered(run: Run, whisper: SayVerb): Promise<boolean> {
  let silences = 0
  for (let play = 0; play < maxWhispers && silences < whisperPlays; play++) {
    const { digits } = await gather(run, {
      verb: 'gather',
      prompt: whisper,
      timeoutMs: keyTimeoutMs,
      finishOnKey: '',
    })
    if (digits === connectKey) return true
    if (run.signal.aborted) return false
    if (digits === '') silences++
  }
  return false
}

async function markConnected({ call, ports }: Run): Promise<void> {
  const connectedAtMs = ports.clock.nowMs()
  await call.amend((record) => withTrigger(record, { connectedAtMs }), 'trigger.connected')
}

/** The first reason is the reason. */
async function fail({ call }: Run, failure: TriggerFailure): Promise<void> {
  if (call.state.at === 'ended' || call.record.trigger?.failure) return
  await call.amend((record) => withTrigger(record, { failure }), 'trigger.failed', { failure })
}

function leadFailure(lead: CallRecord): TriggerFailure {
  if (lead.status === 'busy' || lead.endReason === 'declined') return 'lead_busy'
  return lead.status === 'no-answer' || lead.status === 'canceled'
    ? 'lead_no_answer'
    : 'trunk_error'
}

/** An agent's call that ends before the lead was connected has a reason by then. */
function nameFailure(record: CallRecord, cause: EndCause, progress: Progress): CallRecord {
  const { trigger } = record
  if (!trigger || trigger.connectedAtMs !== null || trigger.failure !== null) return record
  return withTrigger(record, { failure: agentFailure(record, cause, progress) })
}

function agentFailure(
  record: CallRecord,
  cause: EndCause,
  { leadDialled }: Progress,
): TriggerFailure {
  if (record.answeredAtMs !== null) {
    if (cause.is === 'failed') {
      return cause.reason === 'insufficient_credits' ? cause.reason : 'trunk_error'
    }
    return leadDialled ? 'lead_no_answer' : 'no_keypress'
  }
  switch (cause.is) {
    case 'busy':
    case 'declined':
      return 'agent_declined'
    case 'noAnswer':
    case 'canceled':
    case 'hangup':
    case 'mediaLost':
      return 'agent_no_answer'
    case 'rejected':
    case 'failed':
      return 'trunk_error'
  }
}

function withTrigger(record: CallRecord, change: Partial<TriggerDetails>): CallRecord {
  return record.trigger ? { ...record, trigger: { ...record.trigger, ...change } } : record
}
