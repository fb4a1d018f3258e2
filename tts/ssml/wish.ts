/** What of a voice a document may ask for. */
export interface VoiceWish {
  readonly language?: string
  readonly gender?: 'female' | 'male'
}

/** The voices that a document may name. */
export interface Voices {
  /** The id of a voice or language tag; undefined when there is none such. */
  resolveVoice(voice: string | undefined): string | undefined
  /** The id of the voice most like the given one that fits the wish; undefined when there is none. */
  voiceLike(voice: string, wish: VoiceWish): string | undefined
  /** The language tag of a voice, by its id. */
  languageOf(voice: string): string
  genderOf(voice: string): 'female' | 'male' | undefined
  /** Whether the voice can say that of the International Phonetic Alphabet. */
  takesIpa(voice: string, ipa: string): boolean
}

/** A language tag without its region: `en`. */
export const primaryOf = (tag: string): string => /^[a-z]*/.exec(tag.toLowerCase())?.[0] ?? ''
