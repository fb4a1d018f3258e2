import { Failure } from '../../core/failures.ts'
import type { DialVerb } from '../../core/verbs.ts'
import { Seat } from '../bridge.ts'
import type { LiveCall } from '../live-call.ts'
import { usualMusic } from '../music.ts'
import type { Run } from '../program.ts'
import { answer } from '../verbs/answer.ts'
import { askAlone } from '../verbs/ask.ts'
import type { Dialled } from '../verbs/dial-verb.ts'
import { playSound } from '../verbs/play.ts'
import { follow } from '../verbs/redirect.ts'
import { runVerbs } from '../verbs/run.ts'
import { TalkRecorder } from '../verbs/talk-recorder.ts'
import { aborted, deadline } from '../wait.ts'
import { findQueue } from './create.ts'
import { look } from './dispatch.ts'
import type { Dialler, LiveQueue } from './live-queue.ts'
import { sit } from './sit.ts'
import { beginTalk, endTalk } from './talk.ts'
import { seconds } from './wait-sound.ts'
import type { Taker, WaitingCall } from './waiting-call.ts'

/**
 * The verb `dial` with a queue: talks to the one whose turn it is, or who comes in time; meanwhile there is music.
 * Failure `not_found` where there is no such queue, unless the list shall go on.
 */
export async function dialQueue(
  run: Run,
  verb: DialVerb & { readonly queue: string },
): Promise<Dialled> {
  const { call, calls } = run
  const queue = findQueue(calls, call.made.account.id, verb.queue)
  if (queue) return take(run, queue, verb)
  const goesOn = verb.onFailure ?? (verb.action === undefined ? 'end' : 'next')
  if (goesOn === 'next') return { dial_status: 'failed', dial_error: 'not_found' }
  throw new Failure('not_found', `there is no queue ${verb.queue}`, 'queue')
}

async function take(run: Run, queue: LiveQueue, verb: DialVerb): Promise<Dialled> {
  const { clock, settings } = run.ports
  if (!(await answer(run))) return { dial_status: 'canceled' }
  const untilMs = clock.monotonicMs() + (verb.timeoutMs ?? settings.ringTimeoutMs)
  for (;;) {
    const leftMs = Math.max(0, untilMs - clock.monotonicMs())
    const got = await nextCaller(run, queue, leftMs, verb)
    if (!got) return { dial_status: run.signal.aborted ? 'canceled' : 'no-answer' }
    // He may be gone before the two are connected: then the next one.
    if (!(await got.taker.joined.promise)) continue
    const beganMs = clock.monotonicMs()
    await talk(run, queue, got.taker, verb)
    const dial_duration = seconds(clock.monotonicMs() - beganMs)
    return { dial_status: 'completed', dial_call_id: got.waiting.callId, dial_duration }
  }
}

interface Got {
  readonly waiting: WaitingCall
  readonly taker: Taker
}

/**
 * Undefined: nobody has come, or the call is over, or the queue. The music goes on while the one who came hears what
 * there is for him.
 */
async function nextCaller(
  run: Run,
  queue: LiveQueue,
  withinMs: number,
  verb: DialVerb,
): Promise<Got | undefined> {
  if (run.signal.aborted || queue.isDeleted) return undefined
  const limit = deadline(run.ports.clock, withinMs, run.signal)
  const come = new AbortController()
  const heard = Promise.withResolvers<void>()
  let got: Got | undefined
  const dialler: Dialler = {
    take(waiting) {
      const welcome = welcomeOf(verb, () => {
        come.abort()
        return heard.promise
      })
      const taker = { ...takerOf(run, queue), ...(welcome && { welcome }) }
      if (!waiting.leave({ is: 'taken', by: taker })) return false
      got = { waiting, taker }
      limit.disarm()
      if (!welcome) come.abort()
      // He may be gone before he hears anything.
      void taker.joined.promise.then(() => come.abort())
      return true
    },
    end: () => come.abort(),
  }
  queue.diallers.push(dialler)
  look(run, queue)
  const until = AbortSignal.any([run.signal, limit.signal, come.signal])
  await hearMusic(run, until)
  heard.resolve()
  limit.disarm()
  const at = queue.diallers.indexOf(dialler)
  if (at !== -1) queue.diallers.splice(at, 1)
  return got
}

/** What the verb has the caller hear first; `enough` ends the music of this side, and resolves when it is over. */
function welcomeOf(
  { queueUrl: url, queueMethod: method = 'POST' }: DialVerb,
  enough: () => Promise<void>,
): Taker['welcome'] {
  if (url === undefined) return undefined
  return async (waiting, extra) => {
    try {
      const next = await runVerbs(waiting, await askAlone(waiting, { url, method, extra }))
      if (typeof next === 'object') return await follow(waiting, next)
      return next === 'over' ? 'over' : 'end'
    } finally {
      await enough()
    }
  }
}

/** Until the signal aborts, heard or not. */
async function hearMusic(run: Run, until: AbortSignal): Promise<void> {
  try {
    await playSound(run, usualMusic(run.ports), until)
  } catch (error) {
    run.ports.log.debug('no music', { callId: run.call.id, error: String(error) })
  }
  await aborted(until)
}

/** An agent of the queue may dial, too. */
function takerOf({ call, signal }: Run, queue: LiveQueue): Taker {
  const names = [
    call.made.device?.username,
    call.record.direction === 'inbound' ? call.record.from : call.record.to,
  ]
  const agent = queue.record.agents.find(({ target }) => names.includes(target))
  return {
    seat: new Seat(call, 'goOn'),
    signal,
    agentId: agent?.id,
    target: agent?.target ?? names[1] ?? '',
    joined: Promise.withResolvers(),
  }
}

async function talk(run: Run, queue: LiveQueue, taker: Taker, verb: DialVerb): Promise<void> {
  const { call, ports } = run
  const { agentId, seat } = taker
  const beganMs = ports.clock.monotonicMs()
  beginTalk(queue, agentId, call.id)
  const relax = limitTalk(run, seat, verb)
  try {
    const recorder = new TalkRecorder(run, verb)
    await recorder.talking()
    if ((await sit(run, seat)) === 'over') await recorder.end()
  } finally {
    relax()
    await endTalk(run, queue, agentId, call.id, ports.clock.monotonicMs() - beganMs)
  }
}

/** The talk has its time, and the star key may end it; both go on with what comes next for them. */
function limitTalk({ call, ports }: Run, seat: Seat, verb: DialVerb): () => void {
  const { timeLimitMs, hangupOnStar } = verb
  const over = new AbortController()
  const part = () => {
    const { bridge } = call
    if (over.signal.aborted || bridge?.seatOf(call) !== seat) return
    for (const one of bridge.part()) one.vacate('over')
  }
  const disarm = timeLimitMs === undefined ? undefined : ports.clock.after(timeLimitMs, part)
  if (hangupOnStar) void starPressed(call, over.signal).then(part)
  return () => {
    disarm?.()
    over.abort()
  }
}

/** Other keys are passed over. */
async function starPressed({ digits }: LiveCall, signal: AbortSignal): Promise<void> {
  let key = await digits.next(signal)
  while (key !== undefined && key !== '*') key = await digits.next(signal)
}
