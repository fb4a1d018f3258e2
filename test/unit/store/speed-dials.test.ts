import { afterEach, beforeEach, expect, test } from 'vitest'
import type { DeviceId } from '../../../engine/core/ids.ts'
import type { SpeedDialRecord, Store } from '../../../engine/core/ports/store.ts'
import { account, accountId, memoryStore, otherAccountId, uuid } from './fixtures.ts'

let store: Store
beforeEach(async () => {
  store = await memoryStore()
})
afterEach(() => store.close())

const speedDial = (code: string, over: Partial<SpeedDialRecord> = {}): SpeedDialRecord => ({
  accountId,
  code,
  label: `dial ${code}`,
  target: { kind: 'number', number: '+15005550140' },
  createdAtMs: 10,
  ...over,
})

test('inserted once, listed by length and code, changed, removed', async () => {
  for (const code of ['20', '7', '100', '3']) await store.speedDials.insert(speedDial(code))
  await expect(store.speedDials.insert(speedDial('7'))).rejects.toMatchObject({
    code: 'already_exists',
  })
  const codes = async () => (await store.speedDials.list(accountId)).map(({ code }) => code)
  expect(await codes()).toEqual(['3', '7', '20', '100'])
  const changed = speedDial('7', {
    label: 'desk',
    target: { kind: 'device', deviceId: uuid('device') as DeviceId },
  })
  await store.speedDials.update(changed)
  expect(await store.speedDials.get(accountId, '7')).toEqual(changed)
  expect(await store.speedDials.get(accountId, '3')).toEqual(speedDial('3'))
  await store.speedDials.remove(accountId, '7')
  expect(await store.speedDials.get(accountId, '7')).toBeUndefined()
  expect(await codes()).toEqual(['3', '20', '100'])
})

test('each account has its own', async () => {
  if (!(await store.accounts.get(otherAccountId))) {
    await store.accounts.insert({ ...account, id: otherAccountId, name: 'other' })
  }
  await store.speedDials.insert(speedDial('7'))
  const theirs = speedDial('7', { accountId: otherAccountId, label: 'theirs' })
  expect(await store.speedDials.get(otherAccountId, '7')).toBeUndefined()
  await store.speedDials.insert(theirs)
  await store.speedDials.update({ ...theirs, label: 'changed' })
  await store.speedDials.remove(otherAccountId, '8')
  expect(await store.speedDials.list(accountId)).toEqual([speedDial('7')])
  await store.speedDials.remove(otherAccountId, '7')
  expect(await store.speedDials.get(accountId, '7')).toEqual(speedDial('7'))
})
