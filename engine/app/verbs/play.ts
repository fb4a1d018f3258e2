import { Failure } from '../../core/failures.ts'
import type { Sound } from '../../core/ports/media.ts'
import type { PlayVerb } from '../../core/verbs.ts'
import type { Run } from '../program.ts'
import { answer } from './answer.ts'
import { earlyMedia } from './early-media.ts'

/** Plays a WAV by its URL, `loop` times (default once). */
export async function play(run: Run, verb: PlayVerb): Promise<void> {
  const path = await wavOf(run, verb)
  if (path === undefined || !(await (verb.answer === false ? earlyMedia(run) : answer(run)))) return
  await playWav(run, path, verb.loop)
}

/** Its file; undefined when it is not to be had and the list is to go on without it, which the log tells. */
export async function wavOf(
  { call, ports, signal }: Run,
  verb: PlayVerb,
): Promise<string | undefined> {
  try {
    return (await ports.web.prompt(verb.url, call.record.accountId, signal)).path
  } catch (error) {
    if (verb.onFailure !== 'next' || !(error instanceof Failure)) throw error
    const { code, message } = error
    await call.note('instructions.failed', { url: verb.url, code, error: message, next: null })
    return undefined
  }
}

/** Plays a file of ours until it ends or the program does. */
export async function playWav(run: Run, path: string, loop = 1): Promise<void> {
  await playSound(run, { kind: 'wav', path, loop })
}

/** Plays any sound; stops it at once when the signal aborts. */
export async function playSound(run: Run, sound: Sound, until = run.signal): Promise<void> {
  if (until.aborted) return
  const { media } = run.ports
  const stop = () => media.stop(run.call.id)
  until.addEventListener('abort', stop, { once: true })
  try {
    await media.play(run.call.id, sound)
  } finally {
    until.removeEventListener('abort', stop)
  }
}
