import type { Direction } from '../../core/call.ts'
import type { Clock } from '../../core/clock.ts'
import { Failure } from '../../core/failures.ts'
import { type AppliedRate, prefixesOf, type Rate } from '../../core/money/rate.ts'
import type { DeckVersion, RateDeck, RateStore } from '../../core/ports/money.ts'
import { refusingDuplicates } from '../duplicates.ts'
import { portionsOf } from '../portions.ts'
import type { Db } from '../schema.ts'
import type { RateDeckRow, RateRow, RateVersionRow } from './rows.ts'

export function rateStore(db: Db, clock: Pick<Clock, 'nowMs'>): RateStore {
  return {
    async decks() {
      const rows = await db.selectFrom('rate_decks').selectAll().orderBy('id').execute()
      return rows.map(deckOfRow)
    },
    async deck(id) {
      const row = await db
        .selectFrom('rate_decks')
        .selectAll()
        .where('id', '=', id)
        .executeTakeFirst()
      return row && deckOfRow(row)
    },
    async insertDeck({ id, name, currency, createdAtMs }) {
      const row = { id, name, currency, created_at_ms: createdAtMs, last_version: 0 }
      await refusingDuplicates(
        `rate deck ${id}`,
        () => db.insertInto('rate_decks').values(row).execute(),
        'id',
      )
    },
    async versions(deck) {
      const rows = await db
        .selectFrom('rate_versions')
        .selectAll()
        .where('deck_id', '=', deck)
        .orderBy('version')
        .execute()
      return rows.map(versionOfRow)
    },
    addVersion: (deck, validFromMs, rates) => addVersion(db, clock, { deck, validFromMs, rates }),
    rates: (deck, version, page) => pageOf(db, deck, version, page),
    find: (deck, direction, number, at) => find(db, { deck, direction, number, at }),
  }
}

async function pageOf(
  db: Db,
  deck: string,
  version: number,
  { after, limit }: Parameters<RateStore['rates']>[2],
): Promise<Rate[]> {
  const rows = await db
    .selectFrom('rates')
    .selectAll()
    .where('deck_id', '=', deck)
    .where('version', '=', version)
    .$if(after !== undefined, (query) =>
      query.where((eb) =>
        eb.or([
          eb('direction', '>', after?.direction ?? ''),
          eb.and([
            eb('direction', '=', after?.direction ?? ''),
            eb('prefix', '>', after?.prefix ?? ''),
          ]),
        ]),
      ),
    )
    .orderBy('direction')
    .orderBy('prefix')
    .limit(limit)
    .execute()
  return rows.map(rateOfRow)
}

interface Wanted {
  readonly deck: string
  readonly direction: Direction
  readonly number: string
  readonly at: Parameters<RateStore['find']>[3]
}

async function find(
  db: Db,
  { deck, direction, number, at }: Wanted,
): Promise<AppliedRate | undefined> {
  const version = await versionAt(db, deck, at)
  if (version === undefined) return undefined
  const fitting = await db
    .selectFrom('rates')
    .selectAll()
    .where('deck_id', '=', deck)
    .where('version', '=', version)
    .where('direction', '=', direction)
    .where('prefix', 'in', prefixesOf(number.slice(0, 64)))
    .execute()
  const [longest] = fitting.sort((a, b) => b.prefix.length - a.prefix.length)
  return longest && appliedOf(longest, number)
}

/** The one that is named, or that begins last of those that have begun; of two that begin at once the newer. */
async function versionAt(db: Db, deck: string, at: Wanted['at']): Promise<number | undefined> {
  const row = await db
    .selectFrom('rate_versions')
    .select('version')
    .where('deck_id', '=', deck)
    .$if('version' in at, (query) => query.where('version', '=', 'version' in at ? at.version : 0))
    .$if('atMs' in at, (query) => query.where('valid_from_ms', '<=', 'atMs' in at ? at.atMs : 0))
    .orderBy('valid_from_ms', 'desc')
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.version
}

/**
 * A version is there with its own row, which is written last: calls go on between its rates, and of one that was not
 * finished nothing is seen. Its number is not given again.
 */
async function addVersion(
  db: Db,
  clock: Pick<Clock, 'nowMs'>,
  { deck, validFromMs, rates }: { deck: string; validFromMs: number; rates: readonly Rate[] },
): Promise<DeckVersion> {
  const taken = await db
    .updateTable('rate_decks')
    .set((eb) => ({ last_version: eb('last_version', '+', 1) }))
    .where('id', '=', deck)
    .returning('last_version')
    .executeTakeFirst()
  if (taken === undefined) throw new Failure('not_found', 'there is no such rate deck')
  const row: RateVersionRow = {
    ...{ deck_id: deck, version: taken.last_version, valid_from_ms: validFromMs },
    ...{ created_at_ms: clock.nowMs(), rates: rates.length },
  }
  for (const some of portionsOf(rates)) {
    const values = some.map((rate) => rowOfRate(row, rate))
    await db.insertInto('rates').values(values).execute()
    await new Promise((resolve) => setImmediate(resolve))
  }
  await db.insertInto('rate_versions').values(row).execute()
  return versionOfRow(row)
}

const deckOfRow = (row: RateDeckRow): RateDeck => ({
  id: row.id,
  name: row.name,
  currency: row.currency,
  createdAtMs: row.created_at_ms,
})

const versionOfRow = (row: RateVersionRow): DeckVersion => ({
  version: row.version,
  validFromMs: row.valid_from_ms,
  createdAtMs: row.created_at_ms,
  rates: row.rates,
})

const rowOfRate = ({ deck_id, version }: RateVersionRow, rate: Rate): RateRow => ({
  ...{ deck_id, version, direction: rate.direction, prefix: rate.prefix },
  micro_per_minute: rate.microPerMinute,
  minimum_seconds: rate.minimumSeconds,
  increment_seconds: rate.incrementSeconds,
  connect_fee_micro: rate.connectFeeMicro,
  description: rate.description,
})

const rateOfRow = (row: RateRow): Rate => ({
  direction: row.direction as Direction,
  prefix: row.prefix,
  microPerMinute: row.micro_per_minute,
  minimumSeconds: row.minimum_seconds,
  incrementSeconds: row.increment_seconds,
  connectFeeMicro: row.connect_fee_micro,
  description: row.description,
})

function appliedOf(row: RateRow, number: string): AppliedRate {
  const { description: _, ...rate } = rateOfRow(row)
  return { ...rate, deck: row.deck_id, version: row.version, number }
}
