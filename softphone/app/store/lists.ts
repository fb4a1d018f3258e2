import { computed, type ReadonlySignal, signal } from '@preact/signals'
import type { Engine } from '../api/engine.ts'
import type { Contact, RecentCall, Session, Voicemail, VoicemailFolder } from '../api/shapes.ts'
import { createList, type ListStore } from './list.ts'
import type { SessionStore } from './session.ts'

/** What the engine keeps for the device. */
export interface Lists {
  readonly contacts: ListStore<Contact>
  readonly calls: ListStore<RecentCall>
  /** New and saved ones. */
  readonly voicemails: ListStore<Voicemail>
  readonly deletedVoicemails: ListStore<Voicemail>
  readonly unheard: ReadonlySignal<number>
  /** Sends back what it hears, where there is such a number. */
  readonly testNumber: ReadonlySignal<string | null>
  /** The name that belongs to a number or user name, where a contact has it. */
  nameOf(party: string): string | undefined
  loadAll(): void
  clear(): void
  /** What the page shows follows at once. */
  moveVoicemail(voicemail: Voicemail, folder: VoicemailFolder): Promise<void>
  /** For good. */
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
  const deletedVoicemails = createList(() => engine.voicemails(now(), 'deleted'))
  const names = computed(
    () => new Map(contacts.now.value.rows.map(({ username, name }) => [username, name])),
  )
  return {
    ...{ contacts, calls, voicemails, deletedVoicemails, testNumber },
    unheard: computed(
      () => voicemails.now.value.rows.filter(({ folder }) => folder === 'new').length,
    ),
    nameOf: (party) => names.value.get(party),
    loadAll() {
      for (const list of [contacts, calls, voicemails]) list.load().catch(() => undefined)
    },
    clear() {
      for (const list of [contacts, calls, voicemails, deletedVoicemails]) list.clear()
    },
    async moveVoicemail(voicemail, folder) {
      const moved = { ...voicemail, folder, isHeard: folder === 'saved' || voicemail.isHeard }
      const put = (rows: readonly Voicemail[], isHere: boolean): readonly Voicemail[] => {
        const isKnown = rows.some(({ id }) => id === moved.id)
        if (isKnown && isHere) return rows.map((row) => (row.id === moved.id ? moved : row))
        const others = rows.filter(({ id }) => id !== moved.id)
        return isHere ? latestFirst([...others, moved]) : others
      }
      voicemails.change((rows) => put(rows, folder !== 'deleted'))
      deletedVoicemails.change((rows) => put(rows, folder === 'deleted'))
      await engine.moveVoicemail(now(), voicemail.id, folder)
    },
    async deleteVoicemail(id) {
      await engine.deleteVoicemail(now(), id)
      for (const list of [voicemails, deletedVoicemails])
        list.change((rows) => rows.filter((row) => row.id !== id))
    },
    audioOf: (id) => engine.voicemailAudio(now(), id),
  }
}

const byName = (contacts: readonly Contact[]): readonly Contact[] =>
  contacts.toSorted((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }))

const newestFirst = (calls: readonly RecentCall[]): readonly RecentCall[] =>
  calls.toSorted((a, b) => b.startedAt.getTime() - a.startedAt.getTime())

const latestFirst = (voicemails: readonly Voicemail[]): readonly Voicemail[] =>
  voicemails.toSorted((a, b) => b.receivedAt.getTime() - a.receivedAt.getTime())
