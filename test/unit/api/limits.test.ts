/** The limits of the account by API. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ApiLab, apiLab } from './api-lab.ts'

let lab: ApiLab
beforeEach(async () => {
  lab = await apiLab()
})
afterEach(() => lab.close())

const url = '/v1/voice/limits'
const put = (payload: object) => lab.ask({ method: 'PUT', url, payload })
const none = {
  ...{ max_calls: null, max_calls_per_second: null, max_spend_per_hour: null },
  ...{ allowed_prefixes: [], denied_prefixes: [] },
}

test('none at first; what is given is kept, what is not given is not limited', async () => {
  expect(await lab.ask({ url })).toMatchObject({ status: 200, body: none })
  const wished = { max_calls: 20, denied_prefixes: ['+1900'], max_spend_per_hour: 0.29 }
  expect(await put(wished)).toMatchObject({ status: 200, body: { ...none, ...wished } })
  expect((await lab.ask({ url })).body).toEqual({ ...none, ...wished })
  expect((await lab.store.accounts.first())?.limits).toMatchObject({
    maxSpendPerHourMicro: 290_000,
  })
  const other = { max_calls_per_second: 3, allowed_prefixes: ['+61', '+64'] }
  expect((await put(other)).body).toEqual({ ...none, ...other })
  expect((await put({})).body).toEqual(none)
})

test.each([
  [{ max_calls: -1 }, 'max_calls'],
  [{ max_calls_per_second: 0 }, 'max_calls_per_second'],
  [{ max_spend_per_hour: -5 }, 'max_spend_per_hour'],
  [{ allowed_prefixes: ['61'] }, 'allowed_prefixes'],
  [{ denied_prefixes: ['+61 2'] }, 'denied_prefixes'],
  [{ max_call: 1 }, 'max_call'],
])('%j is refused, and changes nothing', async (payload, field) => {
  await put({ max_calls: 7 })
  const refused = await put(payload)
  expect([refused.status, refused.body]).toMatchObject([400, { error: { field } }])
  expect((await lab.ask({ url })).body).toEqual({ ...none, max_calls: 7 })
})
