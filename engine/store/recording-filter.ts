import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely'
import type { Page } from '../core/ports/page.ts'
import type { RecordingFilter } from '../core/ports/recordings.ts'
import type { Tables } from './schema.ts'

type Where = ExpressionBuilder<Tables, 'recordings'>

/** Rows from before there were sources have none. In the words of an index, so that this serves it. */
const sourceOf = sql<string>`coalesce(source, case when call_id is null then 'conference' else 'call' end)`

/** Whether a row is one of those that are asked for. */
export function fits(eb: Where, filter: Omit<RecordingFilter, keyof Page>): Expression<SqlBool> {
  const { callId, conferenceId, status, source, said } = filter
  const { madeAfterMs, madeBeforeMs, minDurationMs, maxDurationMs } = filter
  return eb.and([
    ...(callId === undefined ? [] : [eb('call_id', '=', callId)]),
    ...(conferenceId === undefined ? [] : [eb('conference_id', '=', conferenceId)]),
    ...(status === undefined ? [] : [eb('status', '=', status)]),
    ...(source === undefined ? [] : [eb(sourceOf, '=', source)]),
    ...(madeAfterMs === undefined ? [] : [eb('created_at_ms', '>', madeAfterMs)]),
    ...(madeBeforeMs === undefined ? [] : [eb('created_at_ms', '<', madeBeforeMs)]),
    ...(minDurationMs === undefined ? [] : [eb('duration_ms', '>=', minDurationMs)]),
    ...(maxDurationMs === undefined ? [] : [eb('duration_ms', '<=', maxDurationMs)]),
    ...(said === undefined ? [] : [hasWords(eb, said)]),
  ])
}

/**
 * The text comes first in the JSON of a transcript (columnsOfChange), and the segments after it. A quote inside the text
 * is escaped there, so that what stands between these two is the text and nothing else.
 */
function hasWords(eb: Where, said: string): Expression<SqlBool> {
  const words = JSON.stringify(said)
    .slice(1, -1)
    .toLowerCase()
    .replaceAll(/[\\%_]/g, '\\$&')
  const pattern = `{"text":"%${words}%","segments":%`
  return sql<SqlBool>`lower(${eb.ref('transcript')}) like ${pattern} escape ${'\\'}`
}
