import type {
  ConferenceVerb,
  DialVerb,
  GatherVerb,
  Onwards,
  RecordVerb,
  Verb,
} from '../../core/verbs.ts'
import { layoutOf, optionsOf, recordAs, recordingsMeant } from '../actions/record-control.ts'
import { runActionVerb } from '../actions/run-verb.ts'
import { conferenceVerb } from '../conferences/call-in.ts'
import { type Run, untilOver } from '../program.ts'
import { dialQueue } from '../queues/dial-queue.ts'
import { enqueueVerb, leaveVerb } from '../queues/enqueue.ts'
import { startRecording } from '../recording.ts'
import { announceRecording } from '../recordings/announce.ts'
import { sendDigits } from '../send-digits.ts'
import { verbInDocument } from '../verb-names.ts'
import { voicemailMenuVerb } from '../voicemail/owner/start.ts'
import { voicemailVerb } from '../voicemail/verb.ts'
import { wait } from '../wait.ts'
import { answer } from './answer.ts'
import { tellApplication } from './ask.ts'
import { dialVerb } from './dial-verb.ts'
import { gather } from './gather.ts'
import { play } from './play.ts'
import { recordMessage } from './record-message.ts'
import type { Instructions } from './redirect.ts'
import { refer } from './refer.ts'
import { say } from './say.ts'
import { stopStreamVerb, streamVerb } from './stream.ts'
import { keepToTests } from './test-calls.ts'

/** `over`: nothing more of this list is run. Instructions: the program goes on there. */
type After = 'next' | 'over' | Instructions

/**
 * Runs a list of verbs, one after the other, each told in the call's log. Resolves to where the program goes
 * on, `over` when a verb has ended all, or undefined when it is at its end.
 */
export async function runVerbs(
  run: Run,
  verbs: readonly Verb[],
): Promise<Instructions | 'over' | undefined> {
  for (const verb of verbs) {
    if (run.signal.aborted) return 'over'
    const after = await told(run, verb)
    if (after !== 'next') return after
  }
  return undefined
}

async function told(run: Run, verb: Verb): Promise<After> {
  const name = verbInDocument(verb.verb)
  await run.call.note('verb.started', { verb: name })
  let error: string | undefined
  try {
    keepToTests(run.call.record, verb)
    return await runVerb(run, verb)
  } catch (thrown) {
    error = thrown instanceof Error ? thrown.message : String(thrown)
    throw thrown
  } finally {
    await run.call.note('verb.ended', error ? { verb: name, error } : { verb: name })
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
      return runDial(run, verb)
    case 'conference':
      return runConference(run, verb)
    case 'enqueue':
      return (await enqueueVerb(run, verb)) ?? 'next'
    case 'leave':
      return leaveVerb(run) ? 'over' : 'next'
    case 'record':
      await record(run, verb)
      return 'next'
    case 'mute':
    case 'park':
    case 'pickup':
    case 'bridge':
    case 'transfer':
      return runActionVerb(run, verb)
    case 'stream':
      return onTo(run, verb, await streamVerb(run, verb))
    case 'stopStream':
      stopStreamVerb(run, verb)
      return 'next'
    case 'recordMessage':
      return onTo(run, verb, await recordMessage(run, verb))
    case 'voicemail':
      return onTo(run, verb, await voicemailVerb(run, verb))
    case 'voicemailMenu':
      await voicemailMenuVerb(run, verb)
      return 'next'
    case 'pause':
      await wait(run.ports.clock, verb.durationMs, run.signal)
      return 'next'
    case 'sendDigits':
      await sendDigits(run.ports, run.call, verb.digits, run.signal)
      return 'next'
    case 'redirect':
      return { url: verb.url, method: verb.method ?? 'POST' }
    case 'refer':
      return runRefer(run, verb)
    case 'reject':
      return reject(run, verb.sipStatus ?? 603)
    case 'hangup':
      return 'over'
  }
}

/** To the verb's action, which is told what came of it; without either the list goes on. */
function onTo(run: Run, { action, method = 'POST' }: Onwards, extra: object | undefined): After {
  if (action === undefined || extra === undefined) return 'next'
  const next: Instructions = { url: action, method, extra: { ...extra } }
  if (run.call.state.at !== 'ended') return next
  void tellApplication(run, next)
  return 'over'
}

async function runDial(run: Run, verb: DialVerb): Promise<After> {
  const { queue } = verb
  if (queue !== undefined) return onTo(run, verb, await dialQueue(run, { ...verb, queue }))
  const dialled = await dialVerb(run, verb)
  if ('instead' in dialled) return (await runVerbs(run, dialled.instead)) ?? 'over'
  return onTo(run, verb, dialled)
}

async function runConference(run: Run, verb: ConferenceVerb): Promise<After> {
  await conferenceVerb(run, verb)
  return onTo(run, verb, { dial_status: 'completed' })
}

/** Whose phone has called somebody else hangs up: nothing more is to be heard there. */
async function runRefer(run: Run, verb: Extract<Verb, { verb: 'refer' }>): Promise<After> {
  const referred = await refer(run, verb)
  const after = onTo(run, verb, referred)
  if (after === 'next' && referred?.refer_status === 'completed') await untilOver(run)
  return after
}

async function runGather(run: Run, verb: GatherVerb): Promise<After> {
  const { digits, isFinished, spoken } = await gather(run, verb)
  const branch = digits === '' ? undefined : verb.branches?.[digits]
  if (branch) return (await runVerbs(run, branch)) ?? 'over'
  const action = verb.action ?? verb.url
  if (action === undefined || (digits === '' && !spoken && !verb.actionOnEmpty)) return 'next'
  const finished = isFinished ? { finished_on_key: verb.finishOnKey ?? '#' } : {}
  const { text: speech, ...sure } = spoken ?? {}
  const extra = speech === undefined ? { digits, ...finished } : { speech, ...sure }
  return { url: action, method: verb.method ?? 'POST', extra }
}

async function record(run: Run, verb: RecordVerb): Promise<void> {
  const { call, ports, signal } = run
  if (verb.action !== 'start') {
    // Where nothing is recorded there is nothing to pause.
    if (recordingsMeant(call, verb).length > 0) await recordAs(run, call, verb)
    return
  }
  if (!(await answer(run)) || (verb.of !== 'leg' && call.recording)) return
  if (!run.calls.space.isLow) await announceRecording(ports, call, verb.announcement)
  if (!signal.aborted) await startRecording(run, layoutOf(call, verb), optionsOf(verb))
}

/** On a call that is already up a reject can only hang up. */
function reject(run: Run, sipStatus: number): After {
  run.call.feed(
    run.call.state.at === 'up' ? { is: 'hangup', by: 'program' } : { is: 'reject', sipStatus },
  )
  return 'over'
}
