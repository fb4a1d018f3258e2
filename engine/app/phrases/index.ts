import { de } from './de.ts'
import { en } from './en.ts'
import { es } from './es.ts'
import { fr } from './fr.ts'
import { it } from './it.ts'
import type { Phrases } from './phrases.ts'

/** By the base of a language tag; each in a file of its own. */
const phrases: ReadonlyMap<string, Phrases> = new Map(Object.entries({ de, en, es, fr, it }))

/** `de` of `de-AT`. */
export const baseOf = (tag: string): string => tag.toLowerCase().split('-')[0] ?? ''

/** Those of a language (BCP 47), whatever its region; undefined: there are none. */
export const phrasesOf = (language: string): Phrases | undefined => phrases.get(baseOf(language))

export const english = en
export const phraseLanguages: readonly string[] = [...phrases.keys()]
