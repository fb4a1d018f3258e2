import type { JSX } from 'preact'
import { useApp } from '../parts/context.ts'
import { Slider } from '../parts/slider.tsx'
import { MicrophoneSelect, SpeakerSelect } from './device-selects.tsx'

/** How loud a call is, and by which microphone and speaker, while it is on. */
export function Volume(): JSX.Element {
  const { settings } = useApp()
  return (
    <div class="panel">
      <Slider
        label="Call volume"
        value={settings.now.value.callVolume}
        onChange={(callVolume) => settings.change({ callVolume })}
      />
      <MicrophoneSelect />
      <SpeakerSelect />
    </div>
  )
}
