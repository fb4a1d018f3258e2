import { type Kysely, sql } from 'kysely'

/** The entries of the calls that were made before there was a journal, as those calls would have written them. */
export async function journalOfCalls(db: Kysely<Record<never, never>>): Promise<void> {
  await sql`
    insert into journal (id, account_id, call_id, business_id, direction, from_party, to_party, status, rate,
                         source_id, external_id, details, changes, created_at_ms, updated_at_ms)
    select id, account_id, id, account_id, direction, from_party, to_party,
           case when status in ('queued', 'ringing') then 'ringing'
                when status <> 'in-progress' and answered_at_ms is null then 'missed'
                when exists (select 1 from events
                             where events.call_id = calls.id and events.type = 'bridge.started')
                then 'answered'
                else 'answered_by_program' end,
           case when direction = 'inbound' then '0'
                when to_party like '+614%' then '0.1'
                when to_party like '+61%' then '0.08'
                when to_party like '+1500555%' then '0'
                when to_party like '+%' then '0.25'
                else '0' end,
           id, id,
           '{"summary":null,"appUrl":null,"appName":null,"durationS":null,"price":null,"recordingId":null}',
           '[]', created_at_ms, coalesce(ended_at_ms, answered_at_ms, created_at_ms)
    from calls
    where parent_id is null
    on conflict do nothing`.execute(db)
}
