import { type Static, Type } from 'typebox'
import type { Rerating } from '../../../app/money/rerate.ts'
import { Failure } from '../../../core/failures.ts'
import { amountText } from '../../../core/money/decimal.ts'
import { type Route, route } from '../../dialect.ts'
import { cursorText, readCursor } from './cdr-cursor.ts'
import { accountIdSchema, amount, endIn, endText, timeIn, whose } from './money-values.ts'
import { nullable } from './nullable.ts'

const requestSchema = Type.Object(
  {
    account_id: accountIdSchema,
    from: Type.String({ maxLength: 40, description: 'Calls that began then or later, ISO 8601' }),
    to: Type.String({ maxLength: 40, description: `Until when: ${endText}` }),
    rate_deck: Type.String({ maxLength: 64 }),
    version: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'Without it: for each call the one that was valid when it began',
      }),
    ),
    dry_run: Type.Optional(
      Type.Boolean({ default: true, description: 'false books the differences' }),
    ),
    cursor: Type.Optional(Type.String({ maxLength: 100, description: 'The last answer’s next' })),
  },
  {
    ...{ additionalProperties: false, 'x-name': 'RerateRequest' },
    examples: [{ from: '2026-01-01', to: '2026-01-31', rate_deck: 'retail', dry_run: true }],
  },
)

const resultSchema = Type.Object(
  {
    dry_run: Type.Boolean(),
    calls: Type.Integer({ description: 'That were looked at' }),
    unpriced: Type.Array(Type.String({ format: 'uuid' }), {
      description: 'Calls for which the deck has no price: they keep theirs',
    }),
    changed: Type.Array(
      Type.Object({
        call_id: Type.String({ format: 'uuid' }),
        before: amount('What it cost'),
        after: amount('What it costs'),
        billed_seconds: Type.Integer(),
        rate_id: Type.String(),
      }),
    ),
    difference: amount('Of all that changed; negative: less is owed'),
    next: nullable(Type.String({ description: 'Where to go on; null: all calls were looked at' })),
  },
  { 'x-name': 'Rerating' },
)

const render = (isDry: boolean, done: Rerating): Static<typeof resultSchema> => ({
  dry_run: isDry,
  calls: done.calls,
  unpriced: [...done.unpriced],
  changed: done.changed.map((one) => ({
    call_id: one.callId,
    before: amountText(one.beforeMicro),
    after: amountText(one.afterMicro),
    billed_seconds: one.billedSeconds,
    rate_id: one.rateId,
  })),
  difference: amountText(done.differenceMicro),
  next: done.next === null ? null : cursorText(done.next),
})

const rerate = route({
  method: 'POST',
  path: '/v1/voice/rerate',
  body: requestSchema,
  needs: 'operator',
  operation: {
    id: 'rerateCalls',
    tag: 'Money',
    summary: 'Rate the paid calls of a period again',
    description:
      'For each call whose price by the deck is another one an entry of the difference is made (kind re-rating) and the call has the new price: first as a dry run, which books nothing and says the same. Asked again nothing is found to change. A correction may take the balance below its limit: it is owed. 1,000 calls at a time: go on with next.',
    replies: { 200: { says: 'What changed', schema: resultSchema } },
  },
  async run(request, services) {
    const { body } = request
    const id = await whose(services, request, body)
    const fromMs = timeIn(body.from, 'from', 0)
    const toMs = endIn(body.to, 'to')
    if (fromMs >= toMs) throw new Failure('invalid_request', 'to must be after from', 'to')
    const isDry = body.dry_run ?? true
    const done = await services.money.rerate(id, {
      ...{ fromMs, toMs, deck: body.rate_deck, isDry },
      ...(body.version !== undefined && { version: body.version }),
      ...(body.cursor !== undefined && { after: readCursor(body.cursor) }),
    })
    return { status: 200, body: render(isDry, done) }
  },
})

export const rerateRoutes: readonly Route[] = [rerate]
