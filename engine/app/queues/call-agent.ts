import type { CallRecord } from '../../core/call.ts'
import { Failure } from '../../core/failures.ts'
import type { AgentId } from '../../core/ids.ts'
import { Seat } from '../bridge.ts'
import { circleOf, onwardOf } from '../forwarding.ts'
import type { LiveCall } from '../live-call.ts'
import { originate } from '../originate.ts'
import type { Program, Run } from '../program.ts'
import { soundOfPhrase } from '../speech/phrase-sounds.ts'
import { playSound } from '../verbs/play.ts'
import { deadline } from '../wait.ts'
import type { Around } from './around.ts'
import { look } from './dispatch.ts'
import type { LiveQueue } from './live-queue.ts'
import { sit } from './sit.ts'
import { beginTalk, endTalk } from './talk.ts'
import type { AgentLeg, Taker, WaitingCall } from './waiting-call.ts'

/** Rings somebody for a waiting call: an agent of the queue, or whom the API named. Returns at once. */
export function callAgent(
  around: Around,
  queue: LiveQueue,
  waiting: WaitingCall,
  target: string,
  agentId: AgentId | undefined,
): void {
  const { ports, calls } = around
  const leg: AgentLeg = {
    ...{ target, agentId, call: undefined, unwanted: undefined },
    ...{ won: false, talkBeganMs: undefined },
  }
  waiting.legs.add(leg)
  if (agentId !== undefined) queue.now(agentId).ringing.add(leg)
  queue.tally(agentId, () => ({ lastOfferedAtMs: ports.clock.nowMs() }))
  const called = calls.queues.beginCalling(queue.account.id, target)
  void ring(around, queue, waiting, leg)
    .catch((error: unknown) => {
      if (!(error instanceof Failure)) {
        ports.log.error('agent not called', { queueId: queue.id, target, error: String(error) })
      }
      return over(around, queue, waiting, leg, 'failed')
    })
    .finally(called)
}

/** Failures of `originate`. */
async function ring(
  around: Around,
  queue: LiveQueue,
  waiting: WaitingCall,
  leg: AgentLeg,
): Promise<void> {
  const { ports, calls } = around
  const { call } = waiting
  if (circleOf(call.record) !== undefined) {
    throw new Failure('target_not_allowed', 'the call was diverted too often to be sent on')
  }
  const agent = await originate(ports, calls, {
    account: call.made.account,
    to: leg.target,
    from: shownAs(call),
    ringTimeoutMs: queue.record.options.ringTimeoutMs,
    parentId: call.id,
    program: agentProgram(around, queue, waiting, leg),
    onward: onwardOf(call.record),
  })
  leg.call = agent
  void agent.ended.then((record) => over(around, queue, waiting, leg, reasonOf(record, leg)))
  if (leg.unwanted !== undefined) letGo(leg, leg.unwanted)
  await tell(queue, waiting, leg, 'queue.agent-ringing')
}

/** Who is at the other end of the waiting call. */
const shownAs = ({ record }: LiveCall): string =>
  record.direction === 'inbound' ? record.from : record.to

/** An agent who has answered: the first one to accept gets the call, any other is let go at once. */
const agentProgram =
  (around: Around, queue: LiveQueue, waiting: WaitingCall, leg: AgentLeg): Program =>
  async (run) => {
    run.call.spokenIn = queue.record.options
    if (queue.record.options.confirm && !(await accepts(run))) return
    const seat = new Seat(run.call, 'hangUp')
    const joined = Promise.withResolvers<boolean>()
    const taker: Taker = {
      seat,
      agentId: leg.agentId,
      target: leg.target,
      signal: run.signal,
      joined,
    }
    if (!waiting.leave({ is: 'taken', by: taker })) {
      leg.unwanted ??= 'answered-elsewhere'
      return
    }
    leg.won = true
    for (const other of waiting.legs) if (other !== leg) letGo(other, 'answered-elsewhere')
    if (await joined.promise) await talk(around, queue, leg, run, seat)
  }

async function talk(
  around: Around,
  queue: LiveQueue,
  leg: AgentLeg,
  run: Run,
  seat: Seat,
): Promise<void> {
  // He may have hung up just then, or been told to do something else: all is written down by now.
  if (!run.signal.aborted) {
    leg.talkBeganMs = around.ports.clock.monotonicMs()
    if (leg.agentId !== undefined) queue.now(leg.agentId).ringing.delete(leg)
    beginTalk(queue, leg.agentId, run.call.id)
  }
  await sit(run, seat)
}

const confirmTries = 2
const confirmMs = 10_000

/** Hears that it is a call from a queue, and presses 1. */
async function accepts(run: Run): Promise<boolean> {
  const { ports, call, signal } = run
  const sound = await soundOfPhrase(ports, call.spokenIn, (phrases) => phrases.queue.confirm)
  for (let tries = 0; tries < confirmTries && !signal.aborted; tries++) {
    const limit = deadline(ports.clock, confirmMs, signal)
    const heard = new AbortController()
    const key = call.digits.next(limit.signal)
    void key.then(() => heard.abort())
    await playSound(run, sound, AbortSignal.any([signal, heard.signal]))
    const pressed = await key
    limit.disarm()
    if (pressed === '1') return !signal.aborted
  }
  return false
}

/** Nobody needs this phone any more for the waiting call. */
export function letGo(leg: AgentLeg, why: NonNullable<AgentLeg['unwanted']>): void {
  leg.unwanted ??= why
  const { call } = leg
  if (!call || call.over.aborted) return
  call.isAnsweredElsewhere = true
  call.feed({ is: 'hangup', by: 'peer' })
}

type Missed =
  | 'no-answer'
  | 'busy'
  | 'declined'
  | 'failed'
  | 'not-accepted'
  | NonNullable<AgentLeg['unwanted']>

function reasonOf(record: CallRecord, leg: AgentLeg): Missed {
  if (leg.unwanted !== undefined) return leg.unwanted
  if (record.endReason === 'declined') return 'declined'
  switch (record.status) {
    case 'busy':
    case 'no-answer':
      return record.status
    case 'completed':
      return 'not-accepted'
    default:
      return 'failed'
  }
}

/** The agent's call is over, or none came of it. */
async function over(
  around: Around,
  queue: LiveQueue,
  waiting: WaitingCall,
  leg: AgentLeg,
  reason: Missed,
): Promise<void> {
  const { clock } = around.ports
  waiting.legs.delete(leg)
  const { agentId, call, talkBeganMs } = leg
  if (talkBeganMs !== undefined && call) {
    await endTalk(around, queue, agentId, call.id, clock.monotonicMs() - talkBeganMs)
    return
  }
  if (agentId !== undefined) {
    const now = queue.now(agentId)
    now.ringing.delete(leg)
    if (leg.unwanted === undefined) {
      now.restUntilMs = clock.monotonicMs() + queue.record.options.retryDelayMs
      queue.tally(agentId, ({ missed }) => ({ missed: missed + 1 }))
    }
  }
  queue.follow.changed()
  await tell(queue, waiting, leg, 'queue.agent-missed', { reason })
  look(around, queue)
}

/** In the log of the waiting call. */
export async function tell(
  queue: LiveQueue,
  { call }: WaitingCall,
  { agentId, target, call: agentCall }: Pick<AgentLeg, 'agentId' | 'target' | 'call'>,
  type: 'queue.agent-ringing' | 'queue.agent-answered' | 'queue.agent-missed',
  data: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const about = { queueId: queue.id, agentId: agentId ?? null, target }
  await call.note(type, { ...about, agentCallId: agentCall?.id ?? null, ...data })
}
