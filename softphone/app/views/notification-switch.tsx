import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useApp } from '../parts/context.ts'
import { Switch } from '../parts/switch.tsx'
import { mayNotify } from '../store/wiring.ts'

const blocked = 'The browser blocks notifications of this page.'
const missing = 'This browser has no notifications here.'

/** Notifications of calls while the page is hidden; asks the browser when they are wanted. */
export function NotificationSwitch(): JSX.Element {
  const { settings, notices } = useApp()
  const hint = useSignal(hintOf())
  const change = async (isOn: boolean): Promise<void> => {
    if (isOn && 'Notification' in window) await Notification.requestPermission()
    settings.change({ notifies: isOn && mayNotify() })
    hint.value = hintOf()
  }
  return (
    <Switch
      label="Notify me of calls"
      hint={hint.value}
      isOn={settings.now.value.notifies && mayNotify()}
      onChange={(isOn) => notices.attempt(() => change(isOn))}
    />
  )
}

function hintOf(): string {
  if (!('Notification' in window)) return missing
  return Notification.permission === 'denied' ? blocked : 'While this page is not in sight.'
}
