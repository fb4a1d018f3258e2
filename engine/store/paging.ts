import type { SelectQueryBuilder } from 'kysely'
import type { Page } from '../core/ports/page.ts'
import type { Tables } from './schema.ts'

export const offsetOf = (page: Page): number => (page.page - 1) * page.pageSize

/** Where a page lies in an index: from whichever end is nearer, as skipping costs time. */
export interface Slice {
  readonly direction: 'asc' | 'desc'
  readonly limit: number
  readonly offset: number
}

/** The slice of `total` objects, newest first, that is the page; undefined for a page past the end. */
export function sliceOf(page: Page, total: number): Slice | undefined {
  const offset = offsetOf(page)
  const limit = Math.min(page.pageSize, total - offset)
  if (limit <= 0) return undefined
  const behind = total - offset - limit
  return behind < offset
    ? { direction: 'asc', limit, offset: behind }
    : { direction: 'desc', limit, offset }
}

export async function countOf<Table extends keyof Tables>(
  matching: SelectQueryBuilder<Tables, Table, object>,
): Promise<number> {
  const counted = matching.select((eb) => eb.fn.countAll<number>().as('total'))
  return Number((await counted.executeTakeFirstOrThrow()).total)
}
