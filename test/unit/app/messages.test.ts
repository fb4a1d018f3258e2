import { beforeEach, expect, it } from 'vitest'
import { receiveMessage, sendMessage } from '../../../engine/app/messages.ts'
import type { IncomingMessage } from '../../../engine/core/ports/sip.ts'
import { type CallLab, openCallLab, ownNumber } from '../../support/call-lab.ts'

let lab: CallLab
let sipStatus: number
beforeEach(async () => {
  sipStatus = 200
  lab = await openCallLab({
    sip: {
      message: async (_id, { from, to, text }) => {
        lab.commands.push(`${from} > ${to}: ${text}`)
        return { sipStatus }
      },
    },
  })
  await lab.addDevice('1001', true)
  await lab.addDevice('1002', false)
})

const receive = (changes: Partial<IncomingMessage> = {}) =>
  receiveMessage(lab.ports, {
    ...{ accountId: lab.account.id, from: '1002', fromName: null, to: '1001' },
    ...{ contentType: 'text/plain', text: 'hello', bytes: 5, ...changes },
  })
const events = async () => {
  await lab.settle()
  const all = await lab.store.events.after(lab.account.id, 0, 100)
  return all.map(({ type, data }) => ({ type, ...data }))
}

it('takes a text of a device to another, and tells the account', async () => {
  expect(await receive()).toBe(200)
  expect(lab.commands).toEqual(['1002 > 1001: hello'])
  expect(await events()).toEqual([
    {
      ...{ type: 'message.received', from: '1002', to: '1001' },
      ...{ contentType: 'text/plain', bytes: 5, text: 'hello' },
    },
  ])
})

it('takes none while the account is suspended', async () => {
  await lab.store.accounts.update({ ...lab.account, status: 'suspended' })
  expect(await receive()).toBe(403)
  expect(lab.commands).toEqual([])
})

it('finds a device by its number', async () => {
  await lab.addNumber('+15005550177', { kind: 'device', username: '1001' })
  expect(await receive({ to: '+15005550177' })).toBe(200)
  expect(lab.commands).toEqual(['1002 > 1001: hello'])
})

it.each([
  ['nobody', { to: '1999' }, 404],
  ['a number that is no phone', { to: ownNumber }, 404],
  ["another account's device", { accountId: 'other' as never }, 404],
  ['one that is not registered', { to: '1002' }, 480],
])('refuses one to %s', async (_name, changes, status) => {
  expect(await receive(changes)).toBe(status)
  expect(lab.commands).toEqual([])
})

it('tells what failed without the text', async () => {
  sipStatus = 405
  expect(await receive()).toBe(405)
  expect(await events()).toEqual([
    {
      ...{ type: 'message.failed', from: '1002', to: '1001' },
      ...{ contentType: 'text/plain', bytes: 5, sipStatus: 405 },
    },
  ])
})

it('sends one for an application, from a number or device of its own', async () => {
  await sendMessage(lab.ports, lab.account, { to: '1001', text: 'hi' })
  await sendMessage(lab.ports, lab.account, { to: '1001', from: '1002', text: 'hi' })
  expect(lab.commands).toEqual([`${ownNumber} > 1001: hi`, '1002 > 1001: hi'])
})

it.each([
  ['who is not there', { to: '1002' }, 200, 'device_not_registered'],
  ['who does not exist', { to: '1999' }, 200, 'not_found'],
  ['in a name of others', { from: '+61400000000' }, 200, 'from_not_owned'],
  ['of too many bytes', { text: 'é'.repeat(2049) }, 200, 'invalid_request'],
  ['whose phone is silent', {}, 408, 'timed_out'],
  ['whose phone takes no long ones', {}, 513, 'invalid_request'],
  ['whose phone takes none', {}, 405, 'callee_rejected'],
])('fails to somebody %s', async (_name, changes, status, code) => {
  sipStatus = status
  await expect(
    sendMessage(lab.ports, lab.account, { to: '1001', text: 'hi', ...changes }),
  ).rejects.toMatchObject({ code })
})
