import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../../app/parts/button.tsx'
import { Empty } from '../../app/parts/empty.tsx'
import { clockTime } from '../../app/words/time.ts'
import { isTrue, type Json, number, objectOf, rows, text } from '../api/json.ts'
import { problemText } from '../api/problem.ts'
import { useClient } from '../context.ts'
import { Act } from '../parts/act.tsx'
import { Chip } from '../parts/chip.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { FormButton } from '../parts/form-button.tsx'
import { Offered } from '../parts/offered.tsx'
import { SchemaForm } from '../parts/schema-form.tsx'
import { type Column, plain, Table } from '../parts/table.tsx'
import { Tile } from '../parts/tile.tsx'
import { type AskedFor, ofCalls, useAsked } from '../use-asked.ts'

const members: readonly Column[] = [
  { ...plain('Place', 'position'), isNumber: true },
  {
    title: 'From',
    cell: (row) => <a href={`#/calls/${text(row, 'call_id')}`}>{text(row, 'from')}</a>,
  },
  plain('To', 'to'),
  { title: 'Waits', isNumber: true, cell: (row) => clockTime(number(row, 'wait_time') ?? 0) },
  { ...plain('Priority', 'priority'), isNumber: true },
  {
    title: 'Rings at',
    cell: (row) => (Array.isArray(row['ringing']) ? row['ringing'].join(', ') : ''),
  },
]

const agents: readonly Column[] = [
  { title: 'Agent', cell: (row) => text(row, 'name') || text(row, 'target') },
  plain('Calls', 'target'),
  { title: 'State', cell: (row) => <Chip word={text(row, 'status')} /> },
  { ...plain('Answered', 'answered'), isNumber: true },
  { ...plain('Missed', 'missed'), isNumber: true },
  { title: 'Talked', isNumber: true, cell: (row) => clockTime(number(row, 'talk_time') ?? 0) },
]

/** One queue: who waits, who takes the calls, and how it went. */
export function QueueView({ id }: { readonly id: string }): JSX.Element {
  const client = useClient()
  const params = { queue_id: id }
  const asked = useAsked(
    async () => {
      const [queue, waiting] = await Promise.all([
        client.ask('getQueue', { params }),
        client.ask('listQueueMembers', { params }),
      ])
      return { queue: objectOf(queue), waiting: rows(waiting, 'members') }
    },
    [id],
    { everyMs: 2_000, at: ofCalls },
  )
  if (asked.value === undefined)
    return asked.problem === undefined ? (
      <p role="status">Loading…</p>
    ) : (
      <Empty icon="warning" title="This queue can not be shown">
        <p class="muted">{problemText(asked.problem)}</p>
      </Empty>
    )
  const { queue, waiting } = asked.value
  const ask: Ask = async (operation, more, body) => {
    const sent = body === undefined ? {} : { body }
    await client.ask(operation, { params: { ...params, ...more }, ...sent })
    asked.reload()
  }
  return (
    <>
      <p>
        <a href="#/queues">All queues</a>
      </p>
      <h1>{text(queue, 'name')}</h1>
      <Figures queue={queue} />
      <h2>Waiting</h2>
      <Waiting asked={{ ...asked, value: waiting }} ask={ask} />
      <div class="filters">
        <h2>Agents</h2>
        <FormButton
          word="Add an agent"
          operation="addQueueAgent"
          params={params}
          done={asked.reload}
        />
      </div>
      <Agents asked={{ ...asked, value: rows(queue, 'agents') }} ask={ask} />
    </>
  )
}

/** Something is done with one who waits or takes calls, and the page asked again. */
type Ask = (
  operation: string,
  more: Readonly<Record<string, string>>,
  body?: unknown,
) => Promise<void>

interface RowsProps {
  readonly asked: AskedFor<readonly Json[]>
  readonly ask: Ask
}

function Waiting({ asked, ask }: RowsProps): JSX.Element {
  const client = useClient()
  const [moved, setMoved] = useState<Json>()
  const of = (row: Json) => ({ call_id: text(row, 'call_id') })
  return (
    <>
      <Table
        label="Waiting callers"
        asked={asked}
        columns={members}
        keyOf={(row) => text(row, 'call_id')}
        nothing={{ icon: 'check', title: 'Nobody waits' }}
        actions={(row) => (
          <>
            <Offered operation="dequeueMember">
              <Button onClick={() => setMoved(row)}>Send to…</Button>
            </Offered>
            <Act
              word="Hang up"
              kind="danger"
              operation="dequeueMember"
              act={() => ask('dequeueMember', of(row), { hangup: true })}
            />
          </>
        )}
      />
      {moved && (
        <Dialog title={`Send ${text(moved, 'from')} to`} onClose={() => setMoved(undefined)}>
          <SchemaForm
            schema={withoutHangup(client.operations.get('dequeueMember')?.body)}
            submitWord="Send"
            send={async (body) => {
              await ask('dequeueMember', of(moved), body)
              setMoved(undefined)
            }}
          />
        </Dialog>
      )}
    </>
  )
}

function Agents({ asked, ask }: RowsProps): JSX.Element {
  return (
    <Table
      label="Agents"
      asked={asked}
      columns={agents}
      nothing={{
        icon: 'contacts',
        title: 'No agents',
        hint: 'Whoever dials the queue takes calls.',
      }}
      actions={(row) => {
        const agent = { agent_id: text(row, 'id') }
        const does = (operation: string, body?: unknown) => ({
          operation,
          act: () => ask(operation, agent, body),
        })
        return (
          <>
            {isTrue(row, 'paused') ? (
              <Act word="Unpause" {...does('unpauseQueueAgent')} />
            ) : (
              <Act word="Pause" {...does('pauseQueueAgent', {})} />
            )}
            <Act word="Remove" kind="danger" {...does('removeQueueAgent')} />
          </>
        )
      }}
    />
  )
}

function Figures({ queue }: { readonly queue: Json }): JSX.Element {
  const figures = objectOf(queue['figures'])
  const level = number(figures, 'service_level')
  return (
    <div class="tiles">
      <Tile label="waiting" value={text(queue, 'waiting')} />
      <Tile label="talking" value={text(queue, 'talking')} />
      <Tile label="came in" value={text(figures, 'entered')} />
      <Tile label="answered" value={text(figures, 'answered')} />
      <Tile label="gave up" value={text(figures, 'abandoned')} />
      <Tile
        label="answered in time"
        value={level === undefined ? '' : `${Math.round(level * 100)} %`}
      />
    </div>
  )
}

/** That is a button of its own. */
function withoutHangup(schema: Json | undefined): Json {
  const { hangup: _, ...properties } = objectOf(schema?.['properties'])
  return { ...schema, properties }
}
