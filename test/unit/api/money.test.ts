/** The routes about money, over a real store. */
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { renderError, statusOf } from '../../../engine/api/dialects/fonenumber/error.ts'
import type { CallRecord } from '../../../engine/core/call.ts'
import { InsufficientCredits } from '../../../engine/core/failures.ts'
import type { CallId } from '../../../engine/core/ids.ts'
import { type CallMoney, freshMoney, settledMoney } from '../../../engine/core/money/call-money.ts'
import { shippedRate } from '../../../engine/core/rates.ts'
import { type ApiLab, apiLab, callRecord, otherKey, ours, startMs, theirs } from './api-lab.ts'

let lab: ApiLab
beforeEach(async () => {
  lab = await apiLab()
  const opened = lab
  onTestFinished(() => opened.close())
})

type Json = Record<string, unknown>
const get = async (url: string, headers: Record<string, string> = {}) => {
  const { status, body } = await lab.ask({ method: 'GET', url, headers })
  return { status, body: body as Json }
}
const send = async (method: 'POST' | 'PUT', url: string, payload: unknown, type?: string) => {
  const headers = type === undefined ? {} : { 'content-type': type }
  const { status, body } = await lab.ask({ method, url, headers, payload: payload as object })
  return { status, body: body as Json }
}
const asOther = { 'x-api-key': otherKey }
const prepaid = () => send('PUT', '/v1/voice/billing', { billing: 'prepaid' })
const topUp = (amount: string, reference = amount) =>
  send('POST', '/v1/voice/top-ups', { amount, reference })

const mobile = '+61412345678'
let made = 0
/** A paid call that was answered so long, or not at all. */
async function paidCall(answeredMs: number | null, changes: Partial<CallRecord> = {}) {
  made++
  const id = `22222222-2222-4333-8444-${String(made).padStart(12, '0')}` as CallId
  const money = freshMoney('prepaid', 'AUD', shippedRate('outbound', mobile) ?? null)
  const begun = callRecord({ id, to: mobile, money, startedAtMs: startMs + made, ...changes })
  await lab.put(begun)
  return lab.put({
    ...begun,
    status: answeredMs === null ? 'no-answer' : 'completed',
    answeredAtMs: answeredMs === null ? null : startMs,
    endedAtMs: startMs + (answeredMs ?? 0),
    money: settledMoney(begun.money as CallMoney, answeredMs),
  })
}

describe('balance', () => {
  test('an account of which nobody has said anything', async () => {
    expect(await get('/v1/voice/balance')).toEqual({
      status: 200,
      body: {
        ...{ billing: 'off', currency: 'AUD', balance: '0.00', held: '0.00' },
        ...{ credit_limit: '0.00', low_balance: [], rate_deck: null },
      },
    })
  })

  test('topped up once for each reference', async () => {
    await prepaid()
    const first = await topUp('12.5', 'payment 1')
    expect(first).toMatchObject({
      status: 201,
      body: { kind: 'top-up', amount: '12.50', balance: '12.50', reference: 'payment 1' },
    })
    expect(await topUp('12.50', 'payment 1')).toEqual({ status: 200, body: first.body })
    const other = await topUp('13', 'payment 1')
    expect(other).toMatchObject({ status: 409, body: { error: { code: 'already_exists' } } })
    expect((await get('/v1/voice/balance')).body).toMatchObject({ balance: '12.50' })
  })

  test('a top-up of nothing, or of what is no amount, is refused', async () => {
    await prepaid()
    for (const amount of ['0', '-1', '1.1234567', '1e3', ' 1', '']) {
      expect(await topUp(amount, 'x')).toMatchObject({ status: 400 })
    }
  })

  test('an adjustment does not go below the limit', async () => {
    await prepaid()
    const adjust = (amount: string) =>
      send('POST', '/v1/voice/adjustments', { amount, reference: amount })
    expect(await adjust('-0.01')).toMatchObject({
      ...{ status: 402, body: { error: { code: 'insufficient_credits' } } },
    })
    await send('PUT', '/v1/voice/billing', { credit_limit: '1' })
    expect(await adjust('-1.00')).toMatchObject({ status: 201, body: { balance: '-1.00' } })
  })

  test('is never more than can be written and counted', async () => {
    const amount = '999999999.999999'
    await send('PUT', '/v1/voice/billing', { billing: 'prepaid' })
    const add = (reference: string) => send('POST', '/v1/voice/top-ups', { amount, reference })
    expect((await add('first')).status).toBe(201)
    expect(await add('second')).toMatchObject({
      ...{ status: 400, body: { error: { code: 'invalid_request', field: 'amount' } } },
    })
    expect((await add('first')).status).toBe(200)
    expect((await get('/v1/voice/balance')).body).toMatchObject({ balance: amount })
  })

  test('settings that do not fit are refused, with their field', async () => {
    for (const [settings, field] of [
      [{ billing: 'prepaid', credit_limit: null }, 'credit_limit'],
      [{ rate_deck: 'none' }, 'rate_deck'],
      [{ currency: 'EUR' }, 'rate_deck'],
    ]) {
      const { status, body } = await send('PUT', '/v1/voice/billing', settings)
      expect(status).toBeGreaterThanOrEqual(400)
      expect(body['error']).toMatchObject({ field })
    }
  })
})

describe('whose money', () => {
  test('the operator sees to any account, others to their own', async () => {
    const settings = { account_id: theirs.id, billing: 'prepaid' }
    expect((await send('PUT', '/v1/voice/billing', settings)).status).toBe(200)
    await send('POST', '/v1/voice/top-ups', { account_id: theirs.id, amount: '3', reference: 'x' })
    expect((await get('/v1/voice/balance', asOther)).body).toMatchObject({ balance: '3.00' })
    expect((await get(`/v1/voice/balance?account_id=${theirs.id}`)).body).toMatchObject({
      balance: '3.00',
    })
    expect((await get(`/v1/voice/balance?account_id=${ours.id}`, asOther)).status).toBe(404)
    expect((await get('/v1/voice/balance?account_id=nobody')).status).toBe(404)
  })

  test('that of others is for keys of the operator that may run the installation', async () => {
    const { body } = await send('POST', '/v1/voice/keys', { scopes: ['read', 'money'] })
    const mayRead = { 'x-api-key': String(body['key']) }
    expect((await get('/v1/voice/balance', mayRead)).status).toBe(200)
    for (const what of [
      'balance?',
      'ledger?',
      'cdrs?',
      'statements?from=2026-01-01&to=2026-02-01&',
    ]) {
      const asked = await get(`/v1/voice/${what}account_id=${theirs.id}`, mayRead)
      expect([what, asked.status]).toEqual([what, 404])
    }
  })

  test('what is the operator’s is forbidden to others', async () => {
    for (const [method, url, payload] of [
      ['PUT', '/v1/voice/billing', { billing: 'off' }],
      ['POST', '/v1/voice/top-ups', { amount: '1', reference: 'x' }],
      ['POST', '/v1/voice/adjustments', { amount: '1', reference: 'x' }],
      ['POST', '/v1/voice/rates', { id: 'x', name: 'x', currency: 'AUD' }],
      ['POST', '/v1/voice/rerate', { from: '2026-01-01', to: '2026-02-01', rate_deck: 'shipped' }],
      ['GET', '/v1/voice/rates', undefined],
      ['GET', '/v1/voice/rates/shipped/csv', undefined],
    ] as const) {
      const { status, body } = await lab.ask({
        ...{ method, url, headers: asOther },
        ...(payload && { payload }),
      })
      expect([status, (body as { error: Json }).error['code']]).toEqual([403, 'forbidden'])
    }
  })
})

describe('ledger and statement', () => {
  test('every entry, page by page; its lines sum to zero', async () => {
    await prepaid()
    await topUp('1')
    const call = await paidCall(61_000)
    const first = (await get('/v1/voice/ledger?page_size=2')).body as {
      entries: { kind: string; sequence: number; lines: { amount: string }[] }[]
      next: number
    }
    expect(first.entries.map(({ kind }) => kind)).toEqual(['top-up', 'hold'])
    const { body } = await get(`/v1/voice/ledger?after=${first.next}&page_size=2`)
    expect(body).toMatchObject({
      next: null,
      entries: [{ kind: 'charge', amount: '-0.20', call_id: call.id, balance: '0.80' }],
    })
    for (const { lines } of first.entries) {
      expect(lines.reduce((sum, { amount }) => sum + Number(amount), 0)).toBe(0)
    }
    const ofCall = (await get(`/v1/voice/ledger?call_id=${call.id}`)).body as { entries: [] }
    expect(ofCall.entries).toHaveLength(2)
    const newest = await get('/v1/voice/ledger?order=desc&page_size=2')
    expect(newest.body).toMatchObject({ next: 2, entries: [{ sequence: 3 }, { sequence: 2 }] })
  })

  test('opening and what came and went make closing; the CSV says the same', async () => {
    await prepaid()
    await topUp('1')
    lab.time.nowMs += 86_400_000
    await paidCall(61_000)
    await paidCall(null)
    await send('POST', '/v1/voice/adjustments', { amount: '-0.05', reference: 'x' })
    const period = 'from=2026-01-03&to=2026-01-04'
    expect((await get(`/v1/voice/statements?${period}`)).body).toMatchObject({
      opening: { total: '1.00', balance: '1.00', held: '0.00' },
      calls: { count: 2, amount: '-0.20' },
      adjustments: { count: 1, amount: '-0.05' },
      top_ups: { count: 0, amount: '0.00' },
      closing: { total: '0.75' },
    })
    const url = `/v1/voice/statements?${period}`
    const { body, headers } = await lab.app
      .inject({ url, headers: { 'x-api-key': 'sk_test_0123456789abcdef', accept: 'text/csv' } })
      .then((answer) => ({ body: answer.body, headers: answer.headers }))
    expect(headers['content-type']).toBe('text/csv; charset=utf-8')
    const rows = body
      .trim()
      .split('\n')
      .map((line) => line.split(','))
    expect(rows.map((row) => row.slice(1, 4))).toEqual([
      ['kind', 'amount', 'total'],
      ['opening', '', '1.00'],
      ['charge', '-0.20', '0.80'],
      ['charge', '0.00', '0.80'],
      ['adjustment', '-0.05', '0.75'],
      ['closing', '', '0.75'],
    ])
  })

  test('to as a date is the whole of that day, as a time it is exclusive', async () => {
    await prepaid()
    lab.time.nowMs = Date.UTC(2026, 10, 30, 23, 59, 59, 999)
    await topUp('1')
    lab.time.nowMs += 1
    await topUp('2')
    const until = async (to: string) =>
      (await get(`/v1/voice/statements?from=2026-11-30&to=${to}`)).body
    expect(await until('2026-11-30')).toMatchObject({
      ...{ from: '2026-11-30T00:00:00.000Z', to: '2026-12-01T00:00:00.000Z' },
      ...{ top_ups: { count: 1, amount: '1.00' }, closing: { total: '1.00' } },
    })
    expect(await until('2026-11-30T23:59:59.999Z')).toMatchObject({ top_ups: { count: 0 } })
    expect(await until('2026-12-01')).toMatchObject({ top_ups: { count: 2, amount: '3.00' } })
  })

  test('a statement of no period is refused', async () => {
    for (const [query, field] of [
      ['from=2026-01-04&to=2026-01-03', 'to'],
      ['from=2026-01-04T00:00:00Z&to=2026-01-04T00:00:00Z', 'to'],
      ['from=yesterday&to=2026-01-04', 'from'],
    ]) {
      const { status, body } = await get(`/v1/voice/statements?${query}`)
      expect([status, (body['error'] as Json)['field']]).toEqual([400, field])
    }
  })
})

describe('rate decks', () => {
  const csv = (...lines: string[]) => ['prefix,price_per_minute,description', ...lines].join('\n')
  const create = (text?: string) =>
    send('POST', '/v1/voice/rates', {
      ...{ id: 'retail', name: 'Retail', currency: 'AUD' },
      ...(text === undefined ? {} : { csv: text }),
    })
  const exported = async (deck: string, version = '') => {
    const headers = { 'x-api-key': 'sk_test_0123456789abcdef' }
    return (await lab.app.inject({ url: `/v1/voice/rates/${deck}/csv${version}`, headers })).body
  }

  test('the shipped one is the seed’s Australian prices', async () => {
    expect(await exported('shipped')).toBe(
      [
        'direction,prefix,price_per_minute,minimum_seconds,increment_seconds,connect_fee,description',
        'outbound,+614,0.10,60,60,0.00,"Australia, mobile"',
        'outbound,+61,0.08,60,60,0.00,Australia',
        'outbound,+1500555,0.00,60,60,0.00,Lab carrier',
        'outbound,+,0.25,60,60,0.00,Elsewhere\n',
      ].join('\n'),
    )
    const change = await send('POST', '/v1/voice/rates/shipped/versions', { csv: csv('+1,1') })
    expect(change.status).toBe(403)
  })

  test('made, given another version as CSV, exported, and imported again the same', async () => {
    expect(await create(csv('+61,0.05,"Down, under"', '+,0.3,'))).toMatchObject({
      ...{ status: 201, body: { versions: [{ version: 1, rates: 2 }] } },
    })
    const next = csv('+61,0.055555,Down')
    const url = '/v1/voice/rates/retail/versions?valid_from=2026-02-01'
    expect(await send('POST', url, next, 'text/csv')).toMatchObject({
      ...{ status: 201, body: { version: 2, rates: 1, valid_from: '2026-02-01T00:00:00.000Z' } },
    })
    const first = await exported('retail', '?version=1')
    expect(await exported('retail')).toContain('outbound,+61,0.055555,60,60,0.00,Down')
    await send('POST', '/v1/voice/rates/retail/versions', first, 'text/csv')
    expect(await exported('retail', '?version=3')).toBe(first)
    await send('PUT', '/v1/voice/billing', { rate_deck: 'retail' })
    const price = () => get('/v1/voice/price?to=%2B61412345678')
    expect((await price()).body).toMatchObject({
      rate_id: 'retail:3:+61',
      price_per_minute: '0.05',
    })
    lab.time.nowMs = Date.UTC(2026, 1, 1)
    expect((await price()).body).toMatchObject({ rate_id: 'retail:2:+61' })
  })

  test('of a CSV with a fault nothing is taken, and its line and column are told', async () => {
    for (const [text, message] of [
      ['', 'The CSV is empty'],
      ['prefix\n+61', 'the column price_per_minute is missing'],
      ['prefix,price\n+61,1', 'Line 1, column 2: “price” is none of'],
      [csv(), 'There is no rate'],
      [csv('+61,0.1,a', '61,0.1,b'), 'Line 3, column prefix: must be + and up to 15 digits'],
      [
        csv('+61,0.1,a', '', '+61,x,b'),
        'Line 4, column price_per_minute: must be a decimal number',
      ],
      [csv('+61,-1,a'), 'Line 2, column price_per_minute'],
      [csv('+61,0.1'), 'Line 2 has 2 columns, not 3'],
      [
        csv('+61,0.1,a', '+62,0.1,b', '+61,0.2,c'),
        'Line 4, column prefix: stands in line 2 already',
      ],
      [csv('+61,0.1,"a'), 'Line 2'],
    ]) {
      await create(csv('+,1,'))
      const answer = await send('POST', '/v1/voice/rates/retail/versions', { csv: text })
      expect(answer).toMatchObject({ status: 400, body: { error: { field: 'csv' } } })
      expect((answer.body['error'] as Json)['message']).toContain(message)
      expect((await get('/v1/voice/rates/retail')).body['versions']).toHaveLength(1)
    }
  })

  test('mistakes are told together, the first twenty of them', async () => {
    const told = async (...lines: string[]) => {
      const { status, body } = await create(csv(...lines))
      expect(status).toBe(400)
      return String((body['error'] as Json)['message']).split('; ')
    }
    expect(await told('61,x,a', '+62,0.1,b', '+63', '+62,0.1,c')).toEqual([
      'Line 2, column prefix: must be + and up to 15 digits, such as +61 (the + is needed)',
      'Line 2, column price_per_minute: must be a decimal number from 0 to 1000 with at most 6 places',
      'Line 4 has 1 columns, not 3',
      'Line 5, column prefix: stands in line 3 already',
    ])
    const many = await told(...Array.from({ length: 30 }, (_, index) => `${index},0.1,a`))
    expect(many).toHaveLength(21)
    expect(many.slice(-2)).toEqual([
      expect.stringContaining('Line 21, column prefix'),
      'and there are more',
    ])
  })

  test('a fault in its first rates makes no deck', async () => {
    expect((await create(csv('x,1,'))).status).toBe(400)
    expect((await get('/v1/voice/rates/retail')).status).toBe(404)
  })
})

describe('re-rating', () => {
  test('says in a dry run what it will do, does it once, and comes back to the micro-unit', async () => {
    await prepaid()
    await topUp('10')
    const calls = [await paidCall(61_000), await paidCall(5_000), await paidCall(null)]
    const csv = 'prefix,price_per_minute,increment_seconds,minimum_seconds\n+61,0.06,1,1\n'
    await send('POST', '/v1/voice/rates', { id: 'fair', name: 'Fair', currency: 'AUD', csv })
    const request = { from: '2026-01-01', to: '2026-02-01', rate_deck: 'fair', version: 1 }
    const run = async (changes: Json = {}) =>
      (await send('POST', '/v1/voice/rerate', { ...request, ...changes })).body
    const dry = await run()
    expect(dry).toEqual({
      ...{ dry_run: true, calls: 3, unpriced: [], difference: '-0.234', next: null },
      changed: [
        {
          ...{ call_id: calls[0]?.id, before: '0.20', after: '0.061' },
          ...{ billed_seconds: 61, rate_id: 'fair:1:+61' },
        },
        {
          ...{ call_id: calls[1]?.id, before: '0.10', after: '0.005' },
          ...{ billed_seconds: 5, rate_id: 'fair:1:+61' },
        },
      ],
    })
    expect(await run()).toEqual(dry)
    expect((await get('/v1/voice/balance')).body).toMatchObject({ balance: '9.70' })
    expect(await run({ dry_run: false })).toEqual({ ...dry, dry_run: false })
    expect((await get('/v1/voice/balance')).body).toMatchObject({ balance: '9.934' })
    expect(await run({ dry_run: false })).toMatchObject({ changed: [], difference: '0.00' })
    expect((await get(`/v1/voice/calls/${calls[0]?.id}`)).body).toMatchObject({ price: '-0.061' })
    await run({ dry_run: false, rate_deck: 'shipped' })
    expect((await get('/v1/voice/balance')).body).toMatchObject({ balance: '9.70' })
    expect(await lab.store.money.totals()).toEqual({ allMicro: 0, heldMicro: 0 })
  })
})

describe('call records', () => {
  test('each with its price and how it sounded; those that are not over are not there', async () => {
    await lab.put(callRecord({ status: 'in-progress' }))
    await prepaid()
    await topUp('5')
    const quality = {
      lossPercent: 1.5,
      jitterMs: 3,
      codec: 'PCMU',
      mos: { value: 4.2, grounded: true },
    }
    const call = await paidCall(61_000, { quality } as unknown as Partial<CallRecord>)
    const { body } = await get('/v1/voice/cdrs')
    expect(body).toMatchObject({
      next: null,
      cdrs: [
        {
          ...{ id: call.id, price: '-0.20', price_unit: 'AUD', price_per_minute: '0.10' },
          ...{ rate_id: 'shipped:1:+614', billed_seconds: 120, duration_ms: 61_000 },
          quality: { loss_percent: 1.5, jitter_ms: 3, mos: 4.2 },
        },
      ],
    })
    expect((await get(`/v1/voice/cdrs/${call.id}`)).body).toEqual((body['cdrs'] as Json[])[0])
    expect((await get(`/v1/voice/cdrs/${callRecord().id}`)).status).toBe(409)
    expect((await get(`/v1/voice/cdrs/${call.id}`, asOther)).status).toBe(404)
    expect((await get('/v1/voice/cdrs', asOther)).body).toEqual({ cdrs: [], next: null })
  })

  test('pages by cursor, both ways round, lose and repeat nothing; so does the CSV', async () => {
    const ids: string[] = []
    for (let index = 0; index < 7; index++) {
      const id = `33333333-2222-4333-8444-00000000000${index}` as CallId
      // Two begin at once.
      const startedAtMs = startMs + Math.floor(index / 2)
      await lab.put(callRecord({ id, startedAtMs, status: 'completed', endedAtMs: startMs }))
      ids.push(id)
    }
    const walk = async (query: string): Promise<string[]> => {
      const seen: string[] = []
      for (let cursor = ''; ; ) {
        const { body } = await get(`/v1/voice/cdrs?page_size=2&${query}${cursor}`)
        seen.push(...(body['cdrs'] as { id: string }[]).map(({ id }) => id))
        if (body['next'] === null) return seen
        cursor = `&cursor=${String(body['next'])}`
      }
    }
    expect(await walk('order=asc')).toEqual(ids)
    expect(await walk('order=desc')).toEqual(ids.toReversed())
    expect(await walk('order=asc&direction=outbound&status=completed')).toEqual(ids)
    const headers = { 'x-api-key': 'sk_test_0123456789abcdef' }
    const csv = await lab.app.inject({ url: '/v1/voice/cdrs?format=csv&order=asc', headers })
    expect(csv.headers['content-disposition']).toBe('attachment; filename="cdrs.csv"')
    const [head, ...lines] = csv.body.trim().split('\n')
    expect(head).toContain('id,parent_call_id,direction,from,to,status')
    expect(lines.map((line) => line.split(',', 1)[0])).toEqual(ids)
    expect((await get('/v1/voice/cdrs?cursor=x')).status).toBe(400)
    expect((await get('/v1/voice/cdrs?status=queued')).status).toBe(400)
  })
})

describe('the trigger-call API', () => {
  test('its balance', async () => {
    await prepaid()
    await topUp('2.5')
    expect(await get('/api/account/balance')).toEqual({
      status: 200,
      body: { success: true, balance: 2.5, held: 0, currency: 'AUD', billing: 'prepaid' },
    })
  })

  test('402 with what is needed and what there is', async () => {
    lab.centre.refuse = new InsufficientCredits({ requiredMicro: 200_000, balanceMicro: 50_000 })
    const request = { agentPhone: mobile, leadPhone: '+61498765432', leadName: 'Sarah Johnson' }
    expect(await send('POST', '/api/voice/trigger-call', request)).toEqual({
      status: 402,
      body: {
        error: {
          code: 'insufficient_credits',
          message: 'Account balance too low. Please add credits to continue.',
          ...{ required_credits: 0.2, current_balance: 0.05 },
        },
      },
    })
  })
})

test('the FoneNumber API says 402 too', () => {
  const failure = new InsufficientCredits({ requiredMicro: 200_000, balanceMicro: 50_000 })
  expect(statusOf(failure)).toBe(402)
  expect(renderError(failure, 'r')).toMatchObject({
    ...{ statusCode: 402, error: 'Payment Required', code: 'insufficient_credits' },
  })
})

test('the outbound call API says 402 too', async () => {
  const plain = await apiLab({ plainHttp: 'allow' })
  onTestFinished(() => plain.close())
  plain.centre.refuse = new InsufficientCredits({ requiredMicro: 200_000, balanceMicro: 50_000 })
  const request = { Phone: { Number: mobile, CountryCode: 'AU' }, Message: 'Hello' }
  const { status, body } = await plain.ask({
    ...{ method: 'POST', url: '/call', payload: request },
    headers: { authorization: 'Bearer sk_test_0123456789abcdef' },
  })
  expect([status, body]).toMatchObject([402, { Error: { Code: 'insufficient_credits' } }])
})
