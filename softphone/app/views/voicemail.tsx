import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import type { Voicemail, VoicemailFolder } from '../api/shapes.ts'
import { useApp } from '../parts/context.ts'
import { Empty } from '../parts/empty.tsx'
import { ListStates } from '../parts/list-states.tsx'
import { VoicemailRow } from './voicemail-row.tsx'

const folders = ['new', 'saved', 'deleted'] as const
const titles: Readonly<Record<VoicemailFolder, string>> = {
  ...{ new: 'New', saved: 'Saved', deleted: 'Deleted' },
}
const nothingSays: Readonly<Record<VoicemailFolder, string>> = {
  new: 'When callers leave a message, you hear it here.',
  saved: 'Messages that you have heard are kept here.',
  deleted: 'Deleted messages can be had back from here for a while.',
}

/** Messages that callers left, in folders. */
export function Voicemails(): JSX.Element {
  const { lists } = useApp()
  const wanted = useSignal<VoicemailFolder | undefined>(undefined)
  /** Heard just now: they stay where they are until another folder is looked at. */
  const kept = useSignal<ReadonlySet<string>>(new Set())
  const all = lists.voicemails.now.value.rows
  const placeOf = ({ id, folder }: Voicemail): VoicemailFolder =>
    kept.value.has(id) && folder === 'saved' ? 'new' : folder
  const hasNew = all.some((row) => placeOf(row) === 'new')
  const folder = wanted.value ?? (hasNew || all.length === 0 ? 'new' : 'saved')
  const list = folder === 'deleted' ? lists.deletedVoicemails : lists.voicemails
  const rows = list.now.value.rows.filter((row) => placeOf(row) === folder)
  useEffect(() => {
    if (folder === 'deleted') void lists.deletedVoicemails.load()
  }, [folder, lists])
  const show = (name: VoicemailFolder): void => {
    kept.value = new Set()
    wanted.value = name
  }
  return (
    <section aria-labelledby="voicemail-title">
      <h1 id="voicemail-title">Voicemail</h1>
      <fieldset class="folders" aria-label="Folder">
        {folders.map((name) => (
          <button
            key={name}
            type="button"
            class="button quiet"
            aria-pressed={name === folder}
            onClick={() => show(name)}
          >
            {titles[name]}
            {name !== 'deleted' && <Count rows={all} name={name} />}
          </button>
        ))}
      </fieldset>
      <ListStates
        list={{ ...list.now.value, rows }}
        retry={() => void list.load()}
        nothing={
          <Empty icon="voicemail" title="No messages">
            <p class="muted">{nothingSays[folder]}</p>
          </Empty>
        }
      >
        <ul class="rows">
          {rows.map((voicemail) => (
            <VoicemailRow
              key={voicemail.id}
              voicemail={voicemail}
              heard={() => {
                kept.value = new Set([...kept.value, voicemail.id])
              }}
            />
          ))}
        </ul>
      </ListStates>
    </section>
  )
}

function Count({
  rows,
  name,
}: {
  rows: readonly Voicemail[]
  name: VoicemailFolder
}): JSX.Element | null {
  const count = rows.filter(({ folder }) => folder === name).length
  return count > 0 ? <span class="count">{count}</span> : null
}
