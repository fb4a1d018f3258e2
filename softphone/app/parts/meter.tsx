import type { JSX } from 'preact'

const segments = 20

/** A level from 0 to 1 as a row of lights; screen readers get a meter. */
export function Meter({ level, label }: { level: number; label: string }): JSX.Element {
  const lit = Math.round(level * segments)
  return (
    <span class="meter">
      <meter class="only-read" aria-label={label} min={0} max={1} value={level} />
      {Array.from({ length: segments }, (_, index) => (
        <span key={index} class={index < lit ? 'light lit' : 'light'} aria-hidden="true" />
      ))}
    </span>
  )
}
