import { type Static, Type } from 'typebox'
import type { Booking } from '../../../app/money/desk.ts'
import { Failure } from '../../../core/failures.ts'
import { billings } from '../../../core/money/call-money.ts'
import { amountText } from '../../../core/money/decimal.ts'
import type { MoneyAccount, MoneySettings } from '../../../core/money/ledger.ts'
import { type Route, route } from '../../dialect.ts'
import {
  accountIdSchema,
  amount,
  currencySchema,
  entrySchema,
  microIn,
  renderEntry,
  whose,
} from './money-values.ts'
import { nullable } from './nullable.ts'

const tag = 'Money'

const creditLimit = nullable(
  amount('How far below zero the balance may go; null: without a limit, for postpaid alone'),
)
const lowBalance = Type.Array(amount('A threshold'), {
  ...{ maxItems: 10, description: 'Falling below one of them is the event balance.low' },
})
const rateDeck = nullable(
  Type.String({ maxLength: 64, description: 'Of /v1/voice/rates; null: the shipped rates' }),
)
const billing = Type.Enum([...billings], {
  description:
    'off: calls are priced, and nothing is booked; prepaid and postpaid: they are paid from the balance',
})

const balanceSchema = Type.Object(
  {
    billing,
    currency: currencySchema,
    balance: amount('What may be spent, beside the credit'),
    held: amount('Set aside for calls that are not over'),
    credit_limit: creditLimit,
    low_balance: lowBalance,
    rate_deck: rateDeck,
  },
  { 'x-name': 'Balance' },
)

const render = (account: MoneyAccount): Static<typeof balanceSchema> => ({
  billing: account.billing,
  currency: account.currency,
  balance: amountText(account.balanceMicro),
  held: amountText(account.heldMicro),
  credit_limit: account.creditLimitMicro === null ? null : amountText(account.creditLimitMicro),
  low_balance: account.lowBalanceMicro.map(amountText),
  rate_deck: account.deck,
})

const query = Type.Object({ account_id: accountIdSchema }, { additionalProperties: false })
const reply = { 200: { says: 'How the account pays and what it has', schema: balanceSchema } }

const get = route({
  method: 'GET',
  path: '/v1/voice/balance',
  query,
  operation: {
    ...{ id: 'getBalance', tag, summary: 'What an account may spend', replies: reply },
    description:
      'A call takes its first minute from the balance when it begins, each further one before it begins, and gives back with its end what it did not need. Without the money for its first minute it is refused: 402 insufficient_credits. When the next minute is not covered the call has the event credits.low and both phones hear it said; with the end of the minute that is paid it ends with insufficient_credits.',
  },
  async run(request, services) {
    const id = await whose(services, request, request.query)
    return { status: 200, body: render(await services.money.account(id)) }
  },
})

const settingsSchema = Type.Object(
  {
    account_id: accountIdSchema,
    billing: Type.Optional(billing),
    currency: Type.Optional(currencySchema),
    credit_limit: Type.Optional(creditLimit),
    low_balance: Type.Optional(lowBalance),
    rate_deck: Type.Optional(rateDeck),
  },
  {
    ...{ additionalProperties: false, 'x-name': 'BillingSettings' },
    examples: [{ billing: 'prepaid', low_balance: ['5.00'], rate_deck: null }],
  },
)

function settingsOf(body: Static<typeof settingsSchema>): Partial<MoneySettings> {
  const { billing: how, currency, credit_limit, low_balance, rate_deck } = body
  const limit = credit_limit === null ? null : microIn(credit_limit ?? '0', 'credit_limit')
  return {
    ...(how !== undefined && { billing: how }),
    ...(currency !== undefined && { currency }),
    ...(credit_limit !== undefined && { creditLimitMicro: limit }),
    ...(low_balance && {
      lowBalanceMicro: low_balance.map((text) => microIn(text, 'low_balance')),
    }),
    ...(rate_deck !== undefined && { deck: rate_deck }),
  }
}

const configure = route({
  method: 'PUT',
  path: '/v1/voice/billing',
  body: settingsSchema,
  needs: 'operator',
  operation: {
    ...{ id: 'setBilling', tag, summary: 'Say how an account pays' },
    description:
      'What is not given stays. Calls that have begun go on by what they began with. The currency is that of the rate deck, and is not changed once something was booked.',
    replies: reply,
  },
  async run(request, services) {
    const { body } = request
    const id = await whose(services, request, body)
    return { status: 200, body: render(await services.money.configure(id, settingsOf(body))) }
  },
})

const bookingSchema = (name: string, what: string, example: object) =>
  Type.Object(
    {
      account_id: accountIdSchema,
      amount: amount(what),
      reference: Type.String({
        ...{ minLength: 1, maxLength: 100 },
        description: 'Yours, such as the number of a payment: it is booked once',
      }),
      note: Type.Optional(Type.String({ maxLength: 500 })),
    },
    {
      ...{ additionalProperties: false, 'x-name': name },
      examples: [example],
    },
  )

const topUpSchema = bookingSchema('TopUp', 'More than zero', {
  amount: '50.00',
  reference: 'payment-4711',
})
const adjustmentSchema = bookingSchema('Adjustment', 'Negative takes from the balance', {
  amount: '-1.50',
  reference: 'correction-12',
})

const bookedReplies = {
  201: { says: 'It was booked', schema: entrySchema },
  200: { says: 'The reference was booked before: that entry', schema: entrySchema },
}

function bookingOf(
  kind: Booking['kind'],
  { amount: text, reference, note }: Static<typeof topUpSchema>,
): Booking {
  const amountMicro = microIn(text, 'amount')
  if (amountMicro === 0 || (kind === 'top-up' && amountMicro < 0)) {
    throw new Failure('invalid_request', 'amount must be more than zero', 'amount')
  }
  return { kind, amountMicro, reference, ...(note === undefined ? {} : { note }) }
}

const bookingRoute = (
  kind: Booking['kind'],
  path: string,
  body: typeof topUpSchema,
  operation: { id: string; summary: string; description: string },
): Route =>
  route({
    ...{ method: 'POST', path, body, needs: 'operator' },
    operation: { ...operation, tag, replies: bookedReplies },
    async run(request, services) {
      const { body: asked } = request
      const id = await whose(services, request, asked)
      const { entry, isNew } = await services.money.book(id, bookingOf(kind, asked))
      return { status: isNew ? 201 : 200, body: renderEntry(entry) }
    },
  })

export const balanceRoutes: readonly Route[] = [
  get,
  configure,
  bookingRoute('top-up', '/v1/voice/top-ups', topUpSchema, {
    id: 'topUp',
    summary: 'Add to the balance of an account',
    description: 'Once for each reference, however often it is asked for.',
  }),
  bookingRoute('adjustment', '/v1/voice/adjustments', adjustmentSchema, {
    id: 'adjustBalance',
    summary: 'Change the balance of an account',
    description:
      'Once for each reference. What would take the balance below its limit is refused: 402 insufficient_credits.',
  }),
]
