/** In which language the engine itself speaks, and by which voice: said of a conference, a queue or a box. */
export interface SpokenIn {
  /** BCP 47; null: that of the voice, or else of the usual one. */
  readonly language: string | null
  /** As in a `say`; null: the usual one of the language. */
  readonly voice: string | null
}

/** Where nothing is said. */
export const asUsual: SpokenIn = { language: null, voice: null }

/** The form of a tag, whether or not there is such a language. */
export const languagePattern = '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$'
