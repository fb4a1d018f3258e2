import type { JSX } from 'preact'
import { rows, text } from '../api/json.ts'
import { useClient } from '../context.ts'
import { Chip } from '../parts/chip.tsx'
import { type Column, plain, Table } from '../parts/table.tsx'
import { useAsked } from '../use-asked.ts'
import { whenOf } from '../words.ts'

const columns: readonly Column[] = [
  {
    title: 'Name',
    cell: (row) => <a href={`/conferences/${text(row, 'id')}`}>{text(row, 'friendly_name')}</a>,
  },
  { title: 'State', cell: (row) => <Chip word={text(row, 'status')} /> },
  { ...plain('There', 'participant_count'), isNumber: true },
  { title: 'Since', cell: (row) => whenOf(row, 'date_created') },
]

/** Conferences; each has a page of its own. */
export function ConferencesView(): JSX.Element {
  const client = useClient()
  const asked = useAsked(async () => rows(await client.ask('listConferences'), 'conferences'), [], {
    everyMs: 3_000,
    at: ({ type }) => type.startsWith('conference.') || type.startsWith('participant.'),
  })
  return (
    <Table
      label="Conferences"
      asked={asked}
      columns={columns}
      nothing={{ icon: 'merge', title: 'No conferences' }}
    />
  )
}
