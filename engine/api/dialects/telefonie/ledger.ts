import { Type } from 'typebox'
import { entryKinds } from '../../../core/money/ledger.ts'
import { type Route, route } from '../../dialect.ts'
import { callId } from './calls.ts'
import { accountIdSchema, entrySchema, orderIn, renderEntry, whose } from './money-values.ts'
import { nullable } from './nullable.ts'

const list = route({
  method: 'GET',
  path: '/v1/voice/ledger',
  query: Type.Object(
    {
      account_id: accountIdSchema,
      after: Type.Optional(
        Type.Integer({
          ...{ minimum: 0, default: 0 },
          description: 'The last sequence that you have, in that order',
        }),
      ),
      order: orderIn('asc'),
      page_size: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 100 })),
      call_id: Type.Optional(Type.String({ maxLength: 64 })),
      kind: Type.Optional(Type.Enum([...entryKinds])),
    },
    { additionalProperties: false },
  ),
  operation: {
    id: 'listLedger',
    tag: 'Money',
    summary: 'Every entry of an account',
    description:
      'Double entry: the lines of each sum to zero, entries are never changed or removed. balance and held are the customer’s; revenue, funds (top-ups) and adjustments are the other sides.',
    replies: {
      200: {
        says: 'Entries',
        schema: Type.Object(
          {
            entries: Type.Array(entrySchema),
            next: nullable(
              Type.Integer({ description: 'The next page is after this one; null: there is none' }),
            ),
          },
          { 'x-name': 'Ledger' },
        ),
      },
    },
  },
  async run(request, services) {
    const { query } = request
    const id = await whose(services, request, query)
    const { after = 0, order = 'asc', page_size: limit = 100, call_id, kind } = query
    const entries = await services.money.entries(id, {
      ...{ after, order, limit },
      ...(call_id !== undefined && { callId: callId(call_id) }),
      ...(kind !== undefined && { kinds: [kind] }),
    })
    const next = entries.length === limit ? (entries.at(-1)?.sequence ?? null) : null
    return { status: 200, body: { entries: entries.map(renderEntry), next } }
  },
})

export const ledgerRoutes: readonly Route[] = [list]
