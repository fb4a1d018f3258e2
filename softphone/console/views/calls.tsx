import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Select } from '../../app/parts/select.tsx'
import { number, objectOf, rows, text } from '../api/json.ts'
import { useClient } from '../context.ts'
import { Chip } from '../parts/chip.tsx'
import { Download } from '../parts/download.tsx'
import { PageNumbers } from '../parts/page-numbers.tsx'
import { type Column, plain, Table } from '../parts/table.tsx'
import { ofCalls, useAsked } from '../use-asked.ts'
import { arrow, lengthOf, mosOf, priceOf, whenOf } from '../words.ts'

const pageSize = 50

const columns: readonly Column[] = [
  {
    title: 'When',
    cell: (row) => (
      <a href={`#/calls/${text(row, 'id')}`}>
        {whenOf(row, 'start_time') || whenOf(row, 'created_at')}
      </a>
    ),
  },
  { title: 'Way', cell: arrow },
  plain('From', 'from'),
  plain('To', 'to'),
  { title: 'State', cell: (row) => <Chip word={text(row, 'status')} /> },
  { title: 'Length', isNumber: true, cell: (row) => lengthOf(row, Date.now()) },
  { title: 'MOS', isNumber: true, cell: mosOf },
  { title: 'Price', isNumber: true, cell: priceOf },
]

const statuses = [
  ...['completed', 'in-progress', 'ringing', 'queued'],
  ...['no-answer', 'busy', 'failed', 'canceled'],
]
/** Records are of calls that are over. */
const isOver = (status: string): boolean => !['in-progress', 'ringing', 'queued'].includes(status)
const none = { id: '', name: 'all' }

interface Filter {
  readonly status: string
  readonly direction: string
  readonly from: string
  readonly to: string
}

/** The records of all calls, the newest first. */
export function CallsView(): JSX.Element {
  const client = useClient()
  const [filter, setFilter] = useState<Filter>({ status: '', direction: '', from: '', to: '' })
  const [page, setPage] = useState(1)
  const list = useAsked(
    async () =>
      objectOf(await client.ask('listCalls', { query: { ...filter, page, page_size: pageSize } })),
    [filter, page],
    { everyMs: 5_000, at: ofCalls },
  )
  const total = list.value ? (number(list.value, 'total') ?? 0) : 0
  const change = (part: Partial<Filter>) => {
    setFilter({ ...filter, ...part })
    setPage(1)
  }
  return (
    <>
      <div class="filters">
        <Select
          label="State"
          value={filter.status}
          options={[none, ...statuses.map((id) => ({ id, name: id }))]}
          onChange={(status) => change({ status })}
        />
        <Select
          label="Direction"
          value={filter.direction}
          options={[none, { id: 'inbound', name: 'in' }, { id: 'outbound', name: 'out' }]}
          onChange={(direction) => change({ direction })}
        />
        <Party label="From" value={filter.from} onChange={(from) => change({ from })} />
        <Party label="To" value={filter.to} onChange={(to) => change({ to })} />
        <Download
          operation="listCallRecords"
          name="calls.csv"
          type="text/csv"
          query={{ ...filter, status: isOver(filter.status) ? filter.status : '' }}
        >
          Records as CSV
        </Download>
      </div>
      <Table
        label="Calls"
        asked={{ ...list, value: list.value && rows(list.value, 'calls') }}
        columns={columns}
        nothing={{
          icon: 'recents',
          title: 'No calls',
          hint: 'None fits the filter, or none was made.',
        }}
      />
      <PageNumbers label="Pages of calls" {...{ page, pageSize, total, setPage }} />
    </>
  )
}

interface PartyProps {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
}

/** A number or a name, looked for when it is whole. */
function Party({ label, value, onChange }: PartyProps): JSX.Element {
  const id = `party-${label}`
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="search"
        placeholder="number or device"
        value={value}
        onChange={(event) => onChange(event.currentTarget.value.trim())}
      />
    </div>
  )
}
