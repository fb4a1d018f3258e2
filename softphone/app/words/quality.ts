import type { Quality } from '../../device/types.ts'

export type Grade = 'good' | 'fair' | 'poor'

/** By MOS: from 4 on people are content (ITU-T G.109: R 80), below 3.1 nearly all mind (R 60). */
export const gradeOf = (mos: number): Grade => (mos >= 4 ? 'good' : mos >= 3.1 ? 'fair' : 'poor')

const gradeNames: Readonly<Record<Grade, string>> = {
  good: 'Good connection',
  fair: 'Fair connection',
  poor: 'Poor connection',
}

/** One short line for the badge. */
export const gradeWords = (mos: number): string => gradeNames[gradeOf(mos)]

/** Bars of the indicator, 1 to 4. */
export const barsOf = (mos: number): number => (mos >= 4.2 ? 4 : mos >= 4 ? 3 : mos >= 3.1 ? 2 : 1)

/** Figures as they stand in the panel. */
export function qualityFigures(quality: Quality): readonly (readonly [string, string])[] {
  const { roundTripMs, lossPercent, jitterMs, mos, codec } = quality
  return [
    ['Score (MOS)', mos.toFixed(1)],
    ['Loss', `${lossPercent.toFixed(lossPercent < 10 ? 1 : 0)} %`],
    ['Jitter', `${Math.round(jitterMs)} ms`],
    ['Round trip', roundTripMs === undefined ? 'not known yet' : `${Math.round(roundTripMs)} ms`],
    ['Codec', codec],
  ]
}

/** The box of a plot; the vertical axis goes from `low` at the bottom to `high` at the top. */
export interface PlotBox {
  readonly width: number
  readonly height: number
  readonly low: number
  readonly high: number
  /** Values that fit from left to right; the newest stands at the right edge. */
  readonly slots: number
}

export interface Point {
  readonly x: number
  readonly y: number
}

/** Where the newest values lie, oldest first, each kept inside the box. */
export function plotPoints(values: readonly number[], box: PlotBox): readonly Point[] {
  const shown = values.slice(-box.slots)
  const step = box.width / Math.max(1, box.slots - 1)
  const first = box.slots - shown.length
  return shown.map((value, index) => {
    const share = (Math.min(box.high, Math.max(box.low, value)) - box.low) / (box.high - box.low)
    return { x: round((first + index) * step), y: round(box.height * (1 - share)) }
  })
}

/** The line through them as an SVG path; empty without points. */
export const linePath = (points: readonly Point[]): string =>
  points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${x} ${y}`).join('')

/** The area under the line, down to the bottom of the box. */
export function areaPath(points: readonly Point[], { height }: PlotBox): string {
  const [first, last] = [points[0], points.at(-1)]
  if (first === undefined || last === undefined) return ''
  return `${linePath(points)}L${last.x} ${height}L${first.x} ${height}Z`
}

const round = (value: number): number => Math.round(value * 10) / 10
