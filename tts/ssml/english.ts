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

type Unit = 'd' | 'm' | 'y'

/**
 * `10/12/2025` in the order of `format` (`mdy`, `dmy`, `ymd`, two of them or one) as `October 12th 20 25`.
 * Without a format a year in front means `ymd`, otherwise it is `usual`.
 */
export function date(text: string, format: string, usual: 'mdy' | 'dmy'): string | undefined {
  const order = orderOf(format) ?? (/^\d{4}/.test(text) ? 'ymd' : usual)
  const values = dateParts(text, order)
  if (values?.length !== order.length || values.some((value) => !/^\d{1,4}$/.test(value))) {
    return undefined
  }
  const number = (unit: Unit) => {
    const at = order.indexOf(unit)
    return at < 0 ? undefined : Number(values[at])
  }
  const [day, month, year] = [number('d'), number('m'), number('y')]
  if (!isWithin(day, 31) || !isWithin(month, 12)) return undefined
  const monthName = month === undefined ? undefined : MONTHS[month - 1]
  const dayName = day === undefined ? undefined : ordinal(String(day))
  const dayFirst = order.startsWith('d')
  const words = dayFirst ? [dayName, monthName] : [monthName, dayName]
  return [...words, spokenYear(year)].filter((word) => word !== undefined).join(' ')
}

/** From `mdy` as from `mm/dd/yyyy`. */
function orderOf(format: string): string | undefined {
  const order = format
    .toLowerCase()
    .replace(/[^dmy]/g, '')
    .replace(/(.)\1+/g, '$1')
  return order !== '' && new Set(order).size === order.length ? order : undefined
}

function dateParts(text: string, order: string): readonly string[] | undefined {
  if (!/^\d{8}$/.test(text)) return text.length > 12 ? undefined : text.split(/[-/. ]/)
  let at = 0
  return Array.from(order, (unit) => {
    const from = at
    at += unit === 'y' ? 4 : 2
    return text.slice(from, at)
  })
}

const isWithin = (value: number | undefined, most: number) =>
  value === undefined || (value >= 1 && value <= most)

/** Two by two, as years are said: 1999 is `19 99`, 1905 `19 oh 5`, 2005 stays. */
function spokenYear(year: number | undefined): string | undefined {
  if (year === undefined) return undefined
  const [century, rest] = [Math.floor(year / 100), year % 100]
  if (year < 1100 || year > 2099 || (century === 20 && rest < 10)) return String(year)
  if (rest === 0) return `${century} hundred`
  return rest < 10 ? `${century} oh ${rest}` : `${century} ${rest}`
}

const TIME = /^(\d{1,2})(?:[:.](\d{2}))?(?:[:.](\d{2}))?\s{0,3}(?:([ap])\.?\s?m\.?)?$/i

/** `10:05` as `10 oh 5`, `2:00 pm` as `2 PM`, `9:00` as `9 o'clock`. */
export function time(text: string): string | undefined {
  const [, hours, minutes, seconds, half] = TIME.exec(text) ?? []
  if (hours === undefined || (minutes === undefined && half === undefined)) return undefined
  const [hour, minute, second] = [Number(hours), Number(minutes ?? 0), Number(seconds ?? 0)]
  if (hour > (half ? 12 : 24) || minute > 59 || second > 59) return undefined
  const words = [String(hour), spokenMinute(hour, minute, half !== undefined)]
  if (seconds !== undefined) words.push(`and ${counted(second, 'second')}`)
  if (half !== undefined) words.push(`${half.toUpperCase()}M`)
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
const SYMBOLS: Readonly<Record<string, string>> = {
  $: 'USD',
  US$: 'USD',
  '€': 'EUR',
  '£': 'GBP',
  '¥': 'JPY',
  '₹': 'INR',
}
const AMOUNT =
  /^(-?)([A-Z]{3}|US\$|[$€£¥₹])?\s?(\d[\d,]{0,14})(?:\.(\d{1,2}))?\s?([A-Z]{3}|[$€£¥₹])?$/

/** `$12.50`, `USD 12.50` or `12.50 EUR` as `12 dollars and 50 cents`. */
export function currency(text: string): string | undefined {
  const [, minus, before, whole, decimals, behind] = AMOUNT.exec(text) ?? []
  const symbol = before ?? behind
  if (whole === undefined || symbol === undefined) return undefined
  const code = SYMBOLS[symbol] ?? symbol
  const amount = Number(whole.replaceAll(',', ''))
  const parts = Number((decimals ?? '').padEnd(2, '0'))
  const sum = Object.hasOwn(MONEY, code) ? spokenSum(amount, parts, MONEY[code]) : undefined
  return sum === undefined ? undefined : (minus === '-' ? 'minus ' : '') + sum
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
