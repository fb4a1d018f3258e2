import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Select } from '../../app/parts/select.tsx'
import { type Json, objectOf, rows, text } from '../api/json.ts'
import { useClient } from '../context.ts'
import { Chip } from '../parts/chip.tsx'
import { Hear } from '../parts/hear.tsx'
import { type Column, plain, Table } from '../parts/table.tsx'
import { useAsked } from '../use-asked.ts'

/** espeak-ng alone has more than a hundred; nobody reads them all. */
const mostShown = 60

const columns: readonly Column[] = [
  plain('Voice', 'id'),
  { title: 'Language', cell: (row) => languageWords(text(row, 'language')) },
  plain('Gender', 'gender'),
  plain('By', 'provider'),
  { title: '', cell: (row) => (row['default'] === true ? <Chip word="default" /> : '') },
]

/** Who can speak here, each with a sentence to hear. */
export function VoicesView(): JSX.Element {
  const client = useClient()
  const [provider, setProvider] = useState('')
  const [wanted, setWanted] = useState('')
  const asked = useAsked(async () => objectOf(await client.ask('listVoices')), [])
  const all = asked.value ? rows(asked.value, 'voices') : []
  const fitting = all.filter((row) => fits(row, provider, wanted))
  const providers = [...new Set(all.map((row) => text(row, 'provider')))]
  const unavailable = asked.value ? text(asked.value, 'unavailable') : ''
  return (
    <>
      {unavailable !== '' && <p class="banner problem">{unavailable}</p>}
      <div class="filters">
        <Select
          label="By"
          value={provider}
          options={[{ id: '', name: 'all' }, ...providers.map((id) => ({ id, name: id }))]}
          onChange={setProvider}
        />
        <div class="field">
          <label for="voice-wanted">Name or language</label>
          <input
            id="voice-wanted"
            type="search"
            placeholder="such as de or German"
            value={wanted}
            onInput={(event) => setWanted(event.currentTarget.value.trim())}
          />
        </div>
      </div>
      <Table
        label="Voices"
        asked={{ ...asked, value: asked.value && fitting.slice(0, mostShown) }}
        columns={columns}
        nothing={{ icon: 'volume', title: 'No voices', hint: 'None fits, or nobody can speak.' }}
        actions={(row) => (
          <Hear
            what={text(row, 'id')}
            sound={() => client.file('getVoiceSample', { params: { voice_id: text(row, 'id') } })}
          />
        )}
      />
      {fitting.length > mostShown && (
        <p class="muted">
          {mostShown} of {fitting.length} voices: say a name or a language to see others.
        </p>
      )}
    </>
  )
}

function fits(row: Json, provider: string, wanted: string): boolean {
  if (provider !== '' && text(row, 'provider') !== provider) return false
  const language = text(row, 'language')
  const words = `${text(row, 'id')} ${text(row, 'name')} ${language} ${languageWords(language)}`
  return words.toLowerCase().includes(wanted.toLowerCase())
}

/** A language's tag and its name; some tags of voices are none that a browser knows. */
function languageWords(tag: string): string {
  try {
    const name = new Intl.DisplayNames(['en'], { type: 'language' }).of(tag)
    return name === undefined || name === tag ? tag : `${name} (${tag})`
  } catch {
    return tag
  }
}
