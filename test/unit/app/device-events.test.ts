/** What the registrar tells, in the logs of those whom it concerns. */
import { beforeEach, expect, test } from 'vitest'
import type { RegistrationRecord } from '../../../engine/core/ports/registrations.ts'
import { type CallLab, openCallLab } from '../../support/call-lab.ts'

let lab: CallLab
let desk: RegistrationRecord
beforeEach(async () => {
  lab = await openCallLab()
  desk = {
    ...{ deviceId: await lab.addDevice('desk', true), accountId: lab.account.id },
    ...{ username: 'desk', contact: 'sip:d@10.0.0.1', source: 'tls/203.0.113.7:4000' },
    ...{ userAgent: 'Phone/1', q: null, path: [], flow: null, sipCallId: 'c', cseq: 1 },
    ...{ registeredAtMs: 0, expiresAtMs: 1 },
  }
})
const logged = async () => {
  await lab.settle()
  await lab.clock.advance(100)
  return lab.store.events.after(lab.account.id, 0, 100)
}
const where = {
  ...{ username: 'desk', contact: 'sip:d@10.0.0.1', source: 'tls/203.0.113.7:4000' },
  ...{ transport: 'tls', userAgent: 'Phone/1' },
}

test('what another system’s Contact is known by stays with it', async () => {
  const line = 'lCs3ZZ0xNsTTxQW9aQpx2a'
  lab.sip.deviceRegistered({ ...desk, contact: `sip:d@10.0.0.1;line=${line}` }, null)
  expect((await logged())[0]?.data).toMatchObject({
    contact: `sip:d@10.0.0.1;line=${'*'.repeat(22)}`,
  })
})

test('comings and goings are stored together, each with its own time', async () => {
  const startMs = lab.clock.nowMs()
  lab.sip.deviceRegistered(desk, null)
  await lab.clock.advance(40)
  lab.sip.deviceRegistered(desk, 'tls/203.0.113.7:3999')
  lab.sip.deviceUnregistered(desk, 'expired')
  expect(await logged()).toMatchObject([
    {
      ...{ sequence: 1, type: 'device.registered', callId: null, atMs: startMs },
      data: { ...where, deviceId: desk.deviceId, previousSource: null },
    },
    {
      ...{ sequence: 2, type: 'device.registered', atMs: startMs + 40 },
      data: { previousSource: 'tls/203.0.113.7:3999' },
    },
    { sequence: 3, type: 'device.unregistered', data: { ...where, reason: 'expired' } },
  ])
  expect(lab.clock.pendingTimers).toBe(0)
})

test('sixty of a device in a minute are told, then once that there are more; those of others go on', async () => {
  const other = { ...desk, deviceId: await lab.addDevice('other', true), username: 'other' }
  const startMs = lab.clock.nowMs()
  for (let i = 0; i < 100; i++) lab.sip.deviceRegistered(desk, null)
  lab.sip.deviceRegistered(other, null)
  await lab.clock.advance(59_000)
  lab.sip.deviceUnregistered(desk, 'expired')
  await lab.clock.advance(1_000)
  lab.sip.deviceUnregistered(desk, 'removed')
  const events = await logged()
  expect(events).toHaveLength(63)
  expect(events.slice(59).map(({ type, data }) => [type, data['username']])).toEqual([
    ['device.registered', 'desk'],
    ['device.events-suppressed', 'desk'],
    ['device.registered', 'other'],
    ['device.unregistered', 'desk'],
  ])
  const until = new Date(startMs + 60_000).toISOString()
  expect(events[60]?.data).toEqual({ deviceId: desk.deviceId, username: 'desk', until })
  expect(events[62]?.data).toMatchObject({ reason: 'removed' })
})

test.each(['desk', 'nobody'])('a lock for guessing the password of %s', async (username) => {
  const lock = { address: '198.51.100.1', username, scope: 'user' } as const
  lab.sip.addressLocked({ ...lock, untilMs: Date.UTC(2030, 0, 1) })
  expect(await logged()).toMatchObject([
    { type: 'device.locked', data: { ...lock, until: '2030-01-01T00:00:00.000Z' } },
  ])
})

test('a phone that came before the lock is told before it', async () => {
  lab.sip.deviceRegistered(desk, null)
  const lock = { address: '198.51.100.1', username: 'desk', scope: 'user' } as const
  lab.sip.addressLocked({ ...lock, untilMs: 1 })
  expect((await logged()).map(({ type }) => type)).toEqual(['device.registered', 'device.locked'])
})
