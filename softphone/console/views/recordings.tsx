import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { IconButton } from '../../app/parts/button.tsx'
import { Select } from '../../app/parts/select.tsx'
import { clockTime } from '../../app/words/time.ts'
import { type Json, number, objectOf, rows, text } from '../api/json.ts'
import { useClient } from '../context.ts'
import { Chip } from '../parts/chip.tsx'
import { Confirm } from '../parts/confirm.tsx'
import { Offered } from '../parts/offered.tsx'
import { PageNumbers } from '../parts/page-numbers.tsx'
import { type Column, prose, Table } from '../parts/table.tsx'
import { ofCalls, useAsked } from '../use-asked.ts'
import { whenOf } from '../words.ts'

const pageSize = 50
const all = { id: '', name: 'all' }
const named = (...names: readonly string[]) => [all, ...names.map((id) => ({ id, name: id }))]
const sources = named('call', 'leg', 'conference', 'message', 'voicemail')
const statuses = named('completed', 'in-progress', 'failed')
const lengths = [
  all,
  ...[
    ['10', 'over 10 s'],
    ['60', 'over 1 min'],
    ['600', 'over 10 min'],
    ['3600', 'over 1 h'],
  ].map(([id = '', name = '']) => ({ id, name })),
]

const columns: readonly Column[] = [
  {
    title: 'When',
    cell: (row) => <a href={`#/recordings/${text(row, 'id')}`}>{whenOf(row, 'date_created')}</a>,
  },
  prose('From', (row) => text(row, 'from')),
  prose('To', (row) => text(row, 'to')),
  { title: 'Of', cell: (row) => text(row, 'source') },
  { title: 'State', cell: (row) => <Chip word={text(row, 'status')} /> },
  {
    title: 'Length',
    isNumber: true,
    cell: (row) => {
      const seconds = number(row, 'duration')
      return seconds === undefined ? '' : clockTime(seconds)
    },
  },
  { title: 'Format', cell: (row) => (text(row, 'format') === 'opus' ? 'Ogg Opus' : 'WAV') },
  { title: 'Transcript', cell: (row) => text(objectOf(row['transcript']), 'status') },
  { title: 'Kept', cell: keptWords },
]

function keptWords(row: Json): JSX.Element | string {
  const isEncrypted = row['encrypted'] === true
  const isHeld = text(row, 'hold_reason') !== ''
  const until = whenOf(row, 'retain_until')
  return [isHeld && 'on hold', isEncrypted && 'encrypted', until && `until ${until}`]
    .filter((word) => word !== false && word !== '')
    .join(', ')
}

interface Filter {
  readonly source: string
  readonly status: string
  readonly min_duration: string
  readonly created_after: string
  readonly transcript: string
}

const none: Filter = {
  ...{ source: '', status: '', min_duration: '', created_after: '', transcript: '' },
}

/** All recordings, the newest first. */
export function RecordingsView(): JSX.Element {
  const client = useClient()
  const [filter, setFilter] = useState(none)
  const [page, setPage] = useState(1)
  const [removing, setRemoving] = useState<Json>()
  const query = { ...filter, page, page_size: pageSize }
  const asked = useAsked(
    async () => objectOf(await client.ask('listRecordings', { query })),
    [filter, page],
    { everyMs: 10_000, at: ofCalls },
  )
  const total = asked.value ? (number(asked.value, 'total') ?? 0) : 0
  const change = (part: Partial<Filter>) => {
    setFilter({ ...filter, ...part })
    setPage(1)
  }
  return (
    <>
      <Filters filter={filter} change={change} />
      <Table
        label="Recordings"
        asked={{ ...asked, value: asked.value && rows(asked.value, 'recordings') }}
        columns={columns}
        nothing={{
          icon: 'voicemail',
          title: 'No recordings',
          hint: 'None fits the filter, or nothing was recorded.',
        }}
        actions={(row) => (
          <Offered operation="deleteRecording">
            <IconButton
              icon="trash"
              kind="danger"
              label={`Delete the recording of ${whenOf(row, 'date_created')}`}
              onClick={() => setRemoving(row)}
            />
          </Offered>
        )}
      />
      <PageNumbers label="Pages of recordings" {...{ page, pageSize, total, setPage }} />
      {removing && (
        <Confirm
          title="Delete this recording?"
          says="Its audio, waveform and transcript go with it, and links to it lead nowhere. This can not be undone."
          word="Delete"
          onClose={() => setRemoving(undefined)}
          act={async () => {
            await client.ask('deleteRecording', { params: { recording_id: text(removing, 'id') } })
            setRemoving(undefined)
            asked.reload()
          }}
        />
      )}
    </>
  )
}

interface FiltersProps {
  readonly filter: Filter
  readonly change: (part: Partial<Filter>) => void
}

function Filters({ filter, change }: FiltersProps): JSX.Element {
  return (
    <div class="filters">
      <Select
        label="Of"
        value={filter.source}
        options={sources}
        onChange={(source) => change({ source })}
      />
      <Select
        label="State"
        value={filter.status}
        options={statuses}
        onChange={(status) => change({ status })}
      />
      <Select
        label="Length"
        value={filter.min_duration}
        options={lengths}
        onChange={(min_duration) => change({ min_duration })}
      />
      <div class="field">
        <label for="recordings-since">Since</label>
        <input
          id="recordings-since"
          type="date"
          value={filter.created_after}
          onChange={(event) => change({ created_after: event.currentTarget.value })}
        />
      </div>
      <div class="field">
        <label for="recordings-said">Said</label>
        <input
          id="recordings-said"
          type="search"
          maxLength={100}
          placeholder="words of the transcript"
          value={filter.transcript}
          onChange={(event) => change({ transcript: event.currentTarget.value.trim() })}
        />
      </div>
    </div>
  )
}
