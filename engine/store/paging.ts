import { type Expression, expressionBuilder, type SelectQueryBuilder, type SqlBool } from 'kysely'
import type { Page } from '../core/ports/page.ts'
import type { Tables } from './schema.ts'

export const offsetOf = (page: Page): number => (page.page - 1) * page.pageSize

/** Times in whole Unix milliseconds: `fromMs` is in it, `beforeMs` is not. */
export interface Span {
  readonly fromMs: number
  readonly beforeMs: number
}

export const always: Span = {
  fromMs: Number.MIN_SAFE_INTEGER,
  beforeMs: Number.MAX_SAFE_INTEGER,
}

export const isEmpty = ({ fromMs, beforeMs }: Span): boolean => fromMs >= beforeMs

/** What is later than one time and earlier than the other. */
export const spanBetween = (afterMs: number | undefined, beforeMs: number | undefined): Span => ({
  fromMs: afterMs === undefined ? always.fromMs : Math.floor(afterMs) + 1,
  beforeMs: beforeMs === undefined ? always.beforeMs : Math.ceil(beforeMs),
})

/** Ends that are none are not said: they would look like a reason to go by an index of that time. */
export function isWithin(
  timeMs: Expression<number>,
  { fromMs, beforeMs }: Span,
): Expression<SqlBool> {
  const eb = expressionBuilder<Tables, never>()
  return eb.and([
    ...(fromMs === always.fromMs ? [] : [eb(timeMs, '>=', fromMs)]),
    ...(beforeMs === always.beforeMs ? [] : [eb(timeMs, '<', beforeMs)]),
  ])
}

/** How many rows of a list are of that time. */
export interface Part extends Span {
  readonly count: number
}

export const totalOf = (parts: readonly Part[]): number =>
  parts.reduce((total, { count }) => total + count, 0)

/** Where a page lies in an index: among the rows of a time, from whichever end is nearer, as skipping costs time. */
export interface Slice {
  readonly span: Span
  readonly direction: 'asc' | 'desc'
  readonly limit: number
  readonly offset: number
}

/**
 * The slice of a list that is the page; undefined for a page past the end.
 *
 * @param parts all of the list, one after the other, the oldest first
 * @param first what the list begins with: the newest, or the oldest
 */
export function sliceOf(
  page: Page,
  parts: readonly Part[],
  first: 'newest' | 'oldest' = 'newest',
): Slice | undefined {
  const offset = offsetOf(page)
  const limit = Math.min(page.pageSize, totalOf(parts) - offset)
  if (limit <= 0) return undefined
  const inOrder = first === 'newest' ? parts.toReversed() : parts
  let passed = 0
  let touched = 0
  const holding = inOrder.filter(({ count }) => {
    const begins = touched
    touched += count
    if (touched <= offset) passed = touched
    return touched > offset && begins < offset + limit
  })
  const skipped = offset - passed
  const behind = totalOf(holding) - skipped - limit
  const isNearEnd = behind < skipped
  return {
    span: {
      fromMs: Math.min(...holding.map(({ fromMs }) => fromMs)),
      beforeMs: Math.max(...holding.map(({ beforeMs }) => beforeMs)),
    },
    direction: (first === 'newest') === isNearEnd ? 'asc' : 'desc',
    ...{ limit, offset: isNearEnd ? behind : skipped },
  }
}

export async function countOf<Table extends keyof Tables>(
  matching: SelectQueryBuilder<Tables, Table, object>,
): Promise<number> {
  const counted = matching.select((eb) => eb.fn.countAll<number>().as('total'))
  return Number((await counted.executeTakeFirstOrThrow()).total)
}

/** Whether there are no more: no more are looked at. */
export async function isFew<Table extends keyof Tables>(
  matching: SelectQueryBuilder<Tables, Table, object>,
  most: number,
): Promise<boolean> {
  const next = matching
    .select((eb) => eb.lit(1).as('one'))
    .limit(1)
    .offset(most)
  return (await next.executeTakeFirst()) === undefined
}
