import type { Static } from 'typebox'
import { Failure } from '../../../core/failures.ts'
import type { CallFilter } from '../../../core/ports/store.ts'
import type { callQuerySchema } from './call-schema.ts'
import { normaliseNumber, readTime } from './values.ts'

const dayMs = 86_400_000

/** The query of GET /calls. Failure `invalid_request` for a time that is none. */
export function readCallFilter(query: Static<typeof callQuerySchema>): CallFilter {
  const { status, direction, from, to, page, page_size } = query
  return {
    page: page ?? 1,
    pageSize: page_size ?? 50,
    ...(status !== undefined && { status }),
    ...(direction !== undefined && { direction }),
    ...(from !== undefined && { from: normaliseNumber(from) }),
    ...(to !== undefined && { to: normaliseNumber(to) }),
    ...startBounds(query),
  }
}

/** Exclusive bounds; a whole day and the two bounds can be given together. */
function startBounds(query: Static<typeof callQuerySchema>) {
  const after = timeOf(query, 'start_time_after')
  const before = timeOf(query, 'start_time_before')
  const day = dayOf(query.start_time)
  const startAfterMs = Math.max(after ?? -Infinity, day === undefined ? -Infinity : day - 1)
  const startBeforeMs = Math.min(before ?? Infinity, day === undefined ? Infinity : day + dayMs)
  return {
    ...(Number.isFinite(startAfterMs) && { startAfterMs }),
    ...(Number.isFinite(startBeforeMs) && { startBeforeMs }),
  }
}

function timeOf(
  query: Static<typeof callQuerySchema>,
  field: 'start_time_after' | 'start_time_before',
): number | undefined {
  const text = query[field]
  if (text === undefined) return undefined
  const atMs = readTime(text)
  if (atMs === undefined) {
    throw new Failure('invalid_request', `${field} must be an ISO 8601 date or time`, field)
  }
  return atMs
}

function dayOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const atMs = text.length === 10 ? readTime(text) : undefined
  if (atMs === undefined) {
    throw new Failure('invalid_request', 'start_time must be a date, YYYY-MM-DD', 'start_time')
  }
  return atMs
}
