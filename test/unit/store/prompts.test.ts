import { afterEach, beforeEach, expect, test } from 'vitest'
import type { PromptId } from '../../../engine/core/ids.ts'
import type { PromptRecord } from '../../../engine/core/ports/prompts.ts'
import type { Store } from '../../../engine/core/ports/store.ts'
import { account, accountId, memoryStore, otherAccountId, uuid } from './fixtures.ts'

let store: Store
beforeEach(async () => {
  store = await memoryStore()
})
afterEach(() => store.close())

const prompt = (name: string, over: Partial<PromptRecord> = {}): PromptRecord => ({
  ...{ id: uuid(name) as PromptId, accountId, name, format: 'wav', rateHz: 8000 },
  ...{ durationMs: 1500, lufs: -23.45, bytes: 3_000_000_000, file: 'a'.repeat(64) },
  ...{ createdAtMs: 10, updatedAtMs: 20, ...over },
})

test('kept, changed, listed by name, counted, removed; a name is there once', async () => {
  const { prompts } = store
  for (const name of ['b', 'a', 'c']) await prompts.insert(prompt(name))
  expect(await prompts.get(accountId, prompt('b').id)).toEqual(prompt('b'))
  expect(await prompts.named(accountId, 'b')).toEqual(prompt('b'))
  const duplicate = { code: 'already_exists', field: 'name' }
  await expect(prompts.insert(prompt('a', { id: uuid('z') as PromptId }))).rejects.toMatchObject(
    duplicate,
  )
  await expect(prompts.update(prompt('a', { name: 'b' }))).rejects.toMatchObject(duplicate)
  const changed = prompt('b', { name: 'd', lufs: null, format: 'opus' })
  await prompts.update(changed)
  expect(await prompts.named(accountId, 'd')).toEqual(changed)
  expect(await prompts.named(accountId, 'b')).toBeUndefined()
  const { prompts: second, total } = await prompts.list(accountId, { page: 2, pageSize: 2 })
  expect([second.map(({ name }) => name), total]).toEqual([['d'], 3])
  expect(await prompts.usage(accountId)).toEqual({ count: 3, bytes: 9_000_000_000 })
  await prompts.remove(accountId, changed.id)
  expect(await prompts.usage(accountId)).toEqual({ count: 2, bytes: 6_000_000_000 })
})

test('each account has its own', async () => {
  if (!(await store.accounts.get(otherAccountId)))
    await store.accounts.insert({ ...account, id: otherAccountId, name: 'other' })
  const { prompts } = store
  await prompts.insert(prompt('a'))
  expect(await prompts.usage(otherAccountId)).toEqual({ count: 0, bytes: 0 })
  expect(await prompts.get(otherAccountId, prompt('a').id)).toBeUndefined()
  await prompts.insert(prompt('a', { accountId: otherAccountId, id: uuid('o') as PromptId }))
  await prompts.remove(otherAccountId, prompt('a').id)
  await prompts.update(prompt('a', { accountId: otherAccountId, lufs: -1 }))
  expect(await prompts.named(accountId, 'a')).toEqual(prompt('a'))
})
