import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  firstStart,
  type Logins,
  labOwnNumber,
  settingTrunk,
} from '../../../engine/app/first-start.ts'
import { ha1Md5, keyHash } from '../../../engine/core/digest.ts'
import type { TrunkRecord } from '../../../engine/core/ports/sip.ts'
import type { Store } from '../../../engine/core/ports/store.ts'
import { openStore } from '../../../engine/store/index.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const settings = {
  apiKey: undefined,
  defaultNumber: undefined,
  recordTriggerCalls: true,
  realm: 'ringdown',
}

async function lab() {
  const clock = new VirtualClock()
  const store = await openStore({ path: ':memory:', clock })
  let file: Logins | undefined
  const kept = {
    read: () => file,
    write: (logins: Logins) => {
      file = logins
    },
  }
  const ports = { store, clock, ids: { uuid: () => randomUUID() } }
  return {
    store,
    kept,
    loseFile: () => {
      file = undefined
    },
    start: (changes: object = {}) => firstStart(ports, { ...settings, ...changes }, kept),
  }
}

async function works(store: Store, logins: Logins | undefined): Promise<void> {
  const account = await store.accounts.byKeyHash(keyHash(logins?.apiKey ?? ''))
  expect(account).toMatchObject({ name: 'default', defaultNumber: labOwnNumber })
  for (const { username, password } of logins?.devices ?? []) {
    const device = await store.devices.byUsername(username)
    expect(device?.ha1Md5).toBe(ha1Md5(username, 'ringdown', password))
  }
  expect(logins?.devices).toHaveLength(2)
  expect(await store.numbers.byNumber(labOwnNumber)).toBeDefined()
}

test('an account, a key that works, a number, two devices; told again as long as they are kept', async () => {
  const { store, start, loseFile } = await lab()
  const logins = await start()
  await works(store, logins)
  expect(await start()).toEqual(logins)
  loseFile()
  expect(await start()).toBeUndefined()
})

describe('a first start that is cut off is taken up again', () => {
  test.each(['insertKey', 'devices.insert', 'numbers.insert', 'accounts.update'])(
    'at %s',
    async (at) => {
      const { store, start } = await lab()
      const [part, method] = (at.includes('.') ? at : `accounts.${at}`).split('.') as [
        'accounts',
        'insert',
      ]
      const works0 = store[part][method]
      Object.assign(store[part], { [method]: () => Promise.reject(new Error('disk full')) })
      await expect(start()).rejects.toThrow('disk full')
      Object.assign(store[part], { [method]: works0 })
      await works(store, await start())
    },
  )
})

test('a device that the operator removed does not come back', async () => {
  const { store, start } = await lab()
  await start()
  const device = await store.devices.byUsername('1001')
  await store.devices.remove(device!.id)
  await start()
  expect(await store.devices.byUsername('1001')).toBeUndefined()
})

test('settings count at every start', async () => {
  const { store, start } = await lab()
  await start()
  await start({ recordTriggerCalls: false, defaultNumber: '+61255550000', apiKey: 'sk_live_later' })
  const account = await store.accounts.byKeyHash(keyHash('sk_live_later'))
  expect(account).toMatchObject({ recordTriggerCalls: false, defaultNumber: '+61255550000' })
  expect(await store.numbers.byNumber('+61255550000')).toMatchObject({ accountId: account?.id })
})

test('a trunk by setting is where the setting says, and otherwise as the operator made it', async () => {
  const { store } = await lab()
  const wanted: Omit<TrunkRecord, 'id'> = {
    ...{ name: 'RINGDOWN_TRUNK', host: 'a.example', port: 5060, transport: 'udp' },
    ...{ username: null, password: null, defaultCallerId: null, prefixes: [], priority: 50 },
    ...{ weight: 10, maxCalls: null, maxCallsPerSecond: null, enabled: true },
  }
  await settingTrunk(store, 'setting', wanted)
  const [made] = await store.trunks.list()
  if (!made) throw new Error('the trunk is there')
  expect(made).toMatchObject(wanted)
  const theirs = { weight: 70, maxCalls: 5, prefixes: ['+61'], trusted: true, enabled: false }
  await store.trunks.update({ ...made, ...theirs })
  const place = {
    host: 'b.example',
    port: 5061,
    transport: 'tls',
    username: 'u',
    password: 'p',
  } as const
  await settingTrunk(store, 'setting', { ...wanted, ...place })
  expect(await store.trunks.list()).toEqual([{ ...made, ...theirs, ...place }])
  await settingTrunk(store, 'setting', undefined)
  expect(await store.trunks.list()).toEqual([])
})
