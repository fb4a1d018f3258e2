import { type Static, type TSchema, Type } from 'typebox'
import { Failure } from '../../../core/failures.ts'
import type { JournalFilter, JournalSelection } from '../../../core/ports/journal.ts'
import { readTime } from '../../times.ts'
import { directions, readDirection, readStatus, statuses } from './words.ts'

const dayMs = 86_400_000
const text = () => Type.Optional(Type.String({ maxLength: 255 }))
const time = () =>
  Type.Optional(Type.String({ maxLength: 40, description: 'ISO 8601, or a day in UTC' }))
const day = (description: string) => Type.Optional(Type.String({ format: 'date', description }))
const oneOf = (words: readonly string[]) => Type.Optional(Type.Enum([...words]))

/** What texts are filtered by, and what the journal calls it. */
const plain = {
  'filter[business_uid]': 'businessId',
  'filter[staff_uid]': 'staffId',
  'filter[client_uid]': 'clientId',
  'filter[from_number]': 'from',
  'filter[to_number]': 'to',
  'filter[source_id]': 'sourceId',
  'filter[external_uuid]': 'externalId',
} as const
const bounds = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const
const times = { created_at: 'createdAtMs', updated_at: 'updatedAtMs' } as const

const each = <K extends string, S extends TSchema>(keys: readonly K[], schema: () => S) =>
  Object.fromEntries(keys.map((key) => [key, schema()])) as Record<K, S>
const timeKeys = (Object.keys(times) as (keyof typeof times)[]).flatMap((of) =>
  (Object.keys(bounds) as (keyof typeof bounds)[]).map((is) => `filter[${of}][${is}]` as const),
)

/** The query of the list. Every filter has to fit. */
export const listQuerySchema = Type.Object(
  {
    page: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, default: 1 })),
    per_page: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 25 })),
    sort: Type.Optional(
      Type.String({
        pattern: '^(created|updated)_at:(asc|desc)(,(created|updated)_at:(asc|desc))?$',
        default: 'updated_at:desc',
      }),
    ),
    'filter[status]': oneOf(statuses),
    'filter[direction]': oneOf(directions),
    ...each(Object.keys(plain) as (keyof typeof plain)[], text),
    ...each(timeKeys, time),
  },
  { additionalProperties: false },
)
type ListQuery = Static<typeof listQuerySchema>

/** Failure `invalid_request` for a time that is none. */
export function readListQuery(
  query: ListQuery,
  businesses: readonly string[] | undefined,
): JournalFilter {
  const { 'filter[status]': status, 'filter[direction]': direction } = query
  const texts = Object.entries(plain).flatMap(([key, name]) => {
    const value = query[key as keyof typeof plain]
    // A plus that the query string turned into a space comes back.
    return value === undefined ? [] : [[name, value.replace(/^ (?=\d)/, '+')]]
  })
  return {
    page: query.page ?? 1,
    pageSize: query.per_page ?? 25,
    sort: readSort(query.sort),
    businesses,
    times: readTimes(query),
    equals: {
      ...Object.fromEntries(texts),
      ...(status !== undefined && { status: readStatus(status) }),
      ...(direction !== undefined && { direction: readDirection(direction) }),
    },
  }
}

function readSort(sort = 'updated_at:desc'): JournalFilter['sort'] {
  return sort.split(',').map((part) => ({
    by: part.startsWith('created') ? ('createdAtMs' as const) : ('updatedAtMs' as const),
    direction: part.endsWith(':asc') ? ('asc' as const) : ('desc' as const),
  }))
}

function readTimes(query: ListQuery): NonNullable<JournalSelection['times']> {
  return (Object.keys(times) as (keyof typeof times)[]).flatMap((of) =>
    (Object.keys(bounds) as (keyof typeof bounds)[]).flatMap((is) => {
      const key = `filter[${of}][${is}]` as const
      const value = query[key]
      if (value === undefined) return []
      return [{ of: times[of], is: bounds[is], atMs: timeOf(value, key) }]
    }),
  )
}

function timeOf(value: string, field: string): number {
  const atMs = readTime(value.replace(/ (?=\d\d:\d\d$)/, '+'))
  if (atMs !== undefined) return atMs
  throw new Failure('invalid_request', `${field} must be an ISO 8601 date or time`, field)
}

export const statsQuerySchema = Type.Object(
  {
    start_date: day('First day, YYYY-MM-DD in UTC; from the beginning if absent'),
    end_date: day('Last day; to the end if absent'),
    status: oneOf(statuses),
  },
  { additionalProperties: false },
)

/** The calls that were made in a span of days. Failure `invalid_request`. */
export function readStatsQuery(
  query: Static<typeof statsQuerySchema>,
  businesses: readonly string[] | undefined,
): JournalSelection {
  const { start_date, end_date, status } = query
  const startMs = dayOf(start_date, 'start_date')
  const endMs = dayOf(end_date, 'end_date')
  if (startMs !== undefined && endMs !== undefined && startMs > endMs) {
    throw new Failure('invalid_request', 'end_date is before start_date', 'end_date')
  }
  return {
    businesses,
    equals: status === undefined ? {} : { status: readStatus(status) },
    times: [
      ...(startMs === undefined ? [] : [{ of: 'createdAtMs', is: '>=', atMs: startMs } as const]),
      ...(endMs === undefined
        ? []
        : [{ of: 'createdAtMs', is: '<', atMs: endMs + dayMs } as const]),
    ],
  }
}

function dayOf(text: string | undefined, field: string): number | undefined {
  if (text === undefined) return undefined
  if (text.length !== 10) throw new Failure('invalid_request', `${field} must be YYYY-MM-DD`, field)
  return timeOf(text, field)
}
