import { Type } from 'typebox'
import { csvOf } from '../../../app/money/rate-csv.ts'
import { Failure } from '../../../core/failures.ts'
import type { AccountId } from '../../../core/ids.ts'
import { amountText } from '../../../core/money/decimal.ts'
import type { EntryKind, MoneyAccount } from '../../../core/money/ledger.ts'
import type { Standing, StatementSums } from '../../../core/ports/money.ts'
import { type Route, route } from '../../dialect.ts'
import type { Services } from '../../services.ts'
import {
  accountIdSchema,
  amount,
  currencySchema,
  effectOf,
  endIn,
  endText,
  formatSchema,
  timeIn,
  wantsCsv,
  whose,
} from './money-values.ts'
import { isoTime } from './values.ts'

/** What is the account's: free or set aside. */
const total = ({ balanceMicro, heldMicro }: Standing): number => balanceMicro + heldMicro

const standingSchema = Type.Object({
  total: amount('balance and held'),
  balance: amount('Free'),
  held: amount('Set aside for calls that are not over'),
})
const sumSchema = Type.Object({ count: Type.Integer(), amount: amount('A charge is negative') })

const statementSchema = Type.Object(
  {
    account_id: Type.String({ format: 'uuid' }),
    currency: currencySchema,
    from: Type.String({ format: 'date-time' }),
    to: Type.String({ format: 'date-time' }),
    opening: standingSchema,
    calls: sumSchema,
    top_ups: sumSchema,
    adjustments: sumSchema,
    re_rating: sumSchema,
    closing: standingSchema,
  },
  { 'x-name': 'Statement' },
)

/** Entries that only move money between balance and held are left out. */
const shownKinds = ['charge', 'top-up', 'adjustment', 're-rating'] as const satisfies EntryKind[]

interface Period {
  readonly fromMs: number
  readonly toMs: number
}

const renderStanding = (standing: Standing) => ({
  total: amountText(total(standing)),
  balance: amountText(standing.balanceMicro),
  held: amountText(standing.heldMicro),
})

function render(account: MoneyAccount, { fromMs, toMs }: Period, sums: StatementSums) {
  const of = (kind: EntryKind) => {
    const { count = 0, micro = 0 } = sums.kinds.find((one) => one.kind === kind) ?? {}
    return { count, amount: amountText(micro) }
  }
  return {
    account_id: account.accountId,
    currency: account.currency,
    from: isoTime(fromMs),
    to: isoTime(toMs),
    opening: renderStanding(sums.opening),
    calls: of('charge'),
    top_ups: of('top-up'),
    adjustments: of('adjustment'),
    re_rating: of('re-rating'),
    closing: renderStanding(sums.closing),
  }
}

const head = ['at', 'kind', 'amount', 'total', 'currency', 'call_id', 'reference', 'note'] as const
const pageSize = 500

async function* csvLines(
  { money }: Services,
  id: AccountId,
  { fromMs, toMs }: Period,
): AsyncIterable<string> {
  const { currency } = await money.account(id)
  const { opening, closing } = await money.statement(id, fromMs, toMs)
  const edge = (atMs: number, kind: string, standing: Standing) =>
    csvOf([[isoTime(atMs), kind, null, amountText(total(standing)), currency, null, null, null]])
  yield csvOf([head]) + edge(fromMs, 'opening', opening)
  const filter = { limit: pageSize, fromMs, toMs, kinds: shownKinds }
  for (let after = 0; ; ) {
    const entries = await money.entries(id, { ...filter, after })
    yield csvOf(
      entries.map((entry) => [
        ...[isoTime(entry.atMs), entry.kind, amountText(effectOf(entry))],
        ...[amountText(total(entry)), currency, entry.callId ?? null],
        ...[entry.reference ?? null, entry.note ?? null],
      ]),
    )
    const last = entries.at(-1)
    if (last === undefined || entries.length < pageSize) break
    after = last.sequence
  }
  yield edge(toMs, 'closing', closing)
}

const get = route({
  method: 'GET',
  path: '/v1/voice/statements',
  query: Type.Object(
    {
      account_id: accountIdSchema,
      from: Type.String({ maxLength: 40, description: 'ISO 8601; inclusive' }),
      to: Type.String({ maxLength: 40, description: endText }),
      format: formatSchema,
    },
    { additionalProperties: false },
  ),
  operation: {
    id: 'getStatement',
    tag: 'Money',
    summary: 'What an account had, paid and spent in a period',
    description:
      'opening and what came and went make closing, to the micro-unit. As CSV (Accept: text/csv, or format=csv): each entry that changed the total, between the two.',
    alsoProduces: ['text/csv'],
    replies: { 200: { says: 'The statement', schema: statementSchema } },
  },
  async run(request, services) {
    const { query, accept } = request
    const id = await whose(services, request, query)
    const period = { fromMs: timeIn(query.from, 'from', 0), toMs: endIn(query.to, 'to') }
    if (period.fromMs >= period.toMs) {
      throw new Failure('invalid_request', 'to must be after from', 'to')
    }
    if (wantsCsv(query.format, accept)) {
      const chunks = csvLines(services, id, period)
      return { text: { type: 'text/csv; charset=utf-8', name: 'statement.csv', chunks } }
    }
    const sums = await services.money.statement(id, period.fromMs, period.toMs)
    return { status: 200, body: render(await services.money.account(id), period, sums) }
  },
})

export const statementRoutes: readonly Route[] = [get]
