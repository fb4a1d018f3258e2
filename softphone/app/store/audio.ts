import { computed, type ReadonlySignal, signal } from '@preact/signals'

export interface AudioDevice {
  readonly id: string
  readonly name: string
}

/** Microphones and speakers of this computer. */
export interface AudioStore {
  readonly microphones: ReadonlySignal<readonly AudioDevice[]>
  readonly speakers: ReadonlySignal<readonly AudioDevice[]>
  /** Undefined where the browser does not say. */
  readonly permission: ReadonlySignal<PermissionState | undefined>
  look(): Promise<void>
}

type Media = Pick<MediaDevices, 'enumerateDevices' | 'addEventListener'>

/** `media` is missing where the page may not use microphones at all: plain HTTP from another machine. */
export function createAudio(
  media: Media | undefined,
  permissions: Permissions | undefined,
): AudioStore {
  const all = signal<readonly MediaDeviceInfo[]>([])
  const permission = signal<PermissionState | undefined>(undefined)
  const look = async (): Promise<void> => {
    all.value = (await media?.enumerateDevices()) ?? []
  }
  const lookAgain = (): void => {
    look().catch(() => undefined)
  }
  media?.addEventListener('devicechange', lookAgain)
  permissions
    ?.query({ name: 'microphone' })
    .then((status) => {
      permission.value = status.state
      status.addEventListener('change', () => {
        permission.value = status.state
        lookAgain()
      })
    })
    .catch(() => undefined)
  return {
    microphones: computed(() => named(all.value, 'audioinput', 'Microphone')),
    speakers: computed(() => named(all.value, 'audiooutput', 'Speaker')),
    permission,
    look,
  }
}

/** Without permission the browser hides names and ids; then there is nothing to choose from. */
export function named(
  devices: readonly Pick<MediaDeviceInfo, 'kind' | 'deviceId' | 'label'>[],
  kind: MediaDeviceKind,
  otherwise: string,
): readonly AudioDevice[] {
  return devices
    .filter((device) => device.kind === kind && device.deviceId !== '')
    .filter(({ deviceId }) => deviceId !== 'default' && deviceId !== 'communications')
    .map(({ deviceId, label }, index) => ({
      id: deviceId,
      name: label === '' ? `${otherwise} ${index + 1}` : label,
    }))
}
