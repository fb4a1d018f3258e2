import { closeSync, fsyncSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openStore } from '../../../engine/store/index.ts'
import { type EngineProcess, startEngine } from '../../support/engine-process.ts'

const fast = 100_000
const settings = { RINGDOWN_LOG_LEVEL: 'warn', RINGDOWN_SIP_HOST: '127.0.0.1' }
/** Of each call that is over. */
const eventsOfCall = 4

/** An engine whose first account has had that many calls, and may ask as often as it likes. */
export async function engineWithHistory(
  calls: number,
  more: Readonly<Record<string, string>> = {},
): Promise<EngineProcess> {
  const first = await startEngine({ ...settings, ...more })
  await first.stop()
  const path = join(first.dataDir, 'ringdown.db')
  const store = await openStore({ path, clock: { nowMs: () => Date.now() } })
  const account = await store.accounts.first()
  if (!account) throw new Error('the first start made no account')
  await store.accounts.update({ ...account, requestsPerSecond: fast })
  await store.close()
  fill(path, account.id, calls)
  flush(path)
  return startEngine({ ...settings, ...more }, first.dataDir)
}

/** The engine's first checkpoint would wait until all that was filled in is on the disk: 0.2 to 0.4 s for 100,000 calls. */
function flush(path: string): void {
  const file = openSync(path, 'r+')
  fsyncSync(file)
  closeSync(file)
}

/** Calls of the last days, every tenth of them inbound, with their events and records, and for each a recording and a conference. */
function fill(path: string, accountId: string, calls: number): void {
  const file = new DatabaseSync(path)
  file.exec('pragma synchronous = off')
  file.exec('begin')
  file
    .prepare(`
      insert into calls (id, account_id, direction, from_party, to_party, status, created_at_ms, started_at_ms,
                         begin_ms, answered_at_ms, ended_at_ms, end_reason, method, record)
      with recursive n(i) as (select 0 union all select i + 1 from n where i < ?)
      select printf('%08x-0000-4000-8000-%012x', (i * 2654435761) % 4294967296, i), ?,
             iif(i % 10, 'outbound', 'inbound'), printf('+6129000%04d', i % 50), printf('+6140000%04d', i % 5000),
             iif(i % 8 < 5, 'completed', 'no-answer'), ? - (? - i) * 1000, ? - (? - i) * 1000, ? - (? - i) * 1000,
             iif(i % 8 < 5, ? - (? - i) * 1000 + 5000, null), ? - (? - i) * 1000 + 90000, 'hangup:remote', 'POST', 0
      from n`)
    .run(calls - 1, accountId, ...times(calls, 5))
  file
    .prepare(`
      insert into events (account_id, sequence, call_id, type, at_ms, data)
      with recursive n(i) as (select 0 union all select i + 1 from n where i < ?)
      select ?, (select last_sequence from accounts where id = ?) + i + 1,
             printf('%08x-0000-4000-8000-%012x', (i / ${eventsOfCall} * 2654435761) % 4294967296, i / ${eventsOfCall}),
             case i % ${eventsOfCall} when 0 then 'call.queued' when 1 then 'call.ringing'
                                      when 2 then 'call.in-progress' else 'call.completed' end,
             ? - (? - i / ${eventsOfCall}) * 1000, '{}'
      from n`)
    .run(calls * eventsOfCall - 1, accountId, accountId, ...times(calls, 1))
  file.exec(`
    insert into recordings (id, account_id, call_id, status, path, channels, duration_ms, bytes, created_at_ms, source)
    select id, account_id, id, 'completed', 'recordings/' || id || '.wav', 2, 60000, 1920044, begin_ms, 'call' from calls`)
  file.exec(`
    insert into conferences (id, account_id, friendly_name, status, options, created_at_ms, ended_at_ms, peak_participants)
    select id, account_id, 'bench', 'completed', '{}', begin_ms, begin_ms + 60000, 2 from calls`)
  file
    .prepare('update accounts set last_sequence = last_sequence + ? where id = ?')
    .run(calls * eventsOfCall, accountId)
  file.exec('commit')
  file.close()
}

/** Now and the number of calls, so many times over. */
const times = (calls: number, pairs: number): number[] =>
  Array.from({ length: pairs }, () => [Date.now(), calls]).flat()
