import type { JSX } from 'preact'
import { useApp } from '../parts/context.ts'
import { Select } from '../parts/select.tsx'
import type { AudioDevice } from '../store/audio.ts'

const systemChoice = { id: '', name: 'As the system' }
const canChooseSpeaker = 'setSinkId' in HTMLMediaElement.prototype

export function MicrophoneSelect(): JSX.Element {
  const { audio, settings } = useApp()
  const microphones = audio.microphones.value
  return (
    <Select
      label="Microphone"
      value={known(microphones, settings.now.value.microphoneId)}
      options={[systemChoice, ...microphones]}
      onChange={(microphoneId) => settings.change({ microphoneId })}
    />
  )
}

export function SpeakerSelect(): JSX.Element {
  const { audio, settings } = useApp()
  const speakers = audio.speakers.value
  if (!canChooseSpeaker)
    return <p class="hint">This browser plays on the speaker that the system has chosen.</p>
  return (
    <Select
      label="Speaker"
      value={known(speakers, settings.now.value.speakerId)}
      options={[systemChoice, ...speakers]}
      onChange={(speakerId) => settings.change({ speakerId })}
    />
  )
}

/** A device that is unplugged is not shown as the choice. */
const known = (devices: readonly AudioDevice[], id: string): string =>
  devices.some((device) => device.id === id) ? id : ''
