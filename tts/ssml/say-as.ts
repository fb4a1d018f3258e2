import { abroad } from './abroad.ts'
import { currency, date, ordinal, time } from './english.ts'
import { orderOf } from './readings.ts'
import { primaryOf } from './wish.ts'

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
 * How the content of `say-as` is to be said; undefined when it is left to the voice as it stands because the kind or the
 * content is not one of ours, or, as for ordinals that are not English, the language has no words for it here.
 */
export function sayAs(
  kind: string,
  format: string,
  content: string,
  language: string,
): readonly Said[] | undefined {
  const isEnglish = primaryOf(language) === 'en'
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
      if (content.length > MAX_CHARACTERS) return undefined
      return words((isEnglish ? inEnglish : abroad)(kind, format, content, language))
  }
}

/** Formats as W3C's note on say-as has them; those of dates are an order of their parts. */
const FORMATS: ReadonlyMap<string, RegExp> = new Map([
  ['time', /^hms?(?:12|24)?$/],
  ['telephone', /^\d{1,3}$/],
  ...['characters', 'spell-out', 'verbatim'].map(
    (kind) => [kind, /^(?:characters|glyphs)$/] as const,
  ),
])

/** Whether the kind has such a format; none is fine for all. */
export function isFormat(kind: string, format: string): boolean {
  if (format === '') return true
  return kind === 'date' ? orderOf(format) !== undefined : FORMATS.get(kind)?.test(format) === true
}

function inEnglish(
  kind: string,
  format: string,
  content: string,
  language: string,
): string | undefined {
  switch (kind) {
    case 'ordinal':
      return ordinal(content)
    case 'date':
      return date(content, format, /^en-us\b/i.test(language) ? 'mdy' : 'dmy')
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
