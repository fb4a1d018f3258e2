import type { JSX } from 'preact'
import { isObject, type Json } from '../api/json.ts'

interface WaveformProps {
  readonly peaks: Json
  readonly y: number
  readonly height: number
  readonly fromX: number
  readonly toX: number
  /** Asked for a place, 0 to 1. */
  readonly seek: (share: number) => void
}

/** The channels of a recording one above the other; a click moves the player. */
export function Waveform({ peaks, y, height, fromX, toX, seek }: WaveformProps): JSX.Element {
  const channels = (Array.isArray(peaks['channels']) ? peaks['channels'] : []).filter(isObject)
  const each = height / Math.max(1, channels.length)
  return (
    <g class="waveform">
      <text class="lane" x={0} y={y + height / 2 + 4}>
        Sound
      </text>
      {channels.map((channel, i) => (
        <path
          key={i}
          class={i === 0 ? 'wave left' : 'wave right'}
          d={outline(channel, { middle: y + each * (i + 0.5), half: each / 2, fromX, toX })}
        />
      ))}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a shortcut to what the player can do */}
      <rect
        class="seek"
        x={fromX}
        y={y}
        width={Math.max(0, toX - fromX)}
        height={height}
        onClick={(event) => {
          const box = event.currentTarget.getBoundingClientRect()
          seek((event.clientX - box.left) / box.width)
        }}
      />
    </g>
  )
}

interface Box {
  readonly middle: number
  readonly half: number
  readonly fromX: number
  readonly toX: number
}

function outline(channel: Json, { middle, half, fromX, toX }: Box): string {
  const [min, max] = [numbers(channel['min']), numbers(channel['max'])]
  const x = (i: number) => (fromX + (i / Math.max(1, max.length)) * (toX - fromX)).toFixed(1)
  const y = (value: number) => (middle - loudness(value) * half).toFixed(1)
  const upper = max.map((value, i) => `${x(i)} ${y(Math.max(value, 0.004))}`)
  const lower = min.map((value, i) => `${x(i)} ${y(Math.min(value, -0.004))}`).reverse()
  return upper.length === 0 ? '' : `M${upper.join('L')}L${lower.join('L')}Z`
}

const numbers = (value: unknown): readonly number[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'number') : []

/** Speech is mostly quiet: the square root makes it visible without cutting the loud parts. */
const loudness = (value: number): number => Math.sign(value) * Math.sqrt(Math.abs(value))
