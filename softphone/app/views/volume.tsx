import type { JSX } from 'preact'
import { useApp } from '../parts/context.ts'
import { Slider } from '../parts/slider.tsx'

/** How loud calls are, while one is on. */
export function Volume(): JSX.Element {
  const { settings } = useApp()
  return (
    <div class="panel">
      <Slider
        label="Call volume"
        value={settings.now.value.callVolume}
        onChange={(callVolume) => settings.change({ callVolume })}
      />
    </div>
  )
}
