import type { Verb } from '../../core/verbs.ts'
import type { Run } from '../program.ts'
import { startRecording, stopRecording } from '../recording.ts'
import { wait } from '../wait.ts'
import { answer } from './answer.ts'
import { dialVerb } from './dial.ts'
import { gather } from './gather.ts'
import { play } from './play.ts'
import { runUrl } from './redirect.ts'
import { say } from './say.ts'

/** After which nothing more of this list is run. */
type Over = 'next' | 'over'

/** Runs a list of verbs, one after the other, each told in the call's log. */
export async function runVerbs(run: Run, verbs: readonly Verb[], depth = 0): Promise<void> {
  for (const verb of verbs) {
    if (run.signal.aborted) return
    await run.call.note('verb.started', { verb: verb.verb })
    let error: string | undefined
    try {
      if ((await runVerb(run, verb, depth)) === 'over') return
    } catch (thrown) {
      error = thrown instanceof Error ? thrown.message : String(thrown)
      throw thrown
    } finally {
      await run.call.note('verb.ended', error ? { verb: verb.verb, error } : { verb: verb.verb })
    }
  }
}

async function runVerb(run: Run, verb: Verb, depth: number): Promise<Over> {
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
      return runGather(run, verb, depth)
    case 'dial':
      await dialVerb(run, verb)
      return 'next'
    case 'record':
      await record(run, verb.action)
      return 'next'
    case 'pause':
      await wait(run.ports.clock, verb.durationMs, run.signal)
      return 'next'
    case 'sendDigits':
      await run.ports.media.sendDigits(run.call.id, verb.digits)
      return 'next'
    case 'redirect':
      await runUrl(run, verb.url, verb.method ?? 'POST', {}, depth)
      return 'over'
    case 'reject':
      return reject(run, verb.sipStatus ?? 603)
    case 'hangup':
      return 'over'
  }
}

async function runGather(
  run: Run,
  verb: Extract<Verb, { verb: 'gather' }>,
  depth: number,
): Promise<Over> {
  const { digits } = await gather(run, verb)
  if (digits === '') return 'next'
  const branch = verb.branches?.[digits]
  if (branch) {
    await runVerbs(run, branch, depth + 1)
    return 'over'
  }
  if (verb.url === undefined) return 'next'
  await runUrl(run, verb.url, 'POST', { digits }, depth)
  return 'over'
}

async function record(run: Run, action: 'start' | 'stop'): Promise<void> {
  if (action === 'stop') return stopRecording(run)
  if (await answer(run)) {
    await startRecording(run, run.call.record.direction === 'inbound' ? 'receivedLeft' : 'sentLeft')
  }
}

/** On a call that is already up a reject can only hang up. */
function reject(run: Run, sipStatus: number): Over {
  run.call.feed(
    run.call.state.at === 'up' ? { is: 'hangup', by: 'program' } : { is: 'reject', sipStatus },
  )
  return 'over'
}
