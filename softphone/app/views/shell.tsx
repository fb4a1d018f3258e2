import type { JSX } from 'preact'
import { useApp } from '../parts/context.ts'
import type { ViewName } from '../store/view.ts'
import { Banners } from './banners.tsx'
import { CallAudio } from './call-audio.tsx'
import { CallStrip } from './call-strip.tsx'
import { Contacts } from './contacts.tsx'
import { Header } from './header.tsx'
import { IncomingCalls } from './incoming.tsx'
import { Keypad } from './keypad.tsx'
import { Navigation } from './navigation.tsx'
import { Recents } from './recents.tsx'
import { SettingsView } from './settings.tsx'
import { Stage } from './stage.tsx'
import { Voicemails } from './voicemail.tsx'

const views: Readonly<Record<ViewName, () => JSX.Element>> = {
  keypad: Keypad,
  contacts: Contacts,
  recents: Recents,
  voicemail: Voicemails,
  settings: SettingsView,
}

/** The phone: who and how connected, what to choose from, and the call beside it. */
export function Shell(): JSX.Element {
  const { view, calls } = useApp()
  const View = views[view.now.value]
  const hasCall = calls.focused.value !== undefined || calls.ended.value !== undefined
  return (
    <div class="shell" data-call={hasCall && view.isCallOpen.value ? 'open' : 'closed'}>
      <Header />
      <Navigation />
      <main class="calls-and-views">
        <div class="view">
          <Banners />
          <CallStrip />
          <View />
        </div>
        <Stage />
      </main>
      <IncomingCalls />
      <CallAudio />
    </div>
  )
}
