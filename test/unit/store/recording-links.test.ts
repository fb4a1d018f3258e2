import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Store } from '../../../engine/core/ports/store.ts'
import { accountId, memoryStore, otherAccountId } from './fixtures.ts'

let store: Store
beforeEach(async () => {
  store = await memoryStore()
})
afterEach(() => store.close())

test('links of an account: nothing is set, webhooks get them for a while, all are revoked', async () => {
  const links = store.recordingLinks
  const none = { generation: 0, webhookTtlS: null, revokedAtMs: null }
  expect(await links.get(accountId)).toEqual(none)
  expect(await links.setWebhookTtl(accountId, 3_600)).toEqual({ ...none, webhookTtlS: 3_600 })
  expect(await links.revoke(accountId, 5_000_000_000)).toEqual({
    ...{ generation: 1, webhookTtlS: 3_600, revokedAtMs: 5_000_000_000 },
  })
  expect((await links.revoke(accountId, 6_000_000_000)).generation).toBe(2)
  expect((await links.revoke(otherAccountId, 7_000_000_000)).generation).toBe(1)
  const withTtl = await links.withWebhookTtl()
  expect(withTtl).toEqual([
    { accountId, generation: 2, webhookTtlS: 3_600, revokedAtMs: 6_000_000_000 },
  ])
  await links.setWebhookTtl(accountId, null)
  expect(await links.withWebhookTtl()).toEqual([])
  expect((await links.get(accountId)).generation).toBe(2)
})
