import { type DateOrder, readDate, readSum, readTime } from './readings.ts'

/**
 * Numbers of everyday life as English words and plain numbers, which every voice reads rightly. Each
 * function gives undefined for what it does not understand.
 */
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const

/** `21` as `21st`. */
export function ordinal(text: string): string | undefined {
  const digits = text.replaceAll(',', '')
  if (!/^\d{1,12}$/.test(digits)) return undefined
  const number = Number(digits)
  const teen = number % 100 >= 11 && number % 100 <= 13
  const suffix = teen ? 'th' : (['th', 'st', 'nd', 'rd'][number % 10] ?? 'th')
  return `${number}${suffix}`
}

/** `10/12/2025` as `October 12th 20 25`; the order and `usual` as of `readDate`. */
export function date(text: string, format: string, usual: DateOrder): string | undefined {
  const read = readDate(text, format, usual)
  if (!read) return undefined
  const { day, month, year, dayFirst } = read
  const monthName = month === undefined ? undefined : MONTHS[month - 1]
  const dayName = day === undefined ? undefined : ordinal(String(day))
  const words = dayFirst ? [dayName, monthName] : [monthName, dayName]
  return [...words, spokenYear(year)].filter((word) => word !== undefined).join(' ')
}

/** Two by two, as years are said: 1999 is `19 99`, 1905 `19 oh 5`, 2005 stays. */
function spokenYear(year: number | undefined): string | undefined {
  if (year === undefined) return undefined
  const [century, rest] = [Math.floor(year / 100), year % 100]
  if (year < 1100 || year > 2099 || (century === 20 && rest < 10)) return String(year)
  if (rest === 0) return `${century} hundred`
  return rest < 10 ? `${century} oh ${rest}` : `${century} ${rest}`
}

/** `10:05` as `10 oh 5`, `2:00 pm` as `2 PM`, `9:00` as `9 o'clock`. */
export function time(text: string): string | undefined {
  const read = readTime(text)
  if (!read) return undefined
  const { hour, minute, second, half } = read
  const words = [String(hour), spokenMinute(hour, minute, half !== undefined)]
  if (second !== undefined) words.push(`and ${counted(second, 'second')}`)
  if (half !== undefined) words.push(`${half}M`)
  return words.filter((word) => word !== '').join(' ')
}

function spokenMinute(hour: number, minute: number, hasHalf: boolean): string {
  if (minute >= 10) return String(minute)
  if (minute > 0) return `oh ${minute}`
  if (hasHalf) return ''
  return hour >= 1 && hour <= 12 ? "o'clock" : 'hundred'
}

/** Singular names; the plural adds an s unless it is one of `PLURALS`. */
const MONEY: Readonly<Record<string, readonly [major: string, minor?: string]>> = {
  USD: ['dollar', 'cent'],
  EUR: ['euro', 'cent'],
  GBP: ['pound', 'penny'],
  JPY: ['yen'],
  CNY: ['yuan'],
  INR: ['rupee', 'paisa'],
  CHF: ['Swiss franc', 'centime'],
  AUD: ['Australian dollar', 'cent'],
  CAD: ['Canadian dollar', 'cent'],
  NZD: ['New Zealand dollar', 'cent'],
}
const PLURALS: Readonly<Record<string, string>> = {
  penny: 'pence',
  paisa: 'paise',
  yen: 'yen',
  yuan: 'yuan',
}

/** `$12.50`, `USD 12.50` or `12.50 EUR` as `12 dollars and 50 cents`. */
export function currency(text: string): string | undefined {
  const read = readSum(text)
  if (!read || !Object.hasOwn(MONEY, read.code)) return undefined
  const sum = spokenSum(read.whole, read.parts, MONEY[read.code])
  return sum === undefined ? undefined : (read.isNegative ? 'minus ' : '') + sum
}

function spokenSum(
  amount: number,
  parts: number,
  [major, minor]: readonly [string?, string?] = [],
): string | undefined {
  if (major === undefined || (parts > 0 && minor === undefined)) return undefined
  const words = amount > 0 || parts === 0 ? [counted(amount, major)] : []
  if (parts > 0 && minor !== undefined) words.push(counted(parts, minor))
  return words.join(' and ')
}

const counted = (count: number, one: string) =>
  `${count} ${count === 1 ? one : (PLURALS[one] ?? `${one}s`)}`
