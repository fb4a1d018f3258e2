import type { Sound } from '../../core/ports/media.ts'
import type { SpokenIn } from '../../core/spoken-in.ts'
import type { SayVerb } from '../../core/verbs.ts'
import type { Phrases } from '../phrases/phrases.ts'
import { tongueOf } from '../phrases/tongue.ts'
import type { Ports } from '../ports.ts'

/** What is heard in place of words where nothing here can speak. */
const instead: Sound = { kind: 'tone', tone: 'beep' }

type SpeechPorts = Pick<Ports, 'speech' | 'log'>

/** The sound of a text; undefined is the usual voice. Never rejects. */
export async function soundOfText(
  ports: SpeechPorts,
  voice: string | undefined,
  text: string,
  how: { readonly markup?: 'ssml' } = {},
): Promise<Sound> {
  try {
    const request = { text, ...how, ...(voice !== undefined && { voice }) }
    return { kind: 'wav', path: (await ports.speech.synthesise(request)).path, loop: 1 }
  } catch (error) {
    ports.log.debug('not spoken', { text, error: String(error) })
    return instead
  }
}

/** The sound of what the engine says by itself: plain text. Never rejects. */
export function soundOfPhrase(
  ports: SpeechPorts,
  spokenIn: SpokenIn,
  textOf: (phrases: Phrases) => string,
): Promise<Sound> {
  const { phrases, voice } = tongueOf(ports.speech, spokenIn)
  return soundOfText(ports, voice, textOf(phrases))
}

/** The verb that says it. */
export function phraseVerb(
  { speech }: Pick<Ports, 'speech'>,
  spokenIn: SpokenIn,
  textOf: (phrases: Phrases) => string,
): SayVerb {
  const { phrases, voice } = tongueOf(speech, spokenIn)
  return { verb: 'say', text: textOf(phrases), ...(voice !== undefined && { voice }) }
}
