import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { PeaksPart } from './source.ts'
import type { Shown } from './window.ts'

interface WaveProps {
  readonly part: PeaksPart
  readonly shown: Shown
}

/** The channels of a recording, one above the other. */
export function Wave({ part, shown }: WaveProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [size, setSize] = useState({ width: 0, height: 0 })
  const scheme = useScheme()
  useEffect(() => {
    const place = canvas.current
    if (place === null) return undefined
    const observer = new ResizeObserver(() =>
      setSize({ width: place.clientWidth, height: place.clientHeight }),
    )
    observer.observe(place)
    return () => observer.disconnect()
  }, [])
  useEffect(() => {
    const place = canvas.current
    const context = place?.getContext('2d')
    if (!place || !context || size.width === 0) return
    const { devicePixelRatio: ratio } = window
    place.width = Math.round(size.width * ratio)
    place.height = Math.round(size.height * ratio)
    context.scale(ratio, ratio)
    const style = getComputedStyle(place)
    const each = size.height / Math.max(1, part.channels.length)
    for (const [i, channel] of part.channels.entries()) {
      context.fillStyle = style.getPropertyValue(i === 0 ? '--wave-left' : '--wave-right')
      const middle = each * (i + 0.5)
      draw(context, { ...channel, part, shown, middle, half: each / 2 - 4, width: size.width })
    }
  }, [part, shown, size, scheme])
  return (
    <div class="wave-drawing" aria-hidden="true">
      <canvas class="wave-canvas" ref={canvas} />
    </div>
  )
}

interface Drawn {
  readonly min: readonly number[]
  readonly max: readonly number[]
  readonly part: PeaksPart
  readonly shown: Shown
  readonly middle: number
  readonly half: number
  readonly width: number
}

function draw(context: CanvasRenderingContext2D, drawn: Drawn): void {
  const { min, max, part, shown, middle, half, width } = drawn
  const perSecond = width / Math.max(0.001, shown.to - shown.from)
  // A little more than its place: no line of the ground between two.
  const wide = Math.max(1, part.stretch * perSecond + 0.6)
  for (let i = 0; i < max.length; i++) {
    const x = (part.from + i * part.stretch - shown.from) * perSecond
    if (x + wide < 0 || x > width) continue
    const top = middle - loudness(Math.max(max[i] ?? 0, 0.0005)) * half
    const bottom = middle - loudness(Math.min(min[i] ?? 0, -0.0005)) * half
    context.fillRect(x, top, wide, bottom - top)
  }
}

/** Speech is mostly quiet: the square root makes it visible without cutting the loud parts. */
const loudness = (value: number): number => Math.sign(value) * Math.sqrt(Math.abs(value))

/** Changes when the colours do. */
function useScheme(): boolean {
  const [isDark, setDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches)
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)')
    const changed = () => setDark(query.matches)
    query.addEventListener('change', changed)
    return () => query.removeEventListener('change', changed)
  }, [])
  return isDark
}
