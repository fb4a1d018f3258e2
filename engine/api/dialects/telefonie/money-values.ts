import { Type } from 'typebox'
import { Failure } from '../../../core/failures.ts'
import type { AccountId } from '../../../core/ids.ts'
import { amountText, microOf } from '../../../core/money/decimal.ts'
import { type Entry, sumIn } from '../../../core/money/ledger.ts'
import type { ApiRequest } from '../../dialect.ts'
import type { Services } from '../../services.ts'
import { nullable } from './nullable.ts'
import { isoTime, readTime } from './values.ts'

/** What the routes about money have in common. */

export const amount = (description: string) =>
  Type.String({
    ...{ pattern: '^-?\\d{1,9}(\\.\\d{1,6})?$', description, examples: ['12.50'] },
  })

export const currencySchema = Type.String({
  ...{ pattern: '^[A-Z]{3}$', description: 'ISO 4217', examples: ['AUD'] },
})

/** Whose money: for the operator, who may name any account. */
export const orderIn = (usual: 'asc' | 'desc') =>
  Type.Optional(Type.Enum(['asc', 'desc'], { default: usual, description: 'desc: newest first' }))

export const accountIdSchema = Type.Optional(
  Type.String({
    maxLength: 64,
    description: 'Of another account than that of the key; for the operator',
  }),
)

export const formatSchema = Type.Optional(
  Type.Enum(['json', 'csv'], { description: 'Before what Accept says' }),
)

/** Another account's is for keys that may run the installation. */
export const whose = (
  { money }: Services,
  { account, scopes }: Pick<ApiRequest<unknown, unknown, unknown>, 'account' | 'scopes'>,
  { account_id }: { account_id?: string },
): Promise<AccountId> => {
  const mayRunIt = scopes === undefined || scopes === null || scopes.includes('operator')
  const { isOperator: _, ...asOthers } = account
  return money.whose(mayRunIt ? account : asOthers, account_id)
}

/** A client that asks for CSV, and not for JSON at least as much. */
export function wantsCsv(format: 'json' | 'csv' | undefined, accept: string): boolean {
  if (format !== undefined) return format === 'csv'
  const types = accept.split(',').map((one) => one.split(';', 1)[0]?.trim().toLowerCase())
  return types.includes('text/csv') && !types.includes('application/json')
}

/** Failure `invalid_request`. */
export function microIn(text: string, field: string): number {
  const micro = microOf(text)
  if (micro !== undefined) return micro
  throw new Failure('invalid_request', `${field} must be a decimal amount, such as 12.50`, field)
}

/** Failure `invalid_request`; without the text what stands in for it. */
export function timeIn(text: string | undefined, field: string, otherwise: number): number {
  const atMs = text === undefined ? otherwise : readTime(text)
  if (atMs !== undefined) return atMs
  throw new Failure('invalid_request', `${field} must be an ISO 8601 date or time`, field)
}

const dayMs = 86_400_000

/** The end of a period: a time is not in it any more, a date is, until its last moment in UTC. Failure `invalid_request`. */
export function endIn(text: string, field: string): number {
  const atMs = timeIn(text, field, 0)
  return text.includes('T') ? atMs : atMs + dayMs
}

/** What `endIn` reads. */
export const endText = 'ISO 8601; a time is exclusive, a date means the whole of that day in UTC'

export const entrySchema = Type.Object(
  {
    sequence: Type.Integer({ description: 'Grows by one' }),
    at: Type.String({ format: 'date-time' }),
    kind: Type.String({ examples: ['hold', 'charge', 'top-up'] }),
    amount: amount('What it made of balance and held together; a charge is negative'),
    lines: Type.Array(Type.Object({ book: Type.String(), amount: amount('They sum to zero') })),
    balance: amount('After it'),
    held: amount('After it'),
    call_id: nullable(Type.String({ format: 'uuid' })),
    reference: nullable(Type.String()),
    note: nullable(Type.String()),
  },
  { 'x-name': 'LedgerEntry' },
)

/** What an entry makes of the customer's money. */
export const effectOf = ({ lines }: Pick<Entry, 'lines'>): number =>
  sumIn(lines, 'balance') + sumIn(lines, 'held')

export const renderEntry = (entry: Entry) => ({
  sequence: entry.sequence,
  at: isoTime(entry.atMs),
  kind: entry.kind,
  amount: amountText(effectOf(entry)),
  lines: entry.lines.map(({ book, micro }) => ({ book, amount: amountText(micro) })),
  balance: amountText(entry.balanceMicro),
  held: amountText(entry.heldMicro),
  call_id: entry.callId ?? null,
  reference: entry.reference ?? null,
  note: entry.note ?? null,
})
