import { afterEach, beforeEach, expect, test } from 'vitest'
import { ours } from '../api-lab.ts'
import { app, business, directory, type VoiceCallLab, voiceCallLab } from './lab.ts'

let lab: VoiceCallLab
beforeEach(async () => {
  lab = await voiceCallLab({ providers: ['ONPREM'] })
})
afterEach(() => lab.close())

const path = '/v3/communication/voice_call_quotas'
const settings = {
  billing: 'prepaid',
  ...{ currency: 'AUD', creditLimitMicro: 2_000_000 },
  ...{ lowBalanceMicro: [], deck: null },
} as const
const quotas = async (claims: Parameters<VoiceCallLab['as']>[0] = app) => {
  const { status, body } = await lab.as(claims, 'GET', path)
  expect([status, body.success]).toEqual([200, true])
  return body.data.voice_call_quotas
}

/** A payment, and a call that has cost some of it. */
async function spend(): Promise<void> {
  const { money } = lab.store
  await money.configure(ours.id, settings)
  const topUp = { book: 'balance', micro: 10_000_000 } as const
  await money.book(ours.id, {
    ...{ kind: 'top-up', reference: 'payment 1' },
    lines: [topUp, { book: 'funds', micro: -10_000_000 }],
  })
  await money.book(ours.id, {
    kind: 'charge',
    lines: [
      { book: 'balance', micro: -1_250_000 },
      { book: 'revenue', micro: 1_250_000 },
    ],
  })
}

test('there is none where calls are not paid for, or without a limit', async () => {
  expect(await quotas()).toEqual([])
  const unlimited = { ...settings, billing: 'postpaid', creditLimitMicro: null } as const
  await lab.store.money.configure(ours.id, unlimited)
  expect(await quotas()).toEqual([])
})

test('what was used, and what may be in all', async () => {
  await spend()
  const [quota, ...others] = await quotas()
  expect(others).toEqual([])
  expect(quota).toMatchObject({ business_uid: business, credit: 12, balance: 1.25 })
  expect(quota).toMatchObject({ source: 'ONPREM', currency: 'AUD' })
  const at = lab.time.nowMs
  expect(Date.parse(quota.period_start)).toBeLessThanOrEqual(at)
  expect(Date.parse(quota.period_end)).toBeGreaterThan(at)
  expect(quota.period_start).toMatch(/-01T00:00:00\.000Z$/)
})

test('what was used in another month is gone', async () => {
  await spend()
  lab.time.nowMs += 32 * 86_400_000
  expect(await quotas()).toMatchObject([{ credit: 10.75, balance: 0 }])
})

test('for each business of the token; a token for all has that of the account', async () => {
  await spend()
  const of = async (claims: Parameters<VoiceCallLab['as']>[0]) =>
    (await quotas(claims)).map((quota: { business_uid: string }) => quota.business_uid)
  expect(await of({ ...app, businesses: ['a', 'b'] })).toEqual(['a', 'b'])
  expect(await of(directory)).toEqual([ours.id])
})

test('not for other tokens, and not with a query', async () => {
  expect((await lab.as({ kind: 'client' }, 'GET', path)).status).toBe(403)
  const { status, body } = await lab.as(app, 'GET', `${path}?business_uid=x`)
  expect([status, body.errors[0].field]).toEqual([400, 'business_uid'])
})
