import type { JSX } from 'preact'
import { areaPath, linePath, type PlotBox, plotPoints } from '../words/quality.ts'

interface PlotProps {
  readonly label: string
  readonly values: readonly number[]
  readonly low: number
  readonly high: number
  readonly slots: number
}

const [width, height] = [300, 64]

/** A small line over time; the newest value stands at the right. */
export function Plot({ label, values, low, high, slots }: PlotProps): JSX.Element {
  const box: PlotBox = { width, height, low, high, slots }
  const points = plotPoints(values, box)
  const newest = points.at(-1)
  return (
    <svg
      class="plot"
      role="img"
      aria-label={label}
      viewBox={`-2 -4 ${width + 8} ${height + 8}`}
      preserveAspectRatio="none"
    >
      <path class="plot-grid" d={`M0 0H${width}M0 ${height / 2}H${width}M0 ${height}H${width}`} />
      <path class="plot-area" d={areaPath(points, box)} />
      <path class="plot-line" d={linePath(points)} />
      {newest && <path class="plot-now" d={`M${newest.x} ${newest.y}h0.01`} />}
    </svg>
  )
}
