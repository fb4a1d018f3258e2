import type { Speech } from '../../core/ports/speech.ts'
import type { SpokenIn } from '../../core/spoken-in.ts'
import { baseOf, english, phrasesOf } from './index.ts'
import type { Phrases } from './phrases.ts'

/** How the engine says what it says by itself. */
export interface Tongue {
  readonly phrases: Phrases
  /** One that speaks that language; undefined: the usual one. */
  readonly voice: string | undefined
}

type Voices = Pick<Speech, 'voices' | 'voiceNamed'>

/** The language that is said; else that of the voice that is said; else that of the usual voice. */
export function languageOf(speech: Voices, { language, voice }: SpokenIn): string {
  const own = voice === null ? undefined : speech.voiceNamed(voice)
  return language ?? own?.language ?? speech.voices()[0]?.language ?? 'en'
}

/**
 * In that language, by the voice that is said if it speaks it, or else a usual one. Where there are no phrases in it, or
 * no voice that speaks it, in English.
 */
export function tongueOf(speech: Voices, spokenIn: SpokenIn): Tongue {
  const usual = speech.voices()[0]?.id
  const tag = languageOf(speech, spokenIn)
  const phrases = phrasesOf(tag)
  const names = [spokenIn.voice, spokenIn.language ?? usual, baseOf(tag)]
  const own = phrases && names.find((name) => speaks(speech, name, tag))
  if (phrases && own) return { phrases, voice: own }
  return {
    phrases: english,
    voice: [usual, 'en'].find((name) => speaks(speech, name, 'en')),
  }
}

function speaks(
  speech: Pick<Speech, 'voiceNamed'>,
  name: string | null | undefined,
  language: string,
): name is string {
  if (name === null || name === undefined) return false
  const spoken = speech.voiceNamed(name)?.language
  return spoken !== undefined && baseOf(spoken) === baseOf(language)
}
