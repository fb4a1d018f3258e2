/** Figures out of many measurements. */

/**
 * The smallest value that at least the share `quantile` (above 0, to 1) of all values does not exceed
 * (nearest rank); NaN of nothing.
 */
export function quantileOf(values: readonly number[], quantile: number): number {
  const sorted = Float64Array.from(values).sort()
  const rank = Math.ceil(quantile * sorted.length)
  return sorted[Math.max(0, rank - 1)] ?? Number.NaN
}

export interface Summary {
  readonly count: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

export const summaryOf = (values: readonly number[]): Summary => ({
  count: values.length,
  p50: quantileOf(values, 0.5),
  p95: quantileOf(values, 0.95),
  p99: quantileOf(values, 0.99),
  max: quantileOf(values, 1),
})

/** Rise per unit of x of the straight line that fits the points best (least squares). */
export function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (pick: 0 | 1) => points.reduce((sum, p) => sum + p[pick], 0) / points.length
  const [meanX, meanY] = [mean(0), mean(1)]
  let covariance = 0
  let variance = 0
  for (const [x, y] of points) {
    covariance += (x - meanX) * (y - meanY)
    variance += (x - meanX) ** 2
  }
  return covariance / variance
}
