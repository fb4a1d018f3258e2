import type { SelectQueryBuilder } from 'kysely'
import type { Page } from '../core/ports/store.ts'
import type { Tables } from './schema.ts'

export const offsetOf = (page: Page): number => (page.page - 1) * page.pageSize

export async function countOf<Table extends keyof Tables>(
  matching: SelectQueryBuilder<Tables, Table, object>,
): Promise<number> {
  const counted = matching.select((eb) => eb.fn.countAll<number>().as('total'))
  return Number((await counted.executeTakeFirstOrThrow()).total)
}
