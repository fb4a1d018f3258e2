import type { JSX } from 'preact'
import { useApp } from '../parts/context.ts'
import { Meter } from '../parts/meter.tsx'
import { Plot } from '../parts/plot.tsx'
import { shareOf } from '../sound/level.ts'
import { historyS } from '../store/call-signals.ts'
import type { CallView } from '../store/call-view.ts'
import { barsOf, gradeOf, gradeWords, qualityFigures } from '../words/quality.ts'

interface QualityBadgeProps {
  readonly call: CallView
  readonly isOpen: boolean
  readonly onClick: () => void
}

/** Four bars and a word, which open the figures. */
export function QualityBadge({ call, isOpen, onClick }: QualityBadgeProps): JSX.Element | null {
  const { quality, state } = call
  if (quality === undefined || state !== 'open') return null
  const bars = barsOf(quality.mos)
  return (
    <button
      class="quality-badge"
      type="button"
      data-grade={gradeOf(quality.mos)}
      aria-expanded={isOpen}
      onClick={onClick}
    >
      <span class="bars" aria-hidden="true">
        {[1, 2, 3, 4].map((bar) => (
          <span key={bar} class={bar <= bars ? 'lit' : ''} />
        ))}
      </span>
      {gradeWords(quality.mos)}
    </button>
  )
}

/** The figures of the last second, and how they were in the last minute. */
export function CallQuality({ call }: { call: CallView }): JSX.Element | null {
  const { calls } = useApp()
  const { quality } = call
  if (quality === undefined) return null
  const history = calls.history.value.get(call.id) ?? []
  return (
    <section class="panel quality" aria-label="Call quality">
      <Plot
        label={`Score over the last minute, now ${quality.mos.toFixed(1)}`}
        values={history.map(({ mos }) => mos)}
        low={1}
        high={4.5}
        slots={historyS}
      />
      <dl class="figures">
        {qualityFigures(quality).map(([name, figure]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{figure}</dd>
          </div>
        ))}
      </dl>
      <div class="levels">
        <span>You</span>
        <Meter level={shareOf(quality.inputLevel)} label="Level of your microphone" />
        <span>They</span>
        <Meter level={shareOf(quality.outputLevel)} label="Level of what you hear" />
      </div>
    </section>
  )
}
