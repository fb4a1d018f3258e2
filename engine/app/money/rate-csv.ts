import { CsvError, parse } from 'csv-parse/sync'
import { stringify } from 'csv-stringify/sync'
import { Failure } from '../../core/failures.ts'
import { amountText, microOf } from '../../core/money/decimal.ts'
import { maxMicroPerMinute, type Rate } from '../../core/money/rate.ts'

/** The one place that knows how CSV is read and written (RFC 4180). */

export const maxRates = 50_000
/** So many faults are told at once. */
const maxTold = 20

type Column = (typeof columns)[number]
const columns = [
  'direction',
  'prefix',
  'price_per_minute',
  'minimum_seconds',
  'increment_seconds',
  'connect_fee',
  'description',
] as const

/** What stands there when it is left out, or empty. */
const usual: Readonly<Partial<Record<Column, string>>> = {
  direction: 'outbound',
  minimum_seconds: '60',
  increment_seconds: '60',
  connect_fee: '0',
  description: '',
}

interface Line {
  /** From 1. */
  readonly number: number
  readonly cells: readonly string[]
}

/**
 * The rates of a deck: a line with the names of the columns, then one for each rate. `prefix` and
 * `price_per_minute` have to be there. Failure `invalid_request` with the first faults, each with its line and column.
 */
export function readRates(csv: string): Rate[] {
  const [head, ...lines] = linesOf(csv)
  if (head === undefined) throw fault('The CSV is empty')
  const names = readHead(head)
  if (lines.length === 0) throw fault('There is no rate under the names of the columns')
  if (lines.length > maxRates) throw fault(`There are more than ${maxRates} rates`)
  const faults: string[] = []
  const rates: Rate[] = []
  const seen = new Map<string, number>()
  for (const line of lines) {
    const { rate, wrong } = readRate(names, line)
    faults.push(...wrong)
    const key = `${rate.direction} ${rate.prefix}`
    const first = wrong.length === 0 ? seen.get(key) : undefined
    if (first !== undefined) faults.push(place(line, 'prefix', `stands in line ${first} already`))
    if (wrong.length === 0 && first === undefined) seen.set(key, line.number)
    if (faults.length > maxTold) break
    rates.push(rate)
  }
  if (faults.length === 0) return rates
  const more = faults.length > maxTold ? ['and there are more'] : []
  throw fault([...faults.slice(0, maxTold), ...more].join('; '))
}

function linesOf(csv: string): Line[] {
  try {
    const records = parse(csv, {
      ...{ bom: true, info: true, trim: true, skip_empty_lines: true, relax_column_count: true },
    }) as unknown as readonly { record: string[]; info: { lines: number } }[]
    return records.map(({ record, info }) => ({ number: info.lines, cells: record }))
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    const where = typeof error['lines'] === 'number' ? `Line ${error['lines']}: ` : ''
    throw fault(`${where}${error.message.split('\n', 1)[0]}`)
  }
}

function readHead(head: Line): readonly Column[] {
  const names = head.cells.map((cell) => cell.toLowerCase())
  for (const [index, name] of names.entries()) {
    const isKnown = (columns as readonly string[]).includes(name)
    if (isKnown && names.indexOf(name) === index) continue
    const why = isKnown ? 'stands there twice' : `is none of ${columns.join(', ')}`
    throw fault(place(head, String(index + 1), `“${name.slice(0, 40)}” ${why}`))
  }
  for (const needed of ['prefix', 'price_per_minute'] as const) {
    if (!names.includes(needed)) throw fault(`Line ${head.number}: the column ${needed} is missing`)
  }
  return names as Column[]
}

/** What it is, where nothing is wrong with it. */
function readRate(names: readonly Column[], line: Line): { rate: Rate; wrong: readonly string[] } {
  const wrong: string[] = []
  const isWhole = line.cells.length === names.length
  if (!isWhole) {
    wrong.push(`Line ${line.number} has ${line.cells.length} columns, not ${names.length}`)
  }
  const cell = (column: Column): string => {
    const text = line.cells[names.indexOf(column)] ?? ''
    return text === '' ? (usual[column] ?? '') : text
  }
  const check = (isRight: boolean, column: Column, what: string): void => {
    // Of a line with too few or too many cells none is known to be the column's.
    if (isWhole && !isRight) wrong.push(place(line, column, what))
  }
  const amount = (column: Column): number => {
    const micro = microOf(cell(column)) ?? Number.NaN
    const isRight = micro >= 0 && micro <= maxMicroPerMinute
    check(isRight, column, 'must be a decimal number from 0 to 1000 with at most 6 places')
    return micro
  }
  const seconds = (column: Column, least: number): number => {
    const value = /^\d{1,4}$/.test(cell(column)) ? Number(cell(column)) : Number.NaN
    const isRight = value >= least && value <= 3600
    check(isRight, column, `must be whole seconds, ${least} to 3600`)
    return value
  }
  const [direction, prefix, description] = [cell('direction'), cell('prefix'), cell('description')]
  check(/^(outbound|inbound)$/.test(direction), 'direction', 'must be outbound or inbound')
  check(/^\+\d{0,15}$/.test(prefix), 'prefix', prefixText)
  check(description.length <= 200, 'description', 'is longer than 200 characters')
  const rate: Rate = {
    direction: direction === 'inbound' ? 'inbound' : 'outbound',
    ...{ prefix, description },
    microPerMinute: amount('price_per_minute'),
    connectFeeMicro: amount('connect_fee'),
    minimumSeconds: seconds('minimum_seconds', 0),
    incrementSeconds: seconds('increment_seconds', 1),
  }
  return { rate, wrong }
}

const prefixText = 'must be + and up to 15 digits, such as +61 (the + is needed)'

const fault = (message: string): Failure => new Failure('invalid_request', message, 'csv')
const place = (line: Line, column: string, what: string): string =>
  `Line ${line.number}, column ${column}: ${what}`

/** What `readRates` reads again as the same rates. */
export const rateHeadCsv = (): string => csvOf([columns])
export const ratesCsv = (rates: readonly Rate[]): string =>
  csvOf(
    rates.map((rate) => [
      rate.direction,
      rate.prefix,
      amountText(rate.microPerMinute),
      rate.minimumSeconds,
      rate.incrementSeconds,
      amountText(rate.connectFeeMicro),
      rate.description,
    ]),
  )

export type CsvCell = string | number | null

/** A cell that a spreadsheet would take for a formula is kept from being one. */
export const csvOf = (rows: readonly (readonly CsvCell[])[]): string =>
  stringify(rows.map((row) => row.map(harmless)))

const harmless = (cell: CsvCell): CsvCell =>
  typeof cell === 'string' && /^[=@\t\r]|^[+-](?![\d.]*$)/.test(cell) ? `'${cell}` : cell
