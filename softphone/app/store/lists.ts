import { computed, type ReadonlySignal, signal } from '@preact/signals'
import type { Engine } from '../api/engine.ts'
import type { Contact, RecentCall, Session, Voicemail } from '../api/shapes.ts'
import { createList, type ListStore } from './list.ts'
import type { SessionStore } from './session.ts'

/** What the engine keeps for the device. */
export interface Lists {
  readonly contacts: ListStore<Contact>
  readonly calls: ListStore<RecentCall>
  readonly voicemails: ListStore<Voicemail>
  readonly unheard: ReadonlySignal<number>
  /** Sends back what it hears, where there is such a number. */
  readonly testNumber: ReadonlySignal<string | null>
  /** The name that belongs to a number or user name, where a contact has it. */
  nameOf(party: string): string | undefined
  loadAll(): void
  clear(): void
  markHeard(id: string, isHeard: boolean): Promise<void>
  deleteVoicemail(id: string): Promise<void>
  audioOf(id: string): Promise<Blob>
}

export function createLists(engine: Engine, session: SessionStore): Lists {
  const now = (): Session => {
    const state = session.state.peek()
    if (state.at !== 'in') throw new Error('Nobody is signed in.')
    return state.session
  }
  const testNumber = signal<string | null>(null)
  const contacts = createList(async () => {
    const found = await engine.contacts(now())
    testNumber.value = found.testNumber
    return byName(found.contacts)
  })
  const calls = createList(async () => newestFirst(await engine.calls(now())))
  const voicemails = createList(() => engine.voicemails(now()))
  const names = computed(
    () => new Map(contacts.now.value.rows.map(({ username, name }) => [username, name])),
  )
  return {
    ...{ contacts, calls, voicemails, testNumber },
    unheard: computed(() => voicemails.now.value.rows.filter(({ isHeard }) => !isHeard).length),
    nameOf: (party) => names.value.get(party),
    loadAll() {
      for (const list of [contacts, calls, voicemails]) list.load().catch(() => undefined)
    },
    clear() {
      for (const list of [contacts, calls, voicemails]) list.clear()
    },
    async markHeard(id, isHeard) {
      voicemails.change((rows) => rows.map((row) => (row.id === id ? { ...row, isHeard } : row)))
      await engine.markHeard(now(), id, isHeard)
    },
    async deleteVoicemail(id) {
      await engine.deleteVoicemail(now(), id)
      voicemails.change((rows) => rows.filter((row) => row.id !== id))
    },
    audioOf: (id) => engine.voicemailAudio(now(), id),
  }
}

const byName = (contacts: readonly Contact[]): readonly Contact[] =>
  contacts.toSorted((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }))

const newestFirst = (calls: readonly RecentCall[]): readonly RecentCall[] =>
  calls.toSorted((a, b) => b.startedAt.getTime() - a.startedAt.getTime())
