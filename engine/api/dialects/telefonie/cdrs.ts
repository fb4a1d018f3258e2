import { type Static, Type } from 'typebox'
import { cursorOf } from '../../../app/money/desk.ts'
import { type CsvCell, csvOf } from '../../../app/money/rate-csv.ts'
import { kindOfAnswerer } from '../../../core/answerer.ts'
import { type CallRecord, isFinal } from '../../../core/call.ts'
import { Failure } from '../../../core/failures.ts'
import type { AccountId } from '../../../core/ids.ts'
import { costOfCall } from '../../../core/money/call-money.ts'
import { amountText } from '../../../core/money/decimal.ts'
import { rateId } from '../../../core/money/rate.ts'
import type { RecordFilter } from '../../../core/ports/money.ts'
import { type Route, route } from '../../dialect.ts'
import type { Services } from '../../services.ts'
import { renderQuality } from './call-quality.ts'
import { directionSchema } from './call-schema.ts'
import { callId } from './calls.ts'
import { cursorText, readCursor } from './cdr-cursor.ts'
import { cdrSchema, finalStatuses } from './cdr-schema.ts'
import {
  accountIdSchema,
  endIn,
  endText,
  formatSchema,
  orderIn,
  timeIn,
  wantsCsv,
  whose,
} from './money-values.ts'
import { nullable } from './nullable.ts'
import { chargeText, isoTime, normaliseNumber } from './values.ts'

const querySchema = Type.Object(
  {
    account_id: accountIdSchema,
    start_time_from: Type.Optional(
      Type.String({ maxLength: 40, description: 'Began then or later, ISO 8601' }),
    ),
    start_time_to: Type.Optional(
      Type.String({ maxLength: 40, description: `Until when: ${endText}` }),
    ),
    direction: Type.Optional(directionSchema),
    status: Type.Optional(Type.Enum([...finalStatuses])),
    from: Type.Optional(Type.String({ maxLength: 256, description: 'Who called; no time' })),
    to: Type.Optional(Type.String({ maxLength: 256, description: 'Who was called; no time' })),
    order: orderIn('desc'),
    cursor: Type.Optional(Type.String({ maxLength: 100, description: 'The last answer’s next' })),
    page_size: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
    format: formatSchema,
  },
  { additionalProperties: false },
)

function filterOf(query: Static<typeof querySchema>): Omit<RecordFilter, 'limit'> {
  const { direction, status, from, to, cursor, start_time_from, start_time_to } = query
  return {
    order: query.order ?? 'desc',
    ...(direction !== undefined && { direction }),
    ...(status !== undefined && { status }),
    ...(from !== undefined && { from: normaliseNumber(from) }),
    ...(to !== undefined && { to: normaliseNumber(to) }),
    ...(start_time_from !== undefined && { fromMs: timeIn(start_time_from, 'start_time_from', 0) }),
    ...(start_time_to !== undefined && { toMs: endIn(start_time_to, 'start_time_to') }),
    ...(cursor !== undefined && { after: readCursor(cursor) }),
  }
}

function render(call: CallRecord): Static<typeof cdrSchema> {
  const cost = costOfCall(call)
  const { money, answeredAtMs, endedAtMs } = call
  const rate = money?.rate ?? null
  const durationMs = answeredAtMs === null || endedAtMs === null ? 0 : endedAtMs - answeredAtMs
  return {
    id: call.id,
    parent_call_id: call.parentId,
    direction: call.direction,
    from: call.from,
    to: call.to,
    status: call.status,
    end_reason: call.endReason,
    start_time: isoTime(call.startedAtMs ?? call.createdAtMs),
    answered_at: isoTime(answeredAtMs),
    end_time: isoTime(endedAtMs),
    duration_ms: Math.max(0, durationMs),
    billed_seconds: money?.billedSeconds ?? null,
    price: cost === null ? null : chargeText(cost.micro),
    price_unit: cost?.currency ?? null,
    price_per_minute: rate && amountText(rate.microPerMinute),
    rate_id: rate && rateId(rate),
    answered_by: call.answeredBy ? kindOfAnswerer(call.answeredBy) : null,
    trunk_id: call.trunkId,
    device_id: call.deviceId,
    recording_id: call.recordingId,
    quality: call.quality ? renderQuality(call.quality) : null,
  }
}

/** One line: what is inside `quality` stands in columns of its own. */
function cellsOf(call: CallRecord): Record<string, CsvCell> {
  const { quality, ...rest } = render(call)
  return {
    ...rest,
    codec: quality?.codec ?? null,
    mos: quality?.mos ?? null,
    loss_percent: quality?.loss_percent ?? null,
    jitter_ms: quality?.jitter_ms ?? null,
    round_trip_ms: quality?.round_trip_ms ?? null,
    remote_loss_percent: quality?.remote_loss_percent ?? null,
    remote_jitter_ms: quality?.remote_jitter_ms ?? null,
  }
}

const ofQuality = ['codec', 'mos', 'loss_percent', 'jitter_ms', 'round_trip_ms']
const csvColumns = [
  ...Object.keys(cdrSchema.properties).filter((name) => name !== 'quality'),
  ...[...ofQuality, 'remote_loss_percent', 'remote_jitter_ms'],
]

async function* csvLines(
  { money }: Services,
  id: AccountId,
  filter: Omit<RecordFilter, 'limit'>,
): AsyncIterable<string> {
  yield csvOf([csvColumns])
  for await (const page of money.allRecords(id, filter)) {
    const rows = page.map(cellsOf)
    yield csvOf(rows.map((row) => csvColumns.map((name) => row[name] ?? null)))
  }
}

const list = route({
  method: 'GET',
  path: '/v1/voice/cdrs',
  query: querySchema,
  operation: {
    id: 'listCallRecords',
    tag: 'Money',
    summary: 'Call detail records',
    description:
      'Each leg that is over, with its price and how it sounded; the legs that a call dialed have its id as parent_call_id. As CSV (Accept: text/csv, or format=csv) all that fit the filter in one answer, without pages.',
    alsoProduces: ['text/csv'],
    replies: {
      200: {
        says: 'Records',
        schema: Type.Object(
          {
            cdrs: Type.Array(cdrSchema),
            next: nullable(
              Type.String({ description: 'The next page has this cursor; null: there is none' }),
            ),
          },
          { 'x-name': 'CallDetailRecords' },
        ),
      },
    },
  },
  async run(request, services) {
    const { query, accept } = request
    const id = await whose(services, request, query)
    const filter = filterOf(query)
    if (wantsCsv(query.format, accept)) {
      const chunks = csvLines(services, id, filter)
      return { text: { type: 'text/csv; charset=utf-8', name: 'cdrs.csv', chunks } }
    }
    const limit = query.page_size ?? 100
    // One more than is shown tells whether there are more.
    const found = await services.money.records(id, { ...filter, limit: limit + 1 })
    const shown = found.slice(0, limit)
    const last = shown.at(-1)
    const next = last !== undefined && found.length > limit ? cursorText(cursorOf(last)) : null
    return { status: 200, body: { cdrs: shown.map(render), next } }
  },
})

const get = route({
  method: 'GET',
  path: '/v1/voice/cdrs/:call_id',
  params: Type.Object({ call_id: Type.String({ maxLength: 64 }) }),
  operation: {
    ...{ id: 'getCallRecord', tag: 'Money', summary: 'One call detail record' },
    replies: { 200: { says: 'The record of a call that is over', schema: cdrSchema } },
  },
  async run({ account, params }, { callCentre }) {
    const call = await callCentre.getCall(account.id, callId(params.call_id))
    if (!isFinal(call.status)) throw new Failure('call_live', 'The call is not over')
    return { status: 200, body: render(call) }
  },
})

export const cdrRoutes: readonly Route[] = [list, get]
