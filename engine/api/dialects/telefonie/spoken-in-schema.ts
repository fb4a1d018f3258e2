import { Type } from 'typebox'
import { phraseLanguages } from '../../../app/phrases/index.ts'
import { languagePattern } from '../../../core/spoken-in.ts'
import { nullable } from './nullable.ts'

/** In which language something is said by itself, and by whom. `what`: a box, a queue. */
export const spokenInFields = (what: string) => ({
  language: nullable(
    Type.String({
      pattern: languagePattern,
      description: `BCP 47, of what ${what} says by itself: ${phraseLanguages.join(', ')}, each with any region; in others it speaks English. One that no voice here speaks is refused. Null: that of voice, or else of the default voice`,
    }),
  ),
  voice: nullable(
    Type.String({
      minLength: 1,
      maxLength: 128,
      description: `As in \`say\`; one that is not there is refused. What ${what} says by itself it says if it speaks that language, else a usual one does`,
    }),
  ),
})
