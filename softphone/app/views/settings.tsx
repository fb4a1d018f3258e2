import type { JSX } from 'preact'
import { Button } from '../parts/button.tsx'
import { useApp } from '../parts/context.ts'
import { Slider } from '../parts/slider.tsx'
import { Switch } from '../parts/switch.tsx'
import type { Theme } from '../store/settings.ts'
import { AudioDevices } from './audio-devices.tsx'
import { NotificationSwitch } from './notification-switch.tsx'
import { TestCall } from './test-call.tsx'

/** What this browser's phone sounds and looks like. */
export function SettingsView(): JSX.Element {
  return (
    <section class="settings" aria-labelledby="settings-title">
      <h1 id="settings-title">Settings</h1>
      <AudioDevices />
      <TestCall />
      <Volumes />
      <Microphone />
      <section aria-labelledby="settings-page">
        <h2 id="settings-page">This page</h2>
        <NotificationSwitch />
        <ThemeChoice />
      </section>
    </section>
  )
}

function Volumes(): JSX.Element {
  const { settings, player } = useApp()
  const { ringVolume, callVolume, keyTones } = settings.now.value
  return (
    <section aria-labelledby="settings-volume">
      <h2 id="settings-volume">Volume</h2>
      <Slider
        label="Ring"
        value={ringVolume}
        onChange={(volume) => settings.change({ ringVolume: volume })}
      />
      <Slider
        label="Calls"
        value={callVolume}
        onChange={(volume) => settings.change({ callVolume: volume })}
      />
      <Switch
        label="Key tones"
        isOn={keyTones}
        onChange={(isOn) => settings.change({ keyTones: isOn })}
      />
      <Button icon="volume" onClick={() => player.blip('ring', ringVolume)}>
        Play the ring tone
      </Button>
    </section>
  )
}

/** How the browser treats what the microphone hears. */
function Microphone(): JSX.Element {
  const { settings } = useApp()
  const { echoCancellation, noiseSuppression } = settings.now.value
  return (
    <section aria-labelledby="settings-voice">
      <h2 id="settings-voice">Voice</h2>
      <Switch
        label="Echo cancellation"
        hint="Off only with a headset."
        isOn={echoCancellation}
        onChange={(isOn) => settings.change({ echoCancellation: isOn })}
      />
      <Switch
        label="Noise suppression"
        hint="Off when music is to be heard."
        isOn={noiseSuppression}
        onChange={(isOn) => settings.change({ noiseSuppression: isOn })}
      />
    </section>
  )
}

const themes: readonly (readonly [Theme, string])[] = [
  ['auto', 'As the system'],
  ['light', 'Light'],
  ['dark', 'Dark'],
]

function ThemeChoice(): JSX.Element {
  const { settings } = useApp()
  return (
    <fieldset class="choice">
      <legend>Appearance</legend>
      {themes.map(([theme, name]) => (
        <label key={theme}>
          <input
            type="radio"
            name="theme"
            value={theme}
            checked={settings.now.value.theme === theme}
            onChange={() => settings.change({ theme })}
          />
          <span>{name}</span>
        </label>
      ))}
    </fieldset>
  )
}
