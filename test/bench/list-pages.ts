import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { CallFilter, Store } from '../../engine/core/ports/store.ts'
import { openStore } from '../../engine/store/index.ts'
import { accountId, memoryStore, testClock } from '../unit/store/fixtures.ts'
import { type Bench, printTable } from './report.ts'

const turns = 10

const filters: readonly [string, Partial<CallFilter>][] = [
  ['no filter', {}],
  ['the middle', { page: 500 }],
  ['the last page', { page: 1_000 }],
  ['a common status', { status: 'completed' }],
  ['a rare status', { status: 'in-progress' }],
  ['a direction', { direction: 'inbound' }],
  ['status and direction', { status: 'completed', direction: 'outbound', page: 100 }],
  ['a caller', { from: '+15005550001' }],
  ['a caller and a called', { from: '+15005550004', to: '+15005560004' }],
  ['a time', { startAfterMs: 20_000_000, startBeforeMs: 80_000_000 }],
]

function fill(path: string, count: number): void {
  const file = new DatabaseSync(path)
  file
    .prepare(`
      insert into calls (id, account_id, direction, from_party, to_party, status, created_at_ms,
                         started_at_ms, begin_ms, method, record)
      with recursive n(i) as (select 0 union all select i + 1 from n where i < ?)
      select printf('%08x-0000-4000-8000-%012x', (i * 2654435761) % 4294967296, i), ?,
             iif(i % 2, 'inbound', 'outbound'), printf('+1500555%04d', i % 50),
             printf('+1500556%04d', i % 5000),
             iif(i % 997 = 0, 'in-progress', iif(i % 8 < 4, 'completed', 'busy')),
             i * 1000, i * 1000 + 5, i * 1000 + 5, 'POST', 0
      from n`)
    .run(count - 1, accountId)
  file.exec(`
      insert into journal (id, account_id, call_id, business_id, direction, from_party, to_party, status,
                           rate, source_id, external_id, details, changes, created_at_ms, updated_at_ms)
      select id, account_id, id, account_id, direction, from_party, to_party, 'missed',
             '0', id, id, '{}', '[]', created_at_ms, created_at_ms
      from calls`)
  file.close()
}

async function timesOf(list: () => Promise<unknown>): Promise<readonly [string, string]> {
  const timesMs: number[] = []
  for (let turn = 0; turn < turns; turn++) {
    const beganMs = performance.now()
    await list()
    timesMs.push(performance.now() - beganMs)
  }
  const sorted = timesMs.toSorted((a, b) => a - b)
  return [`${sorted[0]?.toFixed(1)} ms`, `${sorted.at(-1)?.toFixed(1)} ms`]
}

async function rowsOf(store: Store): Promise<string[][]> {
  const rows: string[][] = []
  for (const [name, filter] of filters) {
    const page = { page: 1, pageSize: 100, ...filter }
    rows.push([`calls by ${name}`, ...(await timesOf(() => store.calls.list(accountId, page)))])
  }
  for (const businesses of [undefined, [accountId], [accountId, 'another']]) {
    const page = { page: 1, pageSize: 100, sort: [], businesses }
    const name = `journal, businesses: ${businesses?.length ?? 'all'}`
    rows.push([name, ...(await timesOf(() => store.journal.list(accountId, page)))])
  }
  return rows
}

export const listPages: Bench = {
  name: 'lists',
  title: 'a page of 100 out of many stored calls and journal entries',
  async run(print, isShort) {
    const count = isShort ? 10_000 : 100_000
    const folder = mkdtempSync(join(tmpdir(), 'ringdown-lists-'))
    try {
      const path = join(folder, 'ringdown.db')
      await (await memoryStore(testClock(), path)).close()
      fill(path, count)
      const store = await openStore({ path, clock: testClock() })
      print(`  ${count} of each; the fastest and the slowest of ${turns}, in this process`)
      printTable(print, [['', 'fastest', 'slowest'], ...(await rowsOf(store))])
      await store.close()
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
}
