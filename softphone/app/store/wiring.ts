import { effect, signal } from '@preact/signals'
import type { RecentCall } from '../api/shapes.ts'
import type { StreamEvent } from '../api/sse.ts'
import { soundFor } from '../sound/schedule.ts'
import { EngineProblem } from '../words/problem.ts'
import type { App } from './app.ts'
import { isUp, isWaiting } from './call-view.ts'
import { elsewhereOf, hadHere, noteCalls, notedCalls } from './elsewhere.ts'
import { followFeed } from './feed.ts'

// What happens in one part because of another. Each function lays one wire.

/** Signed in and the only tab: the phone runs. Otherwise it does not. */
export function runPhone({ session, tab, phone, lists, notices }: App): void {
  effect(() => {
    const state = session.state.value
    if (state.at === 'signing-in') return
    const isIn = state.at === 'in'
    if (isIn && tab.state.peek() === 'asking') tab.enter(state.session.username)
    if (!isIn) {
      tab.leave()
      lists.clear()
      notices.attempt(() => phone.stop())
    }
  })
  effect(() => {
    const state = session.state.peek()
    if (tab.state.value !== 'ours' || state.at !== 'in') return
    notices.attempt(() => phone.start(state.session))
  })
}

/** Lists are fetched at sign-in, when the phone is back, and when the feed says that something changed. */
export function followEngine({ engine, session, phone, lists }: App): void {
  const isIn = signal(false)
  effect(() => {
    isIn.value = session.state.value.at === 'in'
  })
  const now = () => {
    const state = session.state.peek()
    return state.at === 'in' ? state.session : undefined
  }
  effect(() => {
    if (!isIn.value) return undefined
    lists.loadAll()
    const ended = new AbortController()
    const changed = ({ name }: StreamEvent): void => {
      const list = { contacts: lists.contacts, calls: lists.calls, voicemails: lists.voicemails }
      if (name === 'ready') lists.loadAll()
      else if (Object.hasOwn(list, name)) list[name as keyof typeof list].load()
      const { deletedVoicemails: deleted } = lists
      if (name === 'voicemails' && deleted.now.peek().state !== 'empty') void deleted.load()
    }
    const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
    followFeed(engine, now, changed, ended.signal, pause).catch(() => undefined)
    return () => ended.abort()
  })
  effect(() => {
    if (phone.connection.value.at === 'ready') lists.loadAll()
  })
}

/** The phone rings, knocks, or plays the ring-back tone. */
export function sound({ calls, settings, player, notices, touched }: App): void {
  effect(() => {
    const views = calls.views.value
    const { ringVolume, callVolume } = settings.now.value
    const name = soundFor({
      isRinging: views.some(isWaiting),
      isTalking: views.some((view) => isUp(view) && !view.held),
      isRingingThere: views.some((view) => view.state === 'ringing' && !view.hasAudio),
    })
    player.play(name, name === 'ring' ? ringVolume : callVolume)
  })
  effect(() => {
    const ended = calls.ended.value
    if (ended === undefined || ended.end.by === 'local') return
    const isBusy = ended.end.sipStatus === 486 || ended.end.sipStatus === 600
    player.blip(isBusy ? 'busy' : 'ended', settings.now.peek().callVolume)
  })
  effect(() => player.setSpeaker(settings.now.value.speakerId))
  for (const name of ['pointerdown', 'keydown'])
    document.addEventListener(name, () => {
      player.unlock()
      touched.value = true
    })
  let before = ''
  effect(() => {
    const line = calls.views.value.map(({ id, state, held }) => `${id}${state}${held}`).join()
    if (line !== before) sayStates({ calls, notices })
    before = line
  })
}

function sayStates({ calls, notices }: Pick<App, 'calls' | 'notices'>): void {
  const view = calls.focused.peek()
  if (view?.state === 'open') notices.say(view.held ? 'Call on hold' : 'Call connected')
  if (view?.state === 'ringing') notices.say('It rings there')
  if (view?.state === 'reconnecting') notices.say('Getting the call back')
}

/** Outside the page: its title, and a notification when it rings while the page is hidden. */
export function tellOutside({ calls, settings, labelOf, notices }: App): void {
  const shown = new Map<string, Notification>()
  effect(() => {
    const waiting = calls.waiting.value
    const first = waiting[0]
    const label = first && labelOf(first.party, first.displayName)
    if (label !== undefined) notices.say(`Incoming call from ${label}`)
    document.title = label === undefined ? 'Ringdown phone' : `☎ ${label} is calling`
    for (const [id, notification] of shown) {
      if (waiting.some((view) => view.id === id)) continue
      notification.close()
      shown.delete(id)
    }
    if (!settings.now.peek().notifies || !document.hidden || !mayNotify()) return
    for (const view of waiting.filter(({ id }) => !shown.has(id))) {
      const body = labelOf(view.party, view.displayName)
      const notification = new Notification('Incoming call', { body, tag: view.id })
      notification.addEventListener('click', () => window.focus())
      shown.set(view.id, notification)
    }
  })
}

export const mayNotify = (): boolean =>
  'Notification' in window && Notification.permission === 'granted'

/** Light, dark, or as the system has it. */
export function wearTheme({ settings }: App): void {
  effect(() => {
    document.documentElement.dataset['theme'] = settings.now.value.theme
  })
}

/** Another microphone was chosen: calls that are up change to it at once. */
export function chooseMicrophone({ settings, phone, calls, notices, audio }: App): void {
  let chosen = settings.now.peek().microphoneId
  effect(() => {
    const { microphoneId } = settings.now.value
    const device = phone.device.value
    if (microphoneId === chosen) return
    chosen = microphoneId
    if (device !== undefined) notices.attempt(() => device.setMicrophone(microphoneId))
  })
  // Names of devices are told only once the microphone was allowed.
  let isOpen = false
  effect(() => {
    const wasOpen = isOpen
    isOpen = calls.views.value.some(isUp)
    if (isOpen && !wasOpen) notices.attempt(() => audio.look())
  })
  notices.attempt(() => audio.look())
}

/** How the browser treats the voice is settled when the device is made: it is made anew once no call is on. */
export function followVoiceSettings({ settings, session, phone, calls, tab, notices }: App): void {
  const wanted = (): string => {
    const { echoCancellation, noiseSuppression } = settings.now.value
    return `${echoCancellation} ${noiseSuppression}`
  }
  let made = wanted()
  effect(() => {
    const now = wanted()
    const state = session.state.peek()
    if (now === made || calls.views.value.length > 0) return
    made = now
    if (state.at === 'in' && tab.state.peek() === 'ours')
      notices.attempt(() => phone.start(state.session))
  })
}

/** A token that the engine does not take any more: the login comes back, with the reason. */
export function leaveWhenOver({ lists, session }: App): void {
  effect(() => {
    const { problem } = lists.calls.now.value
    if (problem instanceof EngineProblem && problem.kind === 'signed-out') session.signOut(problem)
  })
}

/**
 * Calls are taken over without a click after a reload, when this tab had them, and after "Use here", when
 * another tab had them.
 */
export function takeBack(app: App, window: Window): void {
  const { calls, lists, phone, tab } = app
  let noted = notedCalls(window.sessionStorage)
  effect(() => {
    const { rows, state } = lists.calls.now.value
    if (phone.connection.value.at !== 'ready' || state !== 'loaded') return
    const isClaimed = tab.takeClaim()
    const others = elsewhereOf(rows, calls.views.peek())
    const mine = isClaimed ? others : hadHere(others, noted)
    noted = []
    takeOver(app, mine)
  })
  effect(() => {
    const views = calls.views.value
    if (noted.length === 0) noteCalls(window.sessionStorage, views)
  })
}

/** Goes on here with calls that are elsewhere. */
export function takeOver(app: App, wanted: readonly RecentCall[]): void {
  const { engine, session, calls, notices, view } = app
  const state = session.state.peek()
  if (state.at !== 'in' || wanted.length === 0) return
  notices.attempt(async () => {
    view.openCall(true)
    for (const call of wanted) {
      const { party, partyName: displayName, direction, startedAt, answeredAt } = call
      const token = await engine.takeover(state.session, call.id)
      await calls.takeOver(token, { party, displayName, direction, startedAt, answeredAt })
    }
  })
}
