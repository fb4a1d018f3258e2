import { currency, date, ordinal, time } from './english.ts'
import { languageOf } from './voices.ts'

export interface Said {
  readonly text: string
  /** Character by character. */
  readonly spelled: boolean
}

/** Longer content is no number, date or sum; this also bounds the patterns' work. */
const MAX_CHARACTERS = 40

const words = (text: string | undefined): readonly Said[] | undefined =>
  text === undefined ? undefined : [{ text, spelled: false }]

/**
 * How the content of `say-as` is to be said; undefined when it is left to the voice as it stands because
 * the kind, the content or, for words, the language is not one of ours.
 */
export function sayAs(
  kind: string,
  format: string,
  content: string,
  voice: string,
): readonly Said[] | undefined {
  const isEnglish = languageOf(voice) === 'en'
  switch (kind) {
    case 'cardinal':
    case 'number':
      return words(content)
    case 'characters':
    case 'digits':
    case 'spell-out':
    case 'verbatim':
      return [{ text: content, spelled: true }]
    case 'telephone':
      return telephone(content, isEnglish)
    default:
      return isEnglish && content.length <= MAX_CHARACTERS
        ? words(inEnglish(kind, format, content, voice))
        : undefined
  }
}

function inEnglish(
  kind: string,
  format: string,
  content: string,
  voice: string,
): string | undefined {
  switch (kind) {
    case 'ordinal':
      return ordinal(content)
    case 'date':
      return date(content, format, /^en-us\b/i.test(voice) ? 'mdy' : 'dmy')
    case 'time':
      return time(content)
    case 'currency':
      return currency(content)
    default:
      return undefined
  }
}

/** Digits singly, a short rest where the number has a space, a hyphen or a bracket. */
function telephone(content: string, isEnglish: boolean): readonly Said[] {
  const groups = content.split(/[\s().\-/\u2010-\u2013]+/).filter((group) => group !== '')
  return groups.flatMap((group, i) => {
    const isWord = isEnglish && /^e?xt?$/i.test(group)
    const said = isWord ? { text: 'extension', spelled: false } : { text: group, spelled: true }
    return i === 0 ? [said] : [{ text: ', ', spelled: false }, said]
  })
}
