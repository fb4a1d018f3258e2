import type { JSX } from 'preact'
import { useId } from 'preact/hooks'

interface SliderProps {
  readonly label: string
  /** 0 to 1. */
  readonly value: number
  readonly onChange: (value: number) => void
}

export function Slider({ label, value, onChange }: SliderProps): JSX.Element {
  const id = useId()
  const percent = Math.round(value * 100)
  return (
    <div class="slider">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="range"
        min={0}
        max={100}
        step={5}
        value={percent}
        aria-valuetext={`${percent} percent`}
        onInput={(event) => onChange(event.currentTarget.valueAsNumber / 100)}
      />
      <output for={id}>{percent} %</output>
    </div>
  )
}
