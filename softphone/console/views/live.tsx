import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Button, IconButton } from '../../app/parts/button.tsx'
import type { Client } from '../api/client.ts'
import { type Json, rows, text } from '../api/json.ts'
import { useClient } from '../context.ts'
import { Chip } from '../parts/chip.tsx'
import { Confirm } from '../parts/confirm.tsx'
import { Listen } from '../parts/listen.tsx'
import { Offered } from '../parts/offered.tsx'
import { type Column, plain, Table } from '../parts/table.tsx'
import { ofCalls, useAsked } from '../use-asked.ts'
import { arrow, lengthOf, whenOf } from '../words.ts'

const everyMs = 2_000

/** Calls that go on, the newest first. */
export async function liveCalls(client: Client): Promise<readonly Json[]> {
  const lists = await Promise.all(
    ['in-progress', 'ringing', 'queued'].map(async (status) =>
      rows(await client.ask('listCalls', { query: { status, page_size: 100 } }), 'calls'),
    ),
  )
  return lists.flat()
}

export function LiveView(): JSX.Element {
  const client = useClient()
  const asked = useAsked(() => liveCalls(client), [], { everyMs, at: ofCalls })
  const [listenTo, setListenTo] = useState<Json>()
  const [ending, setEnding] = useState<Json>()
  const nowMs = useNow()
  const columns: readonly Column[] = [
    { title: 'State', cell: (row) => <Chip word={text(row, 'status')} /> },
    { title: 'Way', cell: arrow },
    plain('From', 'from'),
    plain('To', 'to'),
    { title: 'Since', cell: (row) => whenOf(row, 'start_time') },
    { title: 'Talking', isNumber: true, cell: (row) => lengthOf(row, nowMs) },
  ]
  return (
    <>
      <Table
        label="Live calls"
        asked={asked}
        columns={columns}
        nothing={{ icon: 'phone', title: 'No calls now', hint: 'They stand here as they begin.' }}
        actions={(row) => (
          <>
            <a class="button" href={`#/calls/${text(row, 'id')}`}>
              Open
            </a>
            {text(row, 'status') === 'in-progress' && (
              <Offered operation="listenToCall">
                <Button icon="volume" onClick={() => setListenTo(row)}>
                  Listen in
                </Button>
              </Offered>
            )}
            <Offered operation="endCall">
              <IconButton
                icon="hangup"
                kind="danger"
                label={`Hang up ${text(row, 'from')} to ${text(row, 'to')}`}
                onClick={() => setEnding(row)}
              />
            </Offered>
          </>
        )}
      />
      {ending && (
        <Confirm
          title="Hang up this call?"
          says={`${text(ending, 'from')} to ${text(ending, 'to')}`}
          word="Hang up"
          onClose={() => setEnding(undefined)}
          act={async () => {
            await client.ask('endCall', { params: { call_id: text(ending, 'id') } })
            setEnding(undefined)
            asked.reload()
          }}
        />
      )}
      {listenTo && <Listen call={listenTo} onClose={() => setListenTo(undefined)} />}
    </>
  )
}

/** Now, a second at a time. */
export function useNow(): number {
  const [nowMs, setNowMs] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 1_000)
    return () => clearInterval(timer)
  }, [])
  return nowMs
}
