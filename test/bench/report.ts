import type { Summary } from './statistics.ts'

/** What a bench says: lines for people. */
export type Print = (line: string) => void

export interface Bench {
  /** Name on the command line. */
  readonly name: string
  readonly title: string
  /** `isShort`: a quick check whether it works, not figures to go by. */
  run(print: Print, isShort: boolean): Promise<void>
}

export const inMs = (value: number): string => `${value.toFixed(value < 10 ? 2 : 1)} ms`
export const inPercent = (share: number): string => `${(100 * share).toFixed(1)} %`
export const inKib = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`
export const inMib = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MiB`

/** A figure with its aim, and whether it was reached. */
export const against = (value: number, aim: number, text: string, unit = 'ms'): string =>
  `${text} (aim <= ${aim} ${unit}: ${value <= aim ? 'reached' : 'MISSED'})`

/** Rows under a heading, columns as wide as their widest cell; the first is left-aligned. */
export function printTable(print: Print, rows: readonly (readonly string[])[]): void {
  const widths: number[] = []
  for (const row of rows) {
    for (const [n, cell] of row.entries()) widths[n] = Math.max(widths[n] ?? 0, cell.length)
  }
  for (const row of rows) {
    const cells = row.map((cell, n) =>
      n === 0 ? cell.padEnd(widths[n]!) : cell.padStart(widths[n]!),
    )
    print(`  ${cells.join('  ')}`.trimEnd())
  }
}

export const delayHeading = ['', 'p50', 'p95', 'p99', 'max', 'measured'] as const
export const delayRow = (name: string, { p50, p95, p99, max, count }: Summary): string[] => [
  name,
  ...[p50, p95, p99, max].map(inMs),
  String(count),
]
