import type { AccountId, BoxId, DeviceId, NumberId } from '../core/ids.ts'
import {
  type BoxOptions,
  type Greeting,
  type GreetingKind,
  plainBox,
  type VoicemailBox,
  type VoicemailBoxes,
} from '../core/ports/voicemail.ts'
import { refusingDuplicates } from './duplicates.ts'
import type { Db, VoicemailBoxRow } from './schema.ts'

export function voicemailBoxStore(db: Db): VoicemailBoxes {
  const all = () => db.selectFrom('voicemail_boxes').selectAll()
  const first = async (rows: Promise<VoicemailBoxRow | undefined>) => {
    const row = await rows
    if (!row) return undefined
    const [box] = await withServed(db, [row])
    return box
  }
  return {
    async insert(box) {
      await storing(() =>
        db.transaction().execute(async (trx) => {
          await trx.insertInto('voicemail_boxes').values(rowOf(box)).execute()
          await serve(trx, box)
        }),
      )
    },
    async update(box) {
      const { id, ...rest } = rowOf(box)
      await storing(() =>
        db.transaction().execute(async (trx) => {
          await trx.updateTable('voicemail_boxes').set(rest).where('id', '=', id).execute()
          await trx.deleteFrom('voicemail_box_devices').where('box_id', '=', id).execute()
          await trx.deleteFrom('voicemail_box_numbers').where('box_id', '=', id).execute()
          await serve(trx, box)
        }),
      )
    },
    async remove(id) {
      await db.deleteFrom('voicemail_boxes').where('id', '=', id).execute()
    },
    get: (accountId, id) =>
      first(all().where('id', '=', id).where('account_id', '=', accountId).executeTakeFirst()),
    async list(accountId) {
      const rows = all().where('account_id', '=', accountId)
      return withServed(db, await rows.orderBy('created_at_ms').orderBy('id').execute())
    },
    async count(accountId) {
      const { count } = await db
        .selectFrom('voicemail_boxes')
        .select((select) => select.fn.countAll<number>().as('count'))
        .where('account_id', '=', accountId)
        .executeTakeFirstOrThrow()
      return Number(count)
    },
    ofDevice(deviceId) {
      const served = db
        .selectFrom('voicemail_box_devices')
        .select('box_id')
        .where('device_id', '=', deviceId)
      return first(all().where('id', 'in', served).executeTakeFirst())
    },
    ofNumber(numberId) {
      const served = db
        .selectFrom('voicemail_box_numbers')
        .select('box_id')
        .where('number_id', '=', numberId)
      return first(all().where('id', 'in', served).executeTakeFirst())
    },
  }
}

/** What is there already is a box of a device or number: an id of ten digits made by chance is hardly ever. */
const storing = <T>(write: () => Promise<T>): Promise<T> =>
  refusingDuplicates('a voicemail box for one of these devices or numbers', write)

/** Those that it serves, which it served not. */
async function serve(trx: Db, { id: box_id, devices, numbers }: VoicemailBox): Promise<void> {
  for (const device_id of devices) {
    await trx.insertInto('voicemail_box_devices').values({ device_id, box_id }).execute()
  }
  for (const number_id of numbers) {
    await trx.insertInto('voicemail_box_numbers').values({ number_id, box_id }).execute()
  }
}

/** As many as one query may ask for. */
const portion = 500

async function withServed(db: Db, rows: readonly VoicemailBoxRow[]): Promise<VoicemailBox[]> {
  const boxes: VoicemailBox[] = []
  for (let at = 0; at < rows.length; at += portion) {
    boxes.push(...(await portionWithServed(db, rows.slice(at, at + portion))))
  }
  return boxes
}

async function portionWithServed(
  db: Db,
  rows: readonly VoicemailBoxRow[],
): Promise<VoicemailBox[]> {
  const ids = rows.map(({ id }) => id)
  const devices = await db
    .selectFrom('voicemail_box_devices')
    .selectAll()
    .where('box_id', 'in', ids)
    .orderBy('device_id')
    .execute()
  const numbers = await db
    .selectFrom('voicemail_box_numbers')
    .selectAll()
    .where('box_id', 'in', ids)
    .orderBy('number_id')
    .execute()
  const devicesOf = Map.groupBy(devices, ({ box_id }) => box_id)
  const numbersOf = Map.groupBy(numbers, ({ box_id }) => box_id)
  return rows.map((row) => ({
    ...boxOfRow(row),
    devices: (devicesOf.get(row.id) ?? []).map(({ device_id }) => device_id as DeviceId),
    numbers: (numbersOf.get(row.id) ?? []).map(({ number_id }) => number_id as NumberId),
  }))
}

const rowOf = (box: VoicemailBox): VoicemailBoxRow => ({
  id: box.id,
  account_id: box.accountId,
  options: JSON.stringify(box.options),
  pin_hash: box.pinHash,
  greetings: JSON.stringify(box.greetings),
  created_at_ms: box.createdAtMs,
})

/** What there was not yet when it was stored is as in a new box. */
function boxOfRow(row: VoicemailBoxRow): Omit<VoicemailBox, 'devices' | 'numbers'> {
  const options = JSON.parse(row.options) as Partial<BoxOptions>
  return {
    id: row.id as BoxId,
    accountId: row.account_id as AccountId,
    options: { ...plainBox, name: row.id, ...options },
    pinHash: row.pin_hash,
    greetings: JSON.parse(row.greetings) as Partial<Record<GreetingKind, Greeting>>,
    createdAtMs: row.created_at_ms,
  }
}
