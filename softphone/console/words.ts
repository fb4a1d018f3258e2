import { clockTime, whenWords } from '../app/words/time.ts'
import { type Json, number, text, timeMs } from './api/json.ts'

/** When it was, as people say it; nothing for none. */
export function whenOf(row: Json, name: string, now = new Date()): string {
  const ms = timeMs(row, name)
  return ms === undefined ? '' : whenWords(new Date(ms), now)
}

/** How long a call was or is up; `now` for one that goes on. */
export function lengthOf(row: Json, nowMs: number): string {
  const answered = timeMs(row, 'answered_at')
  if (answered === undefined) return ''
  const end = timeMs(row, 'end_time') ?? nowMs
  return clockTime((end - answered) / 1000)
}

/** "-0.100000 AUD" as "AUD 0.10": what it costs, as people write it. */
export function priceOf(row: Json): string {
  const price = text(row, 'price')
  if (price === '') return ''
  return moneyWords(-Number(price), text(row, 'price_unit'))
}

/** An amount with its currency; as many digits as it needs, two at least. */
export function moneyWords(amount: number, currency: string): string {
  const digits = { minimumFractionDigits: 2, maximumFractionDigits: 6 }
  const value = (amount === 0 ? 0 : amount).toLocaleString('en', digits)
  return currency === '' ? value : `${currency} ${value}`
}

/** The estimate of how it sounded, 1 to 4.5. */
export function mosOf(row: Json): string {
  const quality = row['quality']
  if (typeof quality !== 'object' || quality === null) return ''
  const mos = number(quality as Json, 'mos')
  return mos === undefined ? '' : mos.toFixed(1)
}

export const arrow = (row: Json): string => (text(row, 'direction') === 'inbound' ? 'in' : 'out')
