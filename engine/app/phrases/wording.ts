import { anonymous } from '../../core/trunk-caller.ts'

/** With the form for one, which has its number in it, or the form for any other number. */
export const counted = (count: number, one: string, many: string): string =>
  count === 1 ? one : `${count} ${many}`

/** A number sign by sign, as telephone numbers are read; a name as it is. */
export function party(from: string, unknown: string): string {
  if (from === anonymous) return unknown
  return /^\+?\d+$/.test(from)
    ? `<say-as interpret-as="telephone">${from.replace('+', '')}</say-as>`
    : escapedText(from)
}

const escapedText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** A length in whole seconds, one at least: minutes and what is left, the part that is 0 left out. */
export function lengthIn(
  durationMs: number,
  and: string,
  minutes: (count: number) => string,
  seconds: (count: number) => string,
): string {
  const all = Math.max(1, Math.round(durationMs / 1000))
  const [whole, rest] = [Math.floor(all / 60), all % 60]
  return [...(whole > 0 ? [minutes(whole)] : []), ...(rest > 0 ? [seconds(rest)] : [])].join(and)
}

/** A moment where the engine is, its names in the language. */
export interface Moment {
  readonly weekday: string
  readonly month: string
  /** 1 to 31. */
  readonly day: number
  /** 0 to 23. */
  readonly hour: number
  readonly minute: number
}

export function momentIn(language: string, atMs: number): Moment {
  const at = new Date(atMs)
  const named = (form: Intl.DateTimeFormatOptions) => at.toLocaleDateString(language, form)
  return {
    weekday: named({ weekday: 'long' }),
    month: named({ month: 'long' }),
    day: at.getDate(),
    hour: at.getHours(),
    minute: at.getMinutes(),
  }
}
