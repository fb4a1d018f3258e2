/** What of a voice a document may ask for. */
export interface VoiceWish {
  readonly language?: string
  readonly gender?: 'female' | 'male'
}

/** The voices of a provider. The name of each begins with its language tag. */
export interface Voices {
  /** The provider's own name of a voice or language tag; undefined when it has none such. */
  resolveVoice(voice: string | undefined): string | undefined
  /** The voice most like the given one that fits the wish; undefined when there is none. */
  voiceLike(voice: string, wish: VoiceWish): string | undefined
}

/** The language of a voice or tag without its region: `en`. */
export const languageOf = (tag: string): string => /^[a-z]*/.exec(tag.toLowerCase())?.[0] ?? ''
