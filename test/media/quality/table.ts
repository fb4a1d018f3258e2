import { type Print, printTable } from '../../bench/report.ts'

/** A row of a quality table. */
export interface Property {
  readonly name: string
  /** What the reference does with the same signals, measured now; '-' where there is none. */
  readonly reference: string
  readonly ours: string
  /** What ours must reach. */
  readonly passLine: string
  readonly passes: boolean
}

/** A table of qualities that `npm run quality` prints. */
export interface QualityTable {
  /** Name on the command line. */
  readonly name: string
  readonly title: string
  /** Measures, prints a table, and tells whether all of it passed. */
  run(print: Print): Promise<boolean>
}

const heading = ['property', 'reference', 'ours', 'pass line', ''] as const

/** Prints a table of properties and tells whether all pass. */
export function printProperties(print: Print, properties: readonly Property[]): boolean {
  const rows = properties.map(({ name, reference, ours, passLine, passes }) => [
    name,
    reference,
    ours,
    passLine,
    passes ? 'pass' : 'FAIL',
  ])
  printTable(print, [heading, ...rows])
  return properties.every(({ passes }) => passes)
}
