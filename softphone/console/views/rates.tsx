import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../../app/parts/button.tsx'
import { type Json, rows, text } from '../api/json.ts'
import { useClient } from '../context.ts'
import { Dialog } from '../parts/dialog.tsx'
import { Download } from '../parts/download.tsx'
import { FormButton } from '../parts/form-button.tsx'
import { Offered } from '../parts/offered.tsx'
import { Problem } from '../parts/problem.tsx'
import { type Column, plain, Table } from '../parts/table.tsx'
import { useAsked } from '../use-asked.ts'
import { whenOf } from '../words.ts'

const newest = (deck: Json): Json => rows(deck, 'versions').at(-1) ?? {}

const columns: readonly Column[] = [
  plain('Deck', 'id'),
  plain('Name', 'name'),
  plain('Currency', 'currency'),
  { title: 'Rates', isNumber: true, cell: (row) => text(newest(row), 'rates') },
  { title: 'Version', isNumber: true, cell: (row) => text(newest(row), 'version') },
  { title: 'Holds from', cell: (row) => whenOf(newest(row), 'valid_from') },
]

/** What calls cost: decks of rates, in and out as CSV. */
export function RatesView(): JSX.Element {
  const client = useClient()
  const decks = useAsked(async () => rows(await client.ask('listRateDecks'), 'decks'), [])
  const [deck, setDeck] = useState('')
  return (
    <>
      <div class="filters">
        <p class="muted">What calls cost. An account gets a deck by its billing.</p>
        <FormButton
          {...{ word: 'Make a deck', operation: 'createRateDeck', kind: 'primary' }}
          done={decks.reload}
        />
      </div>
      <Table
        label="Rate decks"
        asked={decks}
        columns={columns}
        nothing={{ icon: 'chart', title: 'No decks' }}
        actions={(row) => (
          <>
            <Offered operation="importRates">
              <Button onClick={() => setDeck(text(row, 'id'))}>New rates</Button>
            </Offered>
            <Download
              operation="exportRates"
              name={`${text(row, 'id')}.csv`}
              type="text/csv"
              params={{ deck_id: text(row, 'id') }}
            >
              Export
            </Download>
          </>
        )}
      />
      {deck !== '' && (
        <Import
          deck={deck}
          onClose={() => setDeck('')}
          done={() => {
            setDeck('')
            decks.reload()
          }}
        />
      )}
    </>
  )
}

interface ImportProps {
  readonly deck: string
  readonly onClose: () => void
  readonly done: () => void
}

/** A file of rates: taken as a whole, or refused with the line that is wrong. */
function Import({ deck, onClose, done }: ImportProps): JSX.Element {
  const client = useClient()
  const [csv, setCsv] = useState('')
  const [from, setFrom] = useState('')
  const [problem, setProblem] = useState<unknown>()
  const [isBusy, setBusy] = useState(false)
  const send = async (event: Event): Promise<void> => {
    event.preventDefault()
    setBusy(true)
    setProblem(undefined)
    try {
      const query = { valid_from: from === '' ? undefined : new Date(from).toISOString() }
      await client.ask('importRates', { params: { deck_id: deck }, query, body: { csv } })
      done()
    } catch (error) {
      setProblem(error)
      setBusy(false)
    }
  }
  return (
    <Dialog title={`New rates of ${deck}`} onClose={onClose}>
      <form class="schema-form" onSubmit={(event) => void send(event)}>
        <p class="muted">
          They take the place of all rates that the deck has. Calls that go on keep their price.
        </p>
        <div class="field">
          <label for="rates-file">File (CSV)</label>
          <input
            id="rates-file"
            type="file"
            accept=".csv,text/csv"
            onChange={({ currentTarget }) => {
              currentTarget.files?.[0]?.text().then(setCsv, setProblem)
            }}
          />
        </div>
        <div class="field">
          <label for="rates-csv">or here</label>
          <textarea
            id="rates-csv"
            rows={8}
            required
            spellcheck={false}
            value={csv}
            placeholder={'prefix,price_per_minute,description\n+614,0.10,Mobile'}
            onInput={({ currentTarget }) => setCsv(currentTarget.value)}
          />
        </div>
        <div class="field">
          <label for="rates-from">Hold from (now when empty)</label>
          <input
            id="rates-from"
            type="datetime-local"
            value={from}
            onInput={({ currentTarget }) => setFrom(currentTarget.value)}
          />
        </div>
        {problem !== undefined && <Problem problem={problem} />}
        <Button kind="primary" type="submit" disabled={isBusy}>
          {isBusy ? 'Sending…' : 'Import'}
        </Button>
      </form>
    </Dialog>
  )
}
