import { computed, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import { createEngine, type Engine } from '../api/engine.ts'
import { createPlayer, type Player } from '../sound/player.ts'
import { formatNumber } from '../words/number.ts'
import { endWords } from '../words/outcome.ts'
import { type AudioStore, createAudio } from './audio.ts'
import { stateWords } from './call-view.ts'
import { type Calls, createCalls } from './calls.ts'
import { createLists, type Lists } from './lists.ts'
import { createMissed, type MissedNeeds } from './missed.ts'
import { createNotices, type Notices } from './notices.ts'
import { createPhone, type Phone } from './phone.ts'
import { createSession, type SessionStore } from './session.ts'
import { createSettings, type SettingsStore } from './settings.ts'
import { createTab, type TabStore } from './tab.ts'
import { createView, type ViewStore } from './view.ts'

/** Everything that the page's parts share. */
export interface App {
  readonly engine: Engine
  readonly session: SessionStore
  readonly settings: SettingsStore
  readonly notices: Notices
  readonly phone: Phone
  readonly calls: Calls
  readonly lists: Lists
  /** Calls missed since the user last looked at the recent ones. */
  readonly missed: ReadonlySignal<number>
  readonly tab: TabStore
  readonly view: ViewStore
  readonly audio: AudioStore
  readonly player: Player
  /** A key or a click came: until then the browser lets the page make no sound. */
  readonly touched: Signal<boolean>
  /** The time, for counters of seconds. */
  readonly nowMs: ReadonlySignal<number>
  /** Calls somebody and shows the call. */
  dial(to: string): void
  /** What to call a party: the contact's name, its own display name, or the number in groups. */
  labelOf(party: string, displayName?: string): string
}

/** Puts the parts together on this browser's page; the wires between them are in `wiring.ts`. */
export function createApp(window: Window & typeof globalThis): App {
  const { localStorage, sessionStorage, navigator } = window
  const engine = createEngine((path, init) => window.fetch(path, init))
  const settings = createSettings(localStorage)
  const notices = createNotices()
  const session = createSession(engine, sessionStorage, Date.now)
  const lists = createLists(engine, session)
  const labelOf = (party: string, displayName?: string): string =>
    lists.nameOf(party) ?? displayName ?? formatNumber(party)
  const calls = createCalls(callNews(notices, labelOf), () => new Date())
  const phone = createPhone({
    async loadDevice(options) {
      const { Device } = await import('../../device/index.ts')
      return new Device(options)
    },
    refreshToken: async () => (await session.renew()).token,
    audio: () => audioConstraints(settings),
    onDevice: (device) => calls.attach(device),
    onProblem: notices.problem,
    onLockedOut: (error) => session.signOut(error),
    nowMs: Date.now,
    after: (ms, then) => void setTimeout(then, ms),
  })
  const channel = new BroadcastChannel('ringdown-phone')
  const tab = createTab(navigator.locks, channel, () => phone.retire())
  const view = createView(window)
  const missed = createMissed(missedNeeds(lists, session, view), localStorage)
  const audio = createAudio(navigator.mediaDevices, navigator.permissions)
  const dial = (to: string): void =>
    notices.attempt(async () => {
      view.openCall(true)
      await calls.place(to)
    })
  return {
    ...{ engine, session, settings, notices, phone, calls, lists, missed, tab, view, audio },
    touched: signal(navigator.userActivation?.hasBeenActive ?? true),
    ...{ player: createPlayer(), nowMs: seconds(window), dial, labelOf },
  }
}

const missedNeeds = (lists: Lists, session: SessionStore, view: ViewStore): MissedNeeds => ({
  calls: computed(() => lists.calls.now.value.rows),
  username: computed(() => {
    const state = session.state.value
    return state.at === 'in' ? state.session.username : undefined
  }),
  isLooking: computed(() => view.now.value === 'recents'),
})

function callNews(notices: Notices, labelOf: App['labelOf']): Parameters<typeof createCalls>[0] {
  return {
    onEnd({ party, displayName, answeredAt, direction, end }) {
      const { title, detail } = endWords(
        end,
        answeredAt !== undefined,
        direction === 'incoming',
        party,
      )
      notices.say(`${labelOf(party, displayName)}: ${title}. ${detail}`)
    },
    onTransfer(view, sipStatus) {
      const label = labelOf(view.party, view.displayName)
      if (sipStatus >= 300)
        notices.news('Not transferred', `${label} is still with you (${stateWords(view)}).`)
      else if (sipStatus >= 200) notices.news('Transferred', `${label} was passed on.`)
    },
  }
}

function audioConstraints({ now }: SettingsStore): MediaTrackConstraints {
  const { microphoneId, echoCancellation, noiseSuppression } = now.peek()
  const device = microphoneId === '' ? {} : { deviceId: { ideal: microphoneId } }
  return { ...device, echoCancellation, noiseSuppression, autoGainControl: true }
}

/** Half a second, so that counters of seconds are never a whole one late. */
const tickMs = 500

function seconds(window: Window): ReadonlySignal<number> {
  const now = signal(Date.now())
  effect(() => {
    const timer = window.setInterval(() => {
      now.value = Date.now()
    }, tickMs)
    return () => window.clearInterval(timer)
  })
  return now
}
