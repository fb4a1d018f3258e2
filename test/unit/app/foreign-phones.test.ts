/** A phone of one account in a call of another, by a number of that: who asks for more pays for it himself. */
import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { transferCall } from '../../../engine/app/transfer-call.ts'
import type { AccountId, CallId, DeviceId } from '../../../engine/core/ids.ts'
import { type CallLab, openCallLab } from '../../support/call-lab.ts'
import { answers, dials } from './two-parties.ts'

const number = '+15005550177'
const premium = '+19005551111'
let lab: CallLab
/** The foreign phone's call, and that of device 1001 which answered it. */
let foreign: CallId
let own: CallId
beforeEach(async () => {
  lab = await openCallLab()
  const accountId = randomUUID() as AccountId
  await lab.store.accounts.insert({
    ...{ id: accountId, name: 'other', defaultNumber: null, recordTriggerCalls: false },
  })
  for (const username of ['2001', '2002']) {
    await lab.store.devices.insert({
      ...{ id: randomUUID() as DeviceId, accountId, username, name: username },
      ...{ ha1Md5: 'x', ha1Sha256: 'y', createdAtMs: 0 },
    })
  }
  await lab.addDevice('1001', true)
  await lab.addDevice('1002', true)
  await lab.addNumber(number, { kind: 'device', username: '1001' })
  foreign = await dials(lab, '2001', number)
  own = lab.invited.at(-1)!
  await answers(lab, own)
  expect(lab.calls.get(foreign)?.record.accountId).toBe(lab.account.id)
})

const wish = (to: string, replaces?: CallId) => ({
  ...{ to, replaces, referredBy: '<sip:x@pbx>', referTo: `<sip:${to}@pbx>` },
})

describe('transfers', () => {
  test.each([premium, '1002'])('the foreign phone has nobody called: %s', async (to) => {
    const asked = lab.sip.transferWished(foreign, wish(to))
    await expect(asked).rejects.toMatchObject({ code: 'forbidden' })
    expect(lab.invited).toHaveLength(1)
    expect(await lab.logOf(foreign)).not.toContain('transfer.started')
  })

  test('nor connects calls that are not its account’s', async () => {
    const second = await dials(lab, '2001', number)
    await answers(lab, lab.invited.at(-1)!)
    const asked = lab.sip.transferWished(foreign, wish(number, second))
    await expect(asked).rejects.toMatchObject({ code: 'forbidden' })
  })

  test('the account’s own phone transfers it', async () => {
    await lab.sip.transferWished(own, wish(premium))
    await lab.settle()
    expect(lab.requests.at(-1)).toMatchObject({ callerId: '+15005550100' })
  })

  test('the account’s own phone connects none with a call that a foreign phone is in', async () => {
    await lab.addNumber('+15005550178', { kind: 'device', username: '1002' })
    const second = await dials(lab, '2002', '+15005550178')
    await answers(lab, lab.invited.at(-1)!)
    await lab.sip.transferWished(own, wish('1002', second))
    await lab.settle()
    expect(lab.commands).toContainEqual(expect.stringMatching(/^sip.transferProgress c\d 481$/))
  })

  test('by API the foreign phone is not asked to call by itself', async () => {
    const transfer = (id: CallId) =>
      transferCall(lab.ports, lab.calls, lab.account.id, id, { to: premium, mode: 'refer' })
    await expect(transfer(foreign)).rejects.toMatchObject({ code: 'forbidden' })
    await transfer(own)
    expect(lab.commands.filter((line) => line.startsWith('sip.refer'))).toHaveLength(1)
  })
})

test('its place is taken by nobody of its own account', async () => {
  const taking = await dials(lab, '2002', '1001', foreign)
  expect(lab.calls.get(taking)).toBeUndefined()
  expect(lab.commands).toContainEqual(expect.stringMatching(/^sip.reject c\d 481$/))
})
