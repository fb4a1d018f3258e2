import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../../app/parts/button.tsx'
import { Select } from '../../app/parts/select.tsx'
import { type Json, number, objectOf, rows, text } from '../api/json.ts'
import { useClient } from '../context.ts'
import { Act } from '../parts/act.tsx'
import { Chip } from '../parts/chip.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { Pager } from '../parts/pager.tsx'
import { address, type Column, plain, Table } from '../parts/table.tsx'
import { useAsked } from '../use-asked.ts'
import { whenOf } from '../words.ts'

/** And when it is tried next. */
function lastOf(row: Json): JSX.Element {
  const answer = text(row, 'answer_status') || text(row, 'last_error')
  const next = whenOf(row, 'next_try')
  const said = next === '' ? answer : `${answer === '' ? '' : `${answer}, `}next ${next}`
  return <span class="breaks">{said}</span>
}

const columns: readonly Column[] = [
  { title: 'State', cell: (row) => <Chip word={text(row, 'status')} /> },
  plain('Event', 'type'),
  { title: 'When', cell: (row) => whenOf(row, 'date_created') },
  address('To', 'url'),
  { ...plain('Tries', 'attempts'), isNumber: true },
  { title: 'Last answer', cell: lastOf },
]

const states = [
  { id: '', name: 'all' },
  { id: 'dead', name: 'given up' },
  { id: 'open', name: 'open' },
  { id: 'delivered', name: 'delivered' },
]

/** What was sent to webhooks, what waits, and what was given up and can be sent again. */
export function DeliveriesView(): JSX.Element {
  const client = useClient()
  const [status, setStatus] = useState('')
  /** The pages before this one. */
  const [before, setBefore] = useState<readonly number[]>([])
  const [open, setOpen] = useState<Json>()
  const asked = useAsked(
    async () =>
      objectOf(
        await client.ask('listWebhookDeliveries', { query: { status, before: before.at(-1) } }),
      ),
    [status, before],
    // what becomes of one is no event
    { everyMs: 2_000 },
  )
  const next = asked.value && number(asked.value, 'next_before')
  return (
    <>
      <div class="filters">
        <Select
          label="State"
          value={status}
          options={states}
          onChange={(value) => {
            setStatus(value)
            setBefore([])
          }}
        />
        <Act
          word="Send all again that were given up"
          operation="redeliverDeadWebhooks"
          act={async () => {
            await client.ask('redeliverDeadWebhooks', { body: {} })
            asked.reload()
          }}
        />
      </div>
      <Table
        label="Deliveries"
        asked={{ ...asked, value: asked.value && rows(asked.value, 'deliveries') }}
        columns={columns}
        nothing={{ icon: 'check', title: status === 'dead' ? 'Nothing was given up' : 'Nothing' }}
        actions={(row) => (
          <>
            <Button onClick={() => setOpen(row)}>Details</Button>
            {text(row, 'status') !== 'open' && (
              <Act
                word="Send again"
                operation="redeliverWebhook"
                act={async () => {
                  const params = { delivery_id: text(row, 'id') }
                  await client.ask('redeliverWebhook', { params })
                  asked.reload()
                }}
              />
            )}
          </>
        )}
      />
      <Pager
        label="Pages of deliveries"
        words={['Newer', 'Older']}
        {...{ before, next, setBefore }}
      />
      {open && <Details delivery={open} onClose={() => setOpen(undefined)} />}
    </>
  )
}

interface DetailsProps {
  readonly delivery: Json
  readonly onClose: () => void
}

/** All that is known of a delivery. */
function Details({ delivery, onClose }: DetailsProps): JSX.Element {
  const callId = text(delivery, 'call_id')
  const said: readonly (readonly [name: string, value: string])[] = [
    ['State', text(delivery, 'status')],
    ['To', text(delivery, 'url')],
    ['Number in the log', text(delivery, 'sequence')],
    ['Tries', text(delivery, 'attempts')],
    ['Last answer', text(delivery, 'answer_status')],
    ['Last error', text(delivery, 'last_error')],
    ['Took', durationMs(delivery)],
    ['Made', whenOf(delivery, 'date_created')],
    ['Next try', whenOf(delivery, 'next_try')],
    ['Settled', whenOf(delivery, 'date_settled')],
  ]
  return (
    <Dialog title={`Delivery of ${text(delivery, 'type')}`} onClose={onClose}>
      <dl class="said">
        {said
          .filter(([, value]) => value !== '')
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
      {callId !== '' && <a href={`#/calls/${callId}`}>The call</a>}
    </Dialog>
  )
}

const durationMs = (delivery: Json): string => {
  const ms = number(delivery, 'duration_ms')
  return ms === undefined ? '' : `${ms} ms`
}
