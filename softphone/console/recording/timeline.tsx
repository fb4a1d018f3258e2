import type { JSX } from 'preact'
import { tickStepMs } from '../../../engine/api/pages/assets/timeline-model.js'
import { clockTime, spokenLength } from '../../app/words/time.ts'
import type { Details, PeaksPart } from './source.ts'
import { Wave } from './wave.tsx'
import { type Shown, shareOf } from './window.ts'

interface TimelineProps {
  readonly details: Details
  readonly shown: Shown
  readonly part: PeaksPart | undefined
  readonly at: number
  readonly seek: (at: number) => void
  /** Keys that are no seeking: play, nearer, farther. */
  readonly press: (key: string) => boolean
}

const stepS = 5
const leapS = 30

/** The waveform with what happened on it. A click or a key moves the player. */
export function Timeline(props: TimelineProps): JSX.Element {
  const { details, shown, part, at, seek, press } = props
  const { duration, sides } = details
  const left = (moment: number) => `${(shareOf(shown, moment) * 100).toFixed(3)}%`
  const isIn = (moment: number) => moment >= shown.from && moment <= shown.to
  return (
    <div class="wave-frame">
      <div class="wave-sides" aria-hidden="true">
        {sides.map((side, i) => (
          <span key={i} class={i === 0 ? 'left' : 'right'}>
            {side || (i === 0 ? 'Left' : 'Other side')}
          </span>
        ))}
      </div>
      <div
        class="wave-place"
        role="slider"
        tabIndex={0}
        aria-label="Place in the recording"
        aria-valuemin={0}
        aria-valuemax={Math.round(duration)}
        aria-valuenow={Math.round(at)}
        aria-valuetext={`${spokenLength(at)} of ${spokenLength(duration)}`}
        onClick={(event) => {
          const box = event.currentTarget.getBoundingClientRect()
          const share = (event.clientX - box.left) / Math.max(1, box.width)
          seek(shown.from + share * (shown.to - shown.from))
        }}
        onKeyDown={(event) => {
          const to = placeOf(event.key, at, duration)
          if (to === undefined ? press(event.key) : true) event.preventDefault()
          if (to !== undefined) seek(to)
        }}
      >
        {part && <Wave part={part} shown={shown} />}
        {details.spans.map((span) => (
          <span
            key={`${span.kind} ${span.start}`}
            class={`wave-span ${span.kind}`}
            title={spanWords(span.kind, span.held || span.end - span.start)}
            style={{
              left: left(Math.max(span.start, shown.from)),
              width: `${(Math.max(0, Math.min(span.end, shown.to) - Math.max(span.start, shown.from)) / Math.max(0.001, shown.to - shown.from)) * 100}%`,
            }}
          />
        ))}
        {details.marks
          .filter((mark) => isIn(mark.at))
          .map((mark, i) => (
            <span
              key={`${mark.at} ${i}`}
              class={`wave-mark ${mark.kind}`}
              title={`${clockTime(mark.at)} ${mark.text}`}
              style={{ left: left(mark.at) }}
            />
          ))}
        {isIn(at) && <span class="wave-head" style={{ left: left(at) }} />}
      </div>
      <Ticks shown={shown} left={left} />
    </div>
  )
}

const spanNames: Readonly<Record<string, string>> = {
  ...{ paused: 'Paused', masked: 'Masked', lost: 'Not recorded' },
}

export const spanWords = (kind: string, length: number): string =>
  `${spanNames[kind] ?? kind} for ${spokenLength(length)}`

/** Undefined: the key does not move. */
function placeOf(key: string, at: number, duration: number): number | undefined {
  switch (key) {
    case 'ArrowLeft':
      return at - stepS
    case 'ArrowRight':
      return at + stepS
    case 'PageUp':
    case 'ArrowUp':
      return at + leapS
    case 'PageDown':
    case 'ArrowDown':
      return at - leapS
    case 'Home':
      return 0
    case 'End':
      return duration
    default:
      return undefined
  }
}

interface TicksProps {
  readonly shown: Shown
  readonly left: (moment: number) => string
}

function Ticks({ shown, left }: TicksProps): JSX.Element {
  const step = Math.max(1, tickStepMs((shown.to - shown.from) * 1000, 8) / 1000)
  const first = Math.ceil(shown.from / step)
  const count = Math.max(0, Math.floor(shown.to / step) - first + 1)
  return (
    <div class="wave-ticks" aria-hidden="true">
      {Array.from({ length: Math.min(40, count) }, (_, i) => (first + i) * step).map((moment) => (
        <span key={moment} style={{ left: left(moment) }}>
          {clockTime(moment)}
        </span>
      ))}
    </div>
  )
}
