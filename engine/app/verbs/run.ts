import type { Verb } from '../../core/verbs.ts'
import { conferenceVerb } from '../conferences/call-in.ts'
import type { Run } from '../program.ts'
import { startRecording, stopRecording } from '../recording.ts'
import { sendDigits } from '../send-digits.ts'
import { wait } from '../wait.ts'
import { answer } from './answer.ts'
import { dialVerb } from './dial.ts'
import { gather } from './gather.ts'
import { play } from './play.ts'
import type { Instructions } from './redirect.ts'
import { say } from './say.ts'

/** `over`: nothing more of this list is run. Instructions: the program goes on there. */
type After = 'next' | 'over' | Instructions

/**
 * Runs a list of verbs, one after the other, each told in the call's log. Resolves to where the program goes
 * on, or undefined when it is at its end.
 */
export async function runVerbs(
  run: Run,
  verbs: readonly Verb[],
): Promise<Instructions | undefined> {
  for (const verb of verbs) {
    if (run.signal.aborted) return undefined
    const after = await told(run, verb)
    if (after === 'over') return undefined
    if (after !== 'next') return after
  }
  return undefined
}

async function told(run: Run, verb: Verb): Promise<After> {
  await run.call.note('verb.started', { verb: verb.verb })
  let error: string | undefined
  try {
    return await runVerb(run, verb)
  } catch (thrown) {
    error = thrown instanceof Error ? thrown.message : String(thrown)
    throw thrown
  } finally {
    await run.call.note('verb.ended', error ? { verb: verb.verb, error } : { verb: verb.verb })
  }
}

async function runVerb(run: Run, verb: Verb): Promise<After> {
  switch (verb.verb) {
    case 'answer':
      return (await answer(run)) ? 'next' : 'over'
    case 'say':
      await say(run, verb)
      return 'next'
    case 'play':
      await play(run, verb)
      return 'next'
    case 'gather':
      return runGather(run, verb)
    case 'dial':
      await dialVerb(run, verb)
      return 'next'
    case 'conference':
      await conferenceVerb(run, verb)
      return 'next'
    case 'record':
      await record(run, verb.action)
      return 'next'
    case 'pause':
      await wait(run.ports.clock, verb.durationMs, run.signal)
      return 'next'
    case 'sendDigits':
      await sendDigits(run.ports, run.call, verb.digits, run.signal)
      return 'next'
    case 'redirect':
      return { url: verb.url, method: verb.method ?? 'POST' }
    case 'reject':
      return reject(run, verb.sipStatus ?? 603)
    case 'hangup':
      return 'over'
  }
}

async function runGather(run: Run, verb: Extract<Verb, { verb: 'gather' }>): Promise<After> {
  const { digits } = await gather(run, verb)
  if (digits === '') return 'next'
  const branch = verb.branches?.[digits]
  if (branch) return (await runVerbs(run, branch)) ?? 'over'
  return verb.url === undefined ? 'next' : { url: verb.url, method: 'POST', extra: { digits } }
}

async function record(run: Run, action: 'start' | 'stop'): Promise<void> {
  if (action === 'stop') return stopRecording(run)
  if (await answer(run)) {
    await startRecording(run, run.call.record.direction === 'inbound' ? 'receivedLeft' : 'sentLeft')
  }
}

/** On a call that is already up a reject can only hang up. */
function reject(run: Run, sipStatus: number): After {
  run.call.feed(
    run.call.state.at === 'up' ? { is: 'hangup', by: 'program' } : { is: 'reject', sipStatus },
  )
  return 'over'
}
