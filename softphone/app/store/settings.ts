import { effect, type ReadonlySignal, signal } from '@preact/signals'

export type Theme = 'auto' | 'light' | 'dark'

/** What the user chose for this browser; nothing secret. */
export interface Settings {
  readonly theme: Theme
  /** 0 to 1, as the sliders stand. */
  readonly ringVolume: number
  readonly callVolume: number
  /** `deviceId` of the browser; empty: its default. */
  readonly microphoneId: string
  readonly speakerId: string
  readonly notifies: boolean
  readonly keyTones: boolean
  readonly echoCancellation: boolean
  readonly noiseSuppression: boolean
}

const byDefault: Settings = {
  theme: 'auto',
  ringVolume: 0.8,
  callVolume: 1,
  microphoneId: '',
  speakerId: '',
  notifies: false,
  keyTones: true,
  echoCancellation: true,
  noiseSuppression: true,
}

export interface SettingsStore {
  readonly now: ReadonlySignal<Settings>
  change(part: Partial<Settings>): void
}

const key = 'ringdown.settings'

/** Settings kept in `storage`; what can not be read there is as by default. */
export function createSettings(storage: Pick<Storage, 'getItem' | 'setItem'>): SettingsStore {
  const now = signal(readSettings(storage.getItem(key)))
  effect(() => storage.setItem(key, JSON.stringify(now.value)))
  return {
    now,
    change(part) {
      now.value = { ...now.peek(), ...part }
    },
  }
}

/** Each field by itself: a wrong one gets its default and spoils no other. */
export function readSettings(text: string | null): Settings {
  const read = parsed(text)
  const isGood = (name: keyof Settings): boolean => {
    const value = read[name]
    if (name === 'theme') return value === 'auto' || value === 'light' || value === 'dark'
    if (typeof value === 'number') return typeof byDefault[name] === 'number' && inRange(value)
    return typeof value === typeof byDefault[name]
  }
  const good = (Object.keys(byDefault) as (keyof Settings)[]).filter(isGood)
  return { ...byDefault, ...Object.fromEntries(good.map((name) => [name, read[name]])) }
}

const inRange = (value: number): boolean => value >= 0 && value <= 1

function parsed(text: string | null): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text ?? '{}')
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
