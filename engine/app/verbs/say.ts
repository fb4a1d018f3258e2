import type { SpeechRequest } from '../../core/ports/speech.ts'
import type { SayVerb } from '../../core/verbs.ts'
import type { Run } from '../program.ts'
import { answer } from './answer.ts'
import { earlyMedia } from './early-media.ts'
import { playWav } from './play.ts'

/** Speaks a text, `loop` times (default once). */
export async function say(run: Run, verb: SayVerb): Promise<void> {
  const path = await speechOf(run, verb)
  if (!(await (verb.answer === false ? earlyMedia(run) : answer(run)))) return
  await playWav(run, path, verb.loop)
}

/** The WAV of a text, made before or while the phone rings. Failure `speech_unavailable`. */
export async function speechOf(run: Run, verb: SayVerb): Promise<string> {
  const utterance = await run.ports.speech.synthesise(speechRequestOf(verb), run.signal)
  return utterance.path
}

export const speechRequestOf = ({ text, markup, voice }: SayVerb): SpeechRequest => ({
  text,
  ...(markup !== undefined && { markup }),
  ...(voice !== undefined && { voice }),
})
