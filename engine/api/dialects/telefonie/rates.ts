import { type Static, Type } from 'typebox'
import type { DeckWithVersions } from '../../../app/money/rate-decks.ts'
import { Failure } from '../../../core/failures.ts'
import { amountText } from '../../../core/money/decimal.ts'
import { rateId } from '../../../core/money/rate.ts'
import { isE164 } from '../../../core/numbers.ts'
import type { DeckVersion } from '../../../core/ports/money.ts'
import { type Route, route } from '../../dialect.ts'
import { amount, currencySchema, timeIn } from './money-values.ts'
import { nullable } from './nullable.ts'
import { isoTime, normaliseNumber } from './values.ts'

const base = '/v1/voice/rates'
const tag = 'Money'
const needs = 'operator'

const versionSchema = Type.Object(
  {
    version: Type.Integer(),
    valid_from: Type.String({ format: 'date-time' }),
    created_at: Type.String({ format: 'date-time' }),
    rates: Type.Integer({ description: 'How many there are' }),
  },
  { 'x-name': 'RateDeckVersion' },
)
const deckSchema = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    currency: currencySchema,
    created_at: Type.String({ format: 'date-time' }),
    versions: Type.Array(versionSchema),
  },
  { 'x-name': 'RateDeck' },
)

const csv = Type.String({
  contentMediaType: 'text/csv',
  description:
    'A line with the names of the columns, then one for each rate: prefix (with its +: +61, or + alone for all), price_per_minute, and if wanted direction (outbound or inbound; of an inbound one the prefix is that of the number that is called), minimum_seconds and increment_seconds (60 each), connect_fee, description',
  examples: ['prefix,price_per_minute,description\n+614,0.10,Mobile\n+61,0.08,Australia\n'],
})

const newDeckSchema = Type.Object(
  {
    id: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,63}$' }),
    name: Type.String({ minLength: 1, maxLength: 100 }),
    currency: currencySchema,
    csv: Type.Optional(csv),
  },
  {
    ...{ additionalProperties: false, 'x-name': 'NewRateDeck' },
    examples: [{ id: 'retail', name: 'Retail', currency: 'AUD' }],
  },
)

const newVersionSchema = Type.Object(
  { csv },
  {
    ...{ additionalProperties: false, 'x-name': 'NewRates' },
    examples: [{ csv: 'prefix,price_per_minute\n+614,0.10\n+61,0.08\n' }],
  },
)
const deckId = Type.Object({ deck_id: Type.String({ maxLength: 64 }) })

const renderVersion = (one: DeckVersion) => ({
  version: one.version,
  valid_from: isoTime(one.validFromMs),
  created_at: isoTime(one.createdAtMs),
  rates: one.rates,
})
const render = ({ id, name, currency, createdAtMs, versions }: DeckWithVersions) => ({
  ...{ id, name, currency, created_at: isoTime(createdAtMs) },
  versions: versions.map(renderVersion),
})

/** A body that is the CSV itself. */
const alsoReads = [{ type: 'text/csv', read: (text: string) => ({ csv: text }) }]
const maxCsvBytes = 8_388_608

const list = route({
  method: 'GET',
  path: base,
  needs,
  operation: {
    ...{ id: 'listRateDecks', tag, summary: 'The rate decks' },
    description: 'The shipped one, which holds for accounts that have none of their own, is first.',
    replies: {
      200: { says: 'The decks', schema: Type.Object({ decks: Type.Array(deckSchema) }) },
    },
  },
  run: async (_request, { money }) => ({
    status: 200,
    body: { decks: (await money.decks.list()).map(render) },
  }),
})

const create = route({
  method: 'POST',
  path: base,
  body: newDeckSchema,
  bodyBytes: maxCsvBytes,
  needs,
  operation: {
    ...{ id: 'createRateDeck', tag, summary: 'Make a rate deck' },
    description:
      'With its first rates, if they are given. An account gets it by PUT /v1/voice/billing.',
    replies: { 201: { says: 'The deck', schema: deckSchema } },
  },
  async run({ body }, { money }) {
    const { csv: text, ...deck } = body
    return { status: 201, body: render(await money.decks.create(deck, text)) }
  },
})

const get = route({
  method: 'GET',
  path: `${base}/:deck_id`,
  params: deckId,
  needs,
  operation: {
    ...{ id: 'getRateDeck', tag, summary: 'A rate deck and its versions' },
    replies: { 200: { says: 'The deck', schema: deckSchema } },
  },
  run: async ({ params }, { money }) => ({
    status: 200,
    body: render(await money.decks.get(params.deck_id)),
  }),
})

const addVersion = route({
  method: 'POST',
  path: `${base}/:deck_id/versions`,
  params: deckId,
  query: Type.Object(
    {
      valid_from: Type.Optional(
        Type.String({ maxLength: 40, description: 'ISO 8601; without it: now' }),
      ),
    },
    { additionalProperties: false },
  ),
  body: newVersionSchema,
  alsoReads,
  bodyBytes: maxCsvBytes,
  needs,
  operation: {
    ...{ id: 'importRates', tag, summary: 'Give a deck new rates' },
    description:
      'They take the place of all rates of the version before from valid_from on; calls that have begun keep their price. All of the CSV is taken or none: the refusal names line and column of up to 20 mistakes. The body is JSON with `csv`, or the CSV itself as text/csv. 50,000 rates at most.',
    replies: { 201: { says: 'The version', schema: versionSchema } },
  },
  async run({ params, query, body }, { money }) {
    const validFromMs =
      query.valid_from === undefined ? undefined : timeIn(query.valid_from, 'valid_from', 0)
    const version = await money.decks.addVersion(params.deck_id, body.csv, validFromMs)
    return { status: 201, body: renderVersion(version) }
  },
})

const exportCsv = route({
  method: 'GET',
  path: `${base}/:deck_id/csv`,
  params: deckId,
  query: Type.Object(
    {
      version: Type.Optional(
        Type.Integer({ minimum: 1, description: 'Without it: the newest one' }),
      ),
    },
    { additionalProperties: false },
  ),
  needs,
  operation: {
    ...{ id: 'exportRates', tag, summary: 'The rates of a deck as CSV' },
    ...{ description: 'As importRates reads them.', produces: 'text/csv' },
    replies: { 200: { says: 'The CSV' } },
  },
  async run({ params, query }, { money }) {
    const chunks = await money.decks.export(params.deck_id, query.version)
    return { text: { type: 'text/csv; charset=utf-8', name: 'rates.csv', chunks } }
  },
})

const priceSchema = Type.Object(
  {
    to: Type.String(),
    currency: currencySchema,
    rate_id: nullable(Type.String({ description: 'deck:version:prefix; null: it is free' })),
    price_per_minute: amount('Of an answered call'),
    minimum_seconds: Type.Integer(),
    increment_seconds: Type.Integer(),
    connect_fee: amount('Once for each answered call'),
  },
  { 'x-name': 'Price' },
)

const price = route({
  method: 'GET',
  path: '/v1/voice/price',
  query: Type.Object(
    { to: Type.String({ maxLength: 32, description: 'E.164' }) },
    { additionalProperties: false },
  ),
  operation: {
    ...{ id: 'getPrice', tag, summary: 'What a call to a number would cost now' },
    replies: { 200: { says: 'Its rate', schema: priceSchema } },
  },
  async run({ account, query }, { money }) {
    const to = normaliseNumber(query.to)
    if (!isE164(to)) throw new Failure('invalid_phone_number', 'to must be E.164 (+61...)', 'to')
    const { currency, rate } = await money.price(account, to)
    const body: Static<typeof priceSchema> = {
      ...{ to, currency, rate_id: rate && rateId(rate) },
      price_per_minute: amountText(rate?.microPerMinute ?? 0),
      minimum_seconds: rate?.minimumSeconds ?? 0,
      increment_seconds: rate?.incrementSeconds ?? 0,
      connect_fee: amountText(rate?.connectFeeMicro ?? 0),
    }
    return { status: 200, body }
  },
})

export const rateRoutes: readonly Route[] = [list, create, get, addVersion, exportCsv, price]
