import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { Button } from '../parts/button.tsx'
import { useApp } from '../parts/context.ts'
import { Meter } from '../parts/meter.tsx'
import { watchLevel } from '../sound/level.ts'
import { MicrophoneSelect, SpeakerSelect } from './device-selects.tsx'

/** Which microphone and speaker, with a level meter to try the microphone. */
export function AudioDevices(): JSX.Element {
  const { settings } = useApp()
  return (
    <section aria-labelledby="settings-audio">
      <h2 id="settings-audio">Microphone and speaker</h2>
      <MicrophoneSelect />
      <MicrophoneTest deviceId={settings.now.value.microphoneId} />
      <SpeakerSelect />
    </section>
  )
}

function MicrophoneTest({ deviceId }: { deviceId: string }): JSX.Element {
  const { notices, audio } = useApp()
  const isOn = useSignal(false)
  const level = useSignal(0)
  const wanted = isOn.value
  useEffect(() => {
    if (!wanted) return undefined
    const ended = new AbortController()
    listen(
      deviceId,
      (now) => {
        level.value = now
      },
      ended.signal,
    ).then(
      () => audio.look(),
      (error: unknown) => {
        isOn.value = false
        notices.problem(error)
      },
    )
    return () => {
      level.value = 0
      ended.abort()
    }
  }, [wanted, deviceId, audio, notices, isOn, level])
  return (
    <div class="microphone-test">
      <Button
        icon="mic"
        onClick={() => {
          isOn.value = !isOn.value
        }}
      >
        {wanted ? 'Stop' : 'Test microphone'}
      </Button>
      <Meter level={level.value} label="Level of the microphone" />
    </div>
  )
}

/** Opens the microphone until `ended`. */
async function listen(
  deviceId: string,
  told: (level: number) => void,
  ended: AbortSignal,
): Promise<void> {
  const stream = await openMicrophone(deviceId)
  const stop = watchLevel(stream, told)
  const close = (): void => {
    stop()
    for (const track of stream.getTracks()) track.stop()
  }
  if (ended.aborted) close()
  else ended.addEventListener('abort', close)
}

async function openMicrophone(deviceId: string): Promise<MediaStream> {
  try {
    const audio = deviceId === '' ? true : { deviceId: { exact: deviceId } }
    return await navigator.mediaDevices.getUserMedia({ audio })
  } catch (error) {
    const { microphoneError } = await import('../../device/errors.ts')
    throw microphoneError(error)
  }
}
