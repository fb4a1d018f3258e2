import { Failure } from '../../core/failures.ts'
import type { Run } from '../program.ts'
import type { Utterance } from './listen.ts'

/** What was said, in words. */
export interface Words {
  readonly text: string
  /** 0 to 1, where the model tells it. */
  readonly confidence?: number
}

/**
 * The words of an utterance, which the call's log tells (`speech.recognised`, or `speech.not-recognised` and why).
 * Undefined: it has none, or they can't be known; or the call is over.
 */
export async function recognised(
  { call, ports, signal }: Run,
  { spokenMs, ...sound }: Utterance,
  language?: string,
): Promise<Words | undefined> {
  try {
    if (!ports.recogniser) return undefined
    const { text, confidence } = await ports.recogniser.recognise(sound, signal, language)
    const known = confidence !== undefined && { confidence }
    await call.note('speech.recognised', { speech: text, ...known, spokenMs })
    return text === '' ? undefined : { text, ...known }
  } catch (error) {
    if (signal.aborted) return undefined
    const reason = error instanceof Error ? error.message : String(error)
    const code = error instanceof Failure ? error.code : 'transcription_failed'
    ports.log.warn('speech not recognised', { callId: call.id, reason })
    await call.note('speech.not-recognised', { code, error: reason, spokenMs })
    return undefined
  }
}
