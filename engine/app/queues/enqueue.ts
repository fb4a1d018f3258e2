import { Failure } from '../../core/failures.ts'
import type { QueueResult } from '../../core/queue.ts'
import type { EnqueueVerb } from '../../core/verbs.ts'
import { Bridge, Seat } from '../bridge.ts'
import type { Run } from '../program.ts'
import { answer } from '../verbs/answer.ts'
import { tellApplication } from '../verbs/ask.ts'
import type { Instructions } from '../verbs/redirect.ts'
import { letGo, tell } from './call-agent.ts'
import { queueFor } from './create.ts'
import { look } from './dispatch.ts'
import type { LiveQueue } from './live-queue.ts'
import { sit } from './sit.ts'
import { queueFields, seconds, WaitSound } from './wait-sound.ts'
import { type Leaving, type Taker, WaitingCall } from './waiting-call.ts'

interface Outcome {
  readonly result: QueueResult
  /** Of a call that came into the queue. */
  readonly queue?: LiveQueue
  readonly waitedMs?: number
  /** Where the API sends it. */
  readonly to?: Instructions
}

/**
 * The verb: waits in a queue, and talks to whoever takes the call. Returns where the program goes on, if somewhere
 * else than in its list: at `action`, or where the API has sent the call.
 */
export async function enqueueVerb(run: Run, verb: EnqueueVerb): Promise<Instructions | undefined> {
  const outcome = await comeIn(run, verb)
  const { action, method = 'POST' } = verb
  if (action === undefined) return outcome.to
  const extra = resultFields(outcome)
  if (!run.signal.aborted && !outcome.to) return { url: action, method, extra }
  // What it answers is for nobody: the call is over, or does something else by now.
  void tellApplication(run, { url: action, method, extra })
  return outcome.to
}

const resultFields = ({ result, queue, waitedMs }: Outcome) => ({
  queue_result: result,
  ...(queue && { queue_id: queue.id, queue_name: queue.record.name }),
  ...(waitedMs !== undefined && { queue_time: seconds(waitedMs) }),
})

async function comeIn(run: Run, verb: EnqueueVerb): Promise<Outcome> {
  const { call, calls, ports } = run
  if (calls.queues.placeOf(call.id)) {
    throw new Failure('call_busy', 'the call waits in a queue already', 'queue')
  }
  let queue: LiveQueue
  try {
    queue = await queueFor(run, call.made.account, verb.queue)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    ports.log.warn('no such queue', { callId: call.id, queue: verb.queue, error: error.message })
    return { result: 'error' }
  }
  const { maxSize = Number.POSITIVE_INFINITY } = verb
  const isFull = () => queue.isFull || queue.waiting.length >= maxSize
  if (isFull()) return refuse(run, queue, maxSize)
  call.spokenIn = queue.record.options
  if (!(await answer(run)) || run.signal.aborted) return { result: 'hangup' }
  if (isFull()) return refuse(run, queue, maxSize)
  if (queue.isDeleted) return { result: 'error' }
  return stay(run, queue, verb)
}

async function refuse({ call }: Run, queue: LiveQueue, most: number): Promise<Outcome> {
  queue.count('queue-full', 0)
  await queue.store()
  const maxSize = Math.min(most, queue.record.options.maxSize)
  await call.note('queue.full', { queueId: queue.id, maxSize })
  return { result: 'queue-full' }
}

async function stay(run: Run, queue: LiveQueue, verb: EnqueueVerb): Promise<Outcome> {
  const { call, calls, ports } = run
  const enteredAtMs = ports.clock.nowMs()
  const priority = verb.priority ?? 0
  const waiting = new WaitingCall(call, queue.nextSequence(), enteredAtMs, priority, verb.data)
  queue.add(waiting)
  calls.queues.seat(queue, waiting)
  const { figures } = queue.record
  queue.record = { ...queue.record, figures: { ...figures, entered: figures.entered + 1 } }
  await queue.store({ entered: { callId: call.id, enteredAtMs } })
  await call.note('call.enqueued', {
    ...{ queueId: queue.id, queue: queue.record.name, priority },
    ...{ position: queue.positionOf(waiting), ...(verb.data && { data: verb.data }) },
  })
  const sound = new WaitSound(run, queue, waiting, verb)
  look(run, queue)
  try {
    return await waitOut(run, queue, waiting, sound, verb.maxWaitMs)
  } catch (error) {
    await depart(run, queue, waiting, 'system-error')
    throw error
  }
}

async function waitOut(
  run: Run,
  queue: LiveQueue,
  waiting: WaitingCall,
  sound: WaitSound,
  maxWaitMs = Number.POSITIVE_INFINITY,
): Promise<Outcome> {
  const { clock } = run.ports
  const untilMs = clock.monotonicMs() + Math.min(maxWaitMs, queue.record.options.maxWaitMs)
  for (;;) {
    sound.start()
    const left = await nextOf(run, queue, waiting, untilMs - clock.monotonicMs())
    await sound.stop()
    if (left === 'aborted' || run.signal.aborted) {
      const result = run.call.state.at === 'ended' ? 'hangup' : 'redirected'
      return depart(run, queue, waiting, result)
    }
    if (left.is !== 'taken') return letOut(run, queue, waiting, left)
    const talk = await connect(run, queue, waiting, left.by)
    if (talk) return talk
    waiting.waitOn()
    look(run, queue)
  }
}

/** What ends the wait; `leftMs` until it is too long. */
async function nextOf(
  run: Run,
  queue: LiveQueue,
  waiting: WaitingCall,
  leftMs: number,
): Promise<Leaving | 'aborted'> {
  if (queue.isDeleted) return { is: 'deleted' }
  const aborted = Promise.withResolvers<'aborted'>()
  const onAbort = () => aborted.resolve('aborted')
  if (run.signal.aborted) onAbort()
  run.signal.addEventListener('abort', onAbort, { once: true })
  const disarm = run.ports.clock.after(Math.max(0, leftMs), () => waiting.leave({ is: 'timeout' }))
  const left = await Promise.race([waiting.left, aborted.promise])
  disarm()
  run.signal.removeEventListener('abort', onAbort)
  return left
}

async function letOut(
  run: Run,
  queue: LiveQueue,
  waiting: WaitingCall,
  left: Exclude<Leaving, { is: 'taken' }>,
): Promise<Outcome> {
  switch (left.is) {
    case 'leave':
    case 'timeout':
      return depart(run, queue, waiting, left.is)
    case 'deleted':
      return depart(run, queue, waiting, 'error')
    case 'redirected':
      return { ...(await depart(run, queue, waiting, 'redirected')), to: left.to }
  }
}

/** Out of the queue, for good. */
async function depart(
  run: Run,
  queue: LiveQueue,
  waiting: WaitingCall,
  result: QueueResult,
  to: Readonly<Record<string, unknown>> = {},
): Promise<Outcome> {
  const waitedMs = run.ports.clock.nowMs() - waiting.enteredAtMs
  waiting.close()
  queue.delete(waiting)
  run.calls.queues.unseat(waiting)
  const isOver = result === 'bridged'
  for (const leg of waiting.legs) {
    if (!leg.won || !isOver) letGo(leg, isOver ? 'answered-elsewhere' : 'caller-gone')
  }
  queue.count(result, waitedMs)
  await queue.store({ left: waiting.callId })
  await run.call.note('call.dequeued', {
    ...{ queueId: queue.id, reason: result, waitMs: waitedMs },
    ...to,
  })
  return { result, queue, waitedMs }
}

/** Undefined: whoever took him is gone. */
async function connect(
  run: Run,
  queue: LiveQueue,
  waiting: WaitingCall,
  by: Taker,
): Promise<Outcome | undefined> {
  const { call, ports } = run
  const { seat, agentId, target } = by
  const mine = new Seat(call, 'goOn')
  const goesOn = await hearWelcome(run, queue, waiting, by)
  const isHeUp = !by.signal.aborted && seat.call.state.at === 'up'
  const isThere = goesOn && isHeUp && !run.signal.aborted && call.state.at === 'up'
  try {
    if (isThere) await Bridge.join(ports, mine, seat)
  } catch (error) {
    ports.log.warn('agent not connected', { callId: call.id, error: String(error) })
    by.joined.resolve(false)
    return undefined
  }
  by.joined.resolve(isThere)
  if (!isThere) return undefined
  const agentCallId = seat.call.id
  const outcome = await depart(run, queue, waiting, 'bridged', {
    agentId: agentId ?? null,
    agentCallId,
  })
  await tell(queue, waiting, { agentId, target, call: seat.call }, 'queue.agent-answered', {
    waitMs: outcome.waitedMs,
  })
  const how = await sit(run, mine)
  if (how === 'over') await call.note('bridge.ended', { with: mine.with })
  return outcome
}

/**
 * Meanwhile no agent's phone rings for him. False: it has ended his call. Where it can't be had he is connected
 * without it.
 */
async function hearWelcome(
  run: Run,
  queue: LiveQueue,
  waiting: WaitingCall,
  { welcome, signal, seat }: Taker,
): Promise<boolean> {
  if (!welcome || run.signal.aborted || signal.aborted) return true
  for (const leg of waiting.legs) letGo(leg, 'answered-elsewhere')
  const told = { ...queueFields(run, queue, waiting), dequeuing_call_id: seat.call.id }
  const his = { ...run, signal: AbortSignal.any([run.signal, signal]) }
  try {
    if ((await welcome(his, told)) === 'end' || his.signal.aborted) return true
    run.call.feed({ is: 'hangup', by: 'program' })
    return false
  } catch (error) {
    const { log } = run.ports
    log.warn('nothing heard before an agent', { callId: run.call.id, error: String(error) })
    return true
  }
}

/**
 * The verb: ends the wait of the call whose wait instructions these are. False where nobody waits, or somebody has him
 * by now.
 */
export function leaveVerb({ call, calls }: Run): boolean {
  return calls.queues.placeOf(call.id)?.waiting.leave({ is: 'leave' }) === true
}
