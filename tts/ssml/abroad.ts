import { readDate, readSum, readTime } from './readings.ts'

/**
 * Dates, times and sums of money in the words of any language but English, as its speakers write them: the numbers in
 * them are left to the voice, which reads those of its own language rightly. Undefined: not understood, or the language is
 * not known.
 */
export function abroad(
  kind: string,
  format: string,
  text: string,
  language: string,
): string | undefined {
  const say = kinds.get(kind)
  return say && isKnown(language) ? say(text, language, format) : undefined
}

/** What a voice gives as its language may be no tag of BCP 47. */
function isKnown(language: string): boolean {
  try {
    return Intl.NumberFormat.supportedLocalesOf([language]).length > 0
  } catch {
    return false
  }
}

type Say = (text: string, language: string, format: string) => string | undefined

const date: Say = (text, language, format) => {
  const read = readDate(text, format, 'dmy')
  if (!read) return undefined
  const { day, month, year } = read
  // A leap year, for the 29th of February.
  const at = new Date(Date.UTC(2000, (month ?? 1) - 1, day ?? 1))
  if (year !== undefined) at.setUTCFullYear(year)
  if (day !== undefined && at.getUTCDate() !== day) return undefined
  return at.toLocaleDateString(language, {
    ...(day !== undefined && { day: 'numeric' }),
    ...(month !== undefined && { month: 'long' }),
    ...(year !== undefined && { year: 'numeric' }),
    timeZone: 'UTC',
  })
}

const time: Say = (text, language) => {
  const read = readTime(text)
  if (!read) return undefined
  const { hour, minute, second, half } = read
  const of24 = half === undefined ? hour : (hour % 12) + (half === 'P' ? 12 : 0)
  return new Date(Date.UTC(2000, 0, 1, of24, minute, second ?? 0)).toLocaleTimeString(language, {
    ...{ hour: 'numeric', minute: '2-digit', timeZone: 'UTC' },
    ...(second !== undefined && { second: '2-digit' }),
  })
}

const currency: Say = (text, language) => {
  const read = readSum(text)
  if (!read) return undefined
  const { code, whole, parts, isNegative } = read
  const form = new Intl.NumberFormat(language, {
    ...{ style: 'currency', currency: code, currencyDisplay: 'name', useGrouping: false },
    trailingZeroDisplay: 'stripIfInteger',
  })
  return form.format((isNegative ? -1 : 1) * (whole + parts / 100))
}

const kinds: ReadonlyMap<string, Say> = new Map([
  ['date', date],
  ['time', time],
  ['currency', currency],
])
