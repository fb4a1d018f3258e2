/** What dates, times and sums of money say, in whatever language they are said then. Undefined: not understood. */

type Unit = 'd' | 'm' | 'y'
export type DateOrder = 'mdy' | 'dmy'

/** The parts that it has; months from 1. */
export interface ReadDate {
  readonly day?: number
  readonly month?: number
  readonly year?: number
  readonly dayFirst: boolean
}

/**
 * `10/12/2025` in the order of `format` (`mdy`, `dmy`, `ymd`, two of them or one). Without a format a year in front means
 * `ymd`, otherwise it is `usual`.
 */
export function readDate(text: string, format: string, usual: DateOrder): ReadDate | undefined {
  const order = orderOf(format) ?? (/^\d{4}/.test(text) ? 'ymd' : usual)
  const values = dateParts(text, order)
  if (values?.length !== order.length || values.some((value) => !/^\d{1,4}$/.test(value))) {
    return undefined
  }
  const part = (unit: Unit, name: 'day' | 'month' | 'year') => {
    const at = order.indexOf(unit)
    return at < 0 ? {} : { [name]: Number(values[at]) }
  }
  const date = {
    ...{ ...part('d', 'day'), ...part('m', 'month'), ...part('y', 'year') },
    dayFirst: order.startsWith('d'),
  } satisfies ReadDate as ReadDate
  return isWithin(date.day, 31) && isWithin(date.month, 12) ? date : undefined
}

/** From `mdy` as from `mm/dd/yyyy`. */
export function orderOf(format: string): string | undefined {
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

const TIME = /^(\d{1,2})(?:[:.](\d{2}))?(?:[:.](\d{2}))?\s{0,3}(?:([ap])\.?\s?m\.?)?$/i

export interface ReadTime {
  /** As it stands there: to 12 with a `half`. */
  readonly hour: number
  readonly minute: number
  readonly second?: number
  readonly half?: 'A' | 'P'
}

/** `10:05`, `2:00 pm`, `10:30:01`. */
export function readTime(text: string): ReadTime | undefined {
  const [, hours, minutes, seconds, half] = TIME.exec(text) ?? []
  if (hours === undefined || (minutes === undefined && half === undefined)) return undefined
  const [hour, minute, second] = [Number(hours), Number(minutes ?? 0), Number(seconds ?? 0)]
  if (hour > (half ? 12 : 24) || minute > 59 || second > 59) return undefined
  return {
    ...{ hour, minute },
    ...(seconds !== undefined && { second }),
    ...(half !== undefined && { half: half.toUpperCase() === 'A' ? 'A' : 'P' }),
  }
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

export interface ReadSum {
  readonly isNegative: boolean
  /** ISO 4217; the money may be unknown. */
  readonly code: string
  readonly whole: number
  /** Hundredths. */
  readonly parts: number
}

/** `$12.50`, `USD 12.50`, `12.50 EUR`. */
export function readSum(text: string): ReadSum | undefined {
  const [, minus, before, whole, decimals, behind] = AMOUNT.exec(text) ?? []
  const symbol = before ?? behind
  if (whole === undefined || symbol === undefined) return undefined
  return {
    isNegative: minus === '-',
    code: SYMBOLS[symbol] ?? symbol,
    whole: Number(whole.replaceAll(',', '')),
    parts: Number((decimals ?? '').padEnd(2, '0')),
  }
}
