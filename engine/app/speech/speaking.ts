import { Failure } from '../../core/failures.ts'
import type { AccountId } from '../../core/ids.ts'
import type { Speaking, SpeechMark, SpeechPlayer, SpeechRequest } from '../../core/ports/speech.ts'
import type { LiveCall } from '../live-call.ts'
import type { Ports } from '../ports.ts'
import { wait } from '../wait.ts'

/** What is to be spoken: the same in a verb, in a live action, and in a message. */
export interface Spoken {
  readonly text: string
  readonly markup?: 'ssml'
  readonly voice?: string
}

/** `accountId`: whose files the document may play by their names. */
export const speechRequestOf = (
  { text, markup, voice }: Spoken,
  accountId?: AccountId,
): SpeechRequest => ({
  text,
  ...(markup !== undefined && { markup }),
  ...(voice !== undefined && { voice }),
  ...(markup !== undefined && accountId !== undefined && { accountId }),
})

/** A mark whose time is not known yet is looked for again after so long. */
const markLookMs = 50
/** Marks are told in whole milliseconds, and may stand at the very end. */
const aMomentMs = 1
/** As near as the tick of the media is. */
const nearMs = 20

/**
 * Begins to make speech for a call, until the signal aborts. Undefined: it can not be made now, which the call's log
 * tells (`speech.failed`), and the call goes on without it. Failure `invalid_request` as of Speech.speak.
 */
export async function speakFor(
  { ports, call }: { readonly ports: Ports; readonly call: LiveCall },
  spoken: Spoken,
  signal: AbortSignal,
): Promise<Speaking | undefined> {
  try {
    return await ports.speech.speak(speechRequestOf(spoken, call.record.accountId), signal)
  } catch (error) {
    if (signal.aborted) return undefined
    if (!(error instanceof Failure) || error.code !== 'speech_unavailable') throw error
    await call.note('speech.failed', toldOf(error))
    return undefined
  }
}

const toldOf = ({ code, message }: Failure) => ({ code, error: message })

/**
 * Plays what is being spoken by `play`, and tells in the call's log what becomes of it: its marks as they are heard,
 * what could not be followed, and what broke it off.
 */
export async function followed(
  { ports, call }: { readonly ports: Ports; readonly call: LiveCall },
  speaking: Speaking,
  player: SpeechPlayer,
  play: () => Promise<unknown>,
): Promise<void> {
  const over = new AbortController()
  const marks = speaking.hasMarks
    ? tellMarks(ports, call, speaking, player, over.signal)
    : Promise.resolve()
  try {
    await play()
  } finally {
    over.abort()
    await marks
  }
  await tellFaults(call, speaking)
}

/** Of what has been made by now; who was stopped before has no faults. */
export async function tellFaults(call: LiveCall, { ended, warnings }: Speaking): Promise<void> {
  const failure = await Promise.race([ended, Promise.resolve(undefined)])
  if (call.over.aborted) return
  if (warnings.length > 0) await call.note('speech.warning', { warnings })
  if (failure) await call.note('speech.failed', toldOf(failure))
}

/** Each once, when it is heard the first time; those that are never heard are not told. */
async function tellMarks(
  { clock }: Ports,
  call: LiveCall,
  { marks, ended }: Speaking,
  player: SpeechPlayer,
  over: AbortSignal,
): Promise<void> {
  let isMade = false
  void ended.then(() => {
    isMade = true
  })
  for (let told = 0; ; ) {
    const next: SpeechMark | undefined = marks[told]
    const aheadMs = next ? next.atMs - player.playedMs() : markLookMs
    if (next && aheadMs < aMomentMs) {
      told += 1
      await call.note('speech.mark', { name: next.name, atMs: next.atMs })
      continue
    }
    if (over.aborted || (!next && isMade)) return
    await wait(clock, Math.max(aheadMs, nearMs), over)
  }
}
