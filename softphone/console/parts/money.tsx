import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Select } from '../../app/parts/select.tsx'
import { type Json, number, objectOf, rows, text } from '../api/json.ts'
import { useClient } from '../context.ts'
import { monthOf } from '../month.ts'
import { ofCalls, useAsked } from '../use-asked.ts'
import { moneyWords, whenOf } from '../words.ts'
import { Download } from './download.tsx'
import { Pager } from './pager.tsx'
import { Problem } from './problem.tsx'
import { type Column, plain, Table } from './table.tsx'
import { Tile } from './tile.tsx'

const pageSize = 50
const kinds = ['charge', 'top-up', 'adjustment', 're-rating', 'hold', 'release']
const all = { id: '', name: 'all' }

interface MoneyProps {
  /** Empty: the own one. */
  readonly account?: string
}

/** What an account has, and each entry of its ledger. */
export function Money({ account = '' }: MoneyProps): JSX.Element {
  const client = useClient()
  const balance = useAsked(
    async () => objectOf(await client.ask('getBalance', { query: { account_id: account } })),
    [account],
    { everyMs: 5_000, at: ofCalls },
  )
  const now = balance.value ?? {}
  const currency = text(now, 'currency')
  const money = (value: string): string => (value === '' ? '' : moneyWords(Number(value), currency))
  const credit = now['credit_limit'] === null ? 'any amount' : money(text(now, 'credit_limit'))
  return (
    <>
      <div class="tiles">
        <Tile label="balance" value={money(text(now, 'balance'))} />
        <Tile label="held for calls" value={money(text(now, 'held'))} />
        <Tile label="billing" value={text(now, 'billing')} />
        <Tile label="may go below zero by" value={credit} />
      </div>
      <Statement account={account} />
      <Ledger account={account} money={money} />
    </>
  )
}

interface LedgerProps {
  readonly account: string
  readonly money: (value: string) => string
}

function Ledger({ account, money }: LedgerProps): JSX.Element {
  const client = useClient()
  const [kind, setKind] = useState('')
  /** The last sequence of each page before this one. */
  const [before, setBefore] = useState<readonly number[]>([])
  const ledger = useAsked(
    async () => {
      const page = { order: 'desc', page_size: pageSize, after: before.at(-1) ?? 0 }
      const query = { account_id: account, kind, ...page }
      return objectOf(await client.ask('listLedger', { query }))
    },
    [account, kind, before],
    { everyMs: 10_000, at: ofCalls },
  )
  const next = ledger.value && number(ledger.value, 'next')
  return (
    <>
      <div class="filters">
        <h2>Ledger</h2>
        <Select
          label="Kind"
          value={kind}
          options={[all, ...kinds.map((id) => ({ id, name: id }))]}
          onChange={(value) => {
            setKind(value)
            setBefore([])
          }}
        />
      </div>
      <Table
        label="Ledger"
        asked={{ ...ledger, value: ledger.value && rows(ledger.value, 'entries') }}
        columns={columnsIn(money)}
        keyOf={(row) => text(row, 'sequence')}
        nothing={{ icon: 'chart', title: 'No entries' }}
      />
      <Pager
        label="Pages of the ledger"
        words={['Newer', 'Older']}
        {...{ before, next, setBefore }}
      />
    </>
  )
}

const columnsIn = (money: (value: string) => string): readonly Column[] => [
  { title: 'When', cell: (row) => whenOf(row, 'at') },
  plain('What', 'kind'),
  {
    title: 'About',
    cell: (row) =>
      text(row, 'call_id') === '' ? (
        [text(row, 'reference'), text(row, 'note')].filter((one) => one !== '').join(': ')
      ) : (
        <a href={`#/calls/${text(row, 'call_id')}`}>call</a>
      ),
  },
  { title: 'Amount', isNumber: true, cell: (row) => money(text(row, 'amount')) },
  { title: 'Balance', isNumber: true, cell: (row) => money(text(row, 'balance')) },
  { title: 'Held', isNumber: true, cell: (row) => money(text(row, 'held')) },
]

/** What a month came to, and all of it as CSV. */
function Statement({ account }: { readonly account: string }): JSX.Element {
  const client = useClient()
  const [month, setMonth] = useState(() => new Date().toISOString().slice(0, 7))
  const query = { account_id: account, ...monthOf(month) }
  const asked = useAsked(
    async () => objectOf(await client.ask('getStatement', { query })),
    [account, month],
    { everyMs: 15_000, at: ofCalls },
  )
  return (
    <>
      <div class="filters">
        <h2>Month</h2>
        <div class="field">
          <label for="month">Month (UTC)</label>
          <input
            id="month"
            type="month"
            required
            value={month}
            onChange={({ currentTarget: { value } }) => value !== '' && setMonth(value)}
          />
        </div>
        <Download
          operation="getStatement"
          name={`statement-${month}.csv`}
          type="text/csv"
          query={query}
        >
          Statement as CSV
        </Download>
      </div>
      {asked.value === undefined && asked.problem !== undefined && (
        <Problem problem={asked.problem} />
      )}
      {asked.value && <Sums statement={asked.value} />}
    </>
  )
}

function Sums({ statement }: { readonly statement: Json }): JSX.Element {
  const currency = text(statement, 'currency')
  const money = (part: Json, name: string): string =>
    text(part, name) === '' ? '' : moneyWords(Number(text(part, name)), currency)
  const [calls, topUps, opening, closing] = ['calls', 'top_ups', 'opening', 'closing'].map((name) =>
    objectOf(statement[name]),
  )
  return (
    <div class="tiles">
      <Tile label="calls paid" value={text(calls ?? {}, 'count')} />
      <Tile label="for calls" value={money(calls ?? {}, 'amount')} />
      <Tile label="topped up" value={money(topUps ?? {}, 'amount')} />
      <Tile label="at its beginning" value={money(opening ?? {}, 'total')} />
      <Tile label="at its end" value={money(closing ?? {}, 'total')} />
    </div>
  )
}
