import { Failure } from '../../core/failures.ts'
import type { Speech } from '../../core/ports/speech.ts'
import type { SpokenIn } from '../../core/spoken-in.ts'
import { baseOf } from './index.ts'

type Speaks = Pick<Speech, 'unavailableBecause' | 'voiceNamed'>

/**
 * Failure `invalid_request`: there is no such voice or language, or no voice here speaks it. Where nothing can speak at
 * all the voices are not known, and not asked for.
 */
export function checkSpokenIn(speech: Speaks, { voice, language }: Partial<SpokenIn>): void {
  if (language && !isLanguage(language)) {
    throw new Failure(
      'invalid_request',
      `language: ${language} is no tag of a language, such as de or de-AT`,
      'language',
    )
  }
  if (speech.unavailableBecause() !== undefined) return
  if (voice && !speech.voiceNamed(voice)) {
    throw new Failure('invalid_request', `voice: there is no voice ${voice} here`, 'voice')
  }
  if (language && !speaks(speech, language)) {
    throw new Failure('invalid_request', `language: no voice here speaks ${language}`, 'language')
  }
}

const speaks = (speech: Speaks, language: string): boolean =>
  baseOf(speech.voiceNamed(language)?.language ?? '') === baseOf(language)

const names = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' })

/** Its region need not be known. */
function isLanguage(tag: string): boolean {
  try {
    Intl.getCanonicalLocales(tag)
    return names.of(baseOf(tag)) !== undefined
  } catch {
    return false
  }
}
