import type { JSX } from 'preact'
import { isTrue, number, objectOf, rows, text } from '../api/json.ts'
import { useClient, useConsole } from '../context.ts'
import { Chip } from '../parts/chip.tsx'
import { type Column, plain, Table } from '../parts/table.tsx'
import { Tile } from '../parts/tile.tsx'
import { ofCalls, useAsked } from '../use-asked.ts'
import { lengthOf, moneyWords, whenOf } from '../words.ts'
import { liveCalls } from './live.tsx'

const dayMs = 86_400_000

const columns: readonly Column[] = [
  {
    title: 'When',
    cell: (row) => <a href={`#/calls/${text(row, 'id')}`}>{whenOf(row, 'created_at')}</a>,
  },
  plain('From', 'from'),
  plain('To', 'to'),
  { title: 'State', cell: (row) => <Chip word={text(row, 'status')} /> },
  { title: 'Length', isNumber: true, cell: (row) => lengthOf(row, Date.now()) },
]

/** The figures of the moment and the newest calls. */
export function OverviewView(): JSX.Element {
  const client = useClient()
  const { isOperator } = useConsole()
  const live = useAsked(() => liveCalls(client), [], { everyMs: 3_000, at: ofCalls })
  const newest = useAsked(
    async () => rows(await client.ask('listCalls', { query: { page_size: 10 } }), 'calls'),
    [],
    { everyMs: 3_000, at: ofCalls },
  )
  const figures = useAsked(
    async () => {
      const since = new Date(Date.now() - dayMs).toISOString()
      const [day, failed, devices, dead, balance] = await Promise.all([
        client.ask('listCalls', { query: { start_time_after: since, page_size: 1 } }),
        client.ask('listCalls', {
          query: { start_time_after: since, status: 'failed', page_size: 1 },
        }),
        client.ask('listDevices'),
        client.ask('listWebhookDeliveries', { query: { status: 'dead' } }).catch(() => ({})),
        client.ask('getBalance').catch(() => ({})),
      ])
      const all = rows(devices, 'devices')
      return {
        day: number(objectOf(day), 'total') ?? 0,
        failed: number(objectOf(failed), 'total') ?? 0,
        registered: all.filter((one) => isTrue(one, 'registered')).length,
        devices: all.length,
        dead: rows(dead, 'deliveries').length,
        balance: objectOf(balance),
      }
    },
    [],
    { everyMs: 10_000 },
  )
  const now = figures.value
  return (
    <>
      <div class="tiles">
        <Tile label="calls now" value={count(live.value?.length)} href="#/live" />
        <Tile label="calls in a day" value={count(now?.day)} href="#/calls" />
        <Tile
          label="of them failed"
          value={count(now?.failed)}
          href="#/calls"
          {...(now && now.failed > 0 ? { tone: 'bad' } : {})}
        />
        <Tile
          label="devices registered"
          value={now ? `${now.registered} of ${now.devices}` : ''}
          href="#/devices"
        />
        <Tile
          label="deliveries given up"
          value={count(now?.dead)}
          href="#/deliveries"
          {...(now && now.dead > 0 ? { tone: 'bad' } : {})}
        />
        {now && text(now.balance, 'balance') !== '' && (
          <Tile
            label="balance"
            value={moneyWords(Number(text(now.balance, 'balance')), text(now.balance, 'currency'))}
            href="#/balance"
          />
        )}
        {isOperator.value && <Ready />}
      </div>
      <h2>Newest calls</h2>
      <Table
        label="Newest calls"
        asked={newest}
        columns={columns}
        nothing={{ icon: 'recents', title: 'No calls yet' }}
      />
    </>
  )
}

const count = (value: number | undefined): string =>
  value === undefined ? '' : value.toLocaleString('en')

function Ready(): JSX.Element {
  const client = useClient()
  const ready = useAsked(async () => (await client.page('/readyz')).ok, [], { everyMs: 3_000 })
  const word = ready.value === undefined ? '' : ready.value ? 'ready' : 'not ready'
  return (
    <Tile
      label="engine"
      value={word}
      href="#/health"
      {...(word === '' ? {} : { tone: ready.value ? 'good' : 'bad' })}
    />
  )
}
