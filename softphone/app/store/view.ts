import { type ReadonlySignal, signal } from '@preact/signals'

export const viewNames = ['keypad', 'contacts', 'recents', 'voicemail', 'settings'] as const
export type ViewName = (typeof viewNames)[number]

export interface ViewStore {
  readonly now: ReadonlySignal<ViewName>
  /** On narrow screens: the call fills the screen, or is a strip above the view. */
  readonly isCallOpen: ReadonlySignal<boolean>
  /** What stands in the dial field. */
  readonly typed: ReadonlySignal<string>
  show(view: ViewName): void
  openCall(isOpen: boolean): void
  type(text: string): void
}

interface Page {
  readonly location: { hash: string }
  addEventListener(name: 'hashchange', told: () => void): void
}

/** The view is kept in the address, so that a reload and the back button find it. */
export function createView(page: Page): ViewStore {
  const now = signal(viewOfHash(page.location.hash))
  const isCallOpen = signal(true)
  const typed = signal('')
  page.addEventListener('hashchange', () => {
    now.value = viewOfHash(page.location.hash)
  })
  return {
    now,
    isCallOpen,
    typed,
    show(view) {
      isCallOpen.value = false
      page.location.hash = `/${view}`
      now.value = view
    },
    openCall(isOpen) {
      isCallOpen.value = isOpen
    },
    type(text) {
      typed.value = text
    },
  }
}

export const viewOfHash = (hash: string): ViewName =>
  viewNames.find((name) => hash === `#/${name}`) ?? 'keypad'
