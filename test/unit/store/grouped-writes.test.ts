/** Registrations are written many at a time; what is wrong with one is its own affair. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AccountId, DeviceId } from '../../../engine/core/ids.ts'
import type { RegistrationRecord, Store } from '../../../engine/core/ports/store.ts'
import { openEmptyStore } from '../../support/databases.ts'

let store: Store
const accountId = '00000000-0000-4000-8000-000000000001' as AccountId
const deviceId = '00000000-0000-4000-8000-000000000002' as DeviceId
beforeEach(async () => {
  store = await openEmptyStore({ clock: { nowMs: () => 1 } })
  await store.accounts.insert({
    ...{ id: accountId, name: 'a', defaultNumber: null, recordTriggerCalls: false },
  })
  await store.devices.insert({
    ...{ id: deviceId, accountId, username: 'alice', name: 'alice' },
    ...{ ha1Md5: '0', ha1Sha256: '0', createdAtMs: 1 },
  })
})
afterEach(() => store.close())

const at = (contact: string, more: Partial<RegistrationRecord> = {}): RegistrationRecord => ({
  ...{ deviceId, accountId, username: 'alice', contact, source: 'udp/127.0.0.1:1' },
  ...{ userAgent: null, q: 0.25, path: ['<sip:p;lr>'], flow: { instance: '<urn:x>', regId: 2 } },
  ...{ sipCallId: 'c', cseq: 1, registeredAtMs: 5, expiresAtMs: 10 },
  ...more,
})
const contacts = async () => (await store.registrations.all()).map(({ contact }) => contact)

test('in the order of the calls', async () => {
  await Promise.all([
    store.registrations.save(at('sip:a', { cseq: 1 })),
    store.registrations.save(at('sip:a', { cseq: 2 })),
    store.registrations.save(at('sip:b')),
    store.registrations.remove(deviceId, 'sip:b'),
    store.registrations.remove(deviceId, 'sip:c'),
    store.registrations.save(at('sip:c')),
  ])
  expect(await store.registrations.all()).toEqual([at('sip:a', { cseq: 2 }), at('sip:c')])
})

test('one that cannot be done fails alone', async () => {
  const nobody = '00000000-0000-4000-8000-00000000dead' as DeviceId
  const outcomes = await Promise.allSettled([
    store.registrations.save(at('sip:a')),
    store.registrations.save(at('sip:x', { deviceId: nobody })),
    store.registrations.save(at('sip:b')),
  ])
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(await contacts()).toEqual(['sip:a', 'sip:b'])
})

test('more than go together at once, and while others are written', async () => {
  const names = Array.from({ length: 1_200 }, (_, i) => `sip:${String(i).padStart(4, '0')}`)
  const first = names.slice(0, 700).map((name) => store.registrations.save(at(name)))
  await first[0]
  await Promise.all(names.slice(700).map((name) => store.registrations.save(at(name))))
  await Promise.all(first)
  expect(await contacts()).toEqual(names)
})
