/** A device that answers 302: where the call goes then, and where it never goes. */
import { beforeEach, expect, test, vi } from 'vitest'
import { noLimits } from '../../../engine/core/account-limits.ts'
import type { CallId } from '../../../engine/core/ids.ts'
import { type CallLab, openCallLab, ownNumber } from '../../support/call-lab.ts'

let lab: CallLab
beforeEach(async () => {
  lab = await openCallLab()
  for (const name of ['desk', 'cell', 'home']) await lab.addDevice(name, true)
  await lab.addDevice('away', false)
})

async function called(to = 'desk'): Promise<CallId> {
  const { id } = await lab.centre.placeCall(lab.account, { to, from: ownNumber })
  await lab.settle()
  return id
}
async function sentTo(id: CallId, ...redirects: string[]): Promise<void> {
  const attempt = { sipCallId: `sip-${lab.requests.length}`, silent: false, redirects }
  lab.sip.rejected(id, 302, 'Moved', attempt)
  await lab.settle()
}
const users = () =>
  lab.requests.map(({ target }) =>
    target.kind === 'device'
      ? target.username
      : target.kind === 'trunk'
        ? target.number
        : target.uri,
  )
const statusOf = async (id: CallId) => (await lab.centre.getCall(lab.account.id, id)).status

test('to another device of the account, also after it rang', async () => {
  const id = await called()
  lab.sip.progress(id, 180, undefined)
  await lab.settle()
  await sentTo(id, 'cell')
  expect(users()).toEqual(['desk', 'cell'])
  lab.sip.answered(id, 'v=0', 'the-good-one')
  await lab.settle()
  expect(await lab.centre.getCall(lab.account.id, id)).toMatchObject({
    status: 'in-progress',
    to: 'desk',
    sipCallId: 'the-good-one',
  })
})

test('to a number, by a trunk as if it had been dialled', async () => {
  const id = await called()
  await sentTo(id, '+61498765432')
  expect(users()).toEqual(['desk', '+61498765432'])
  const { trunkId } = await lab.centre.getCall(lab.account.id, id)
  expect(trunkId).not.toBeNull()
  expect(lab.calls.trunks.callsOn(trunkId!)).toBe(1)
  lab.sip.rejected(id, 486, 'Busy', { sipCallId: 'x', silent: false })
  await lab.settle()
  expect(await statusOf(id)).toBe('busy')
  expect(lab.calls.trunks.callsOn(trunkId!)).toBe(0)
  expect(lab.clock.pendingTimers).toBe(0)
})

test('the first that can be called, of several', async () => {
  const id = await called()
  await sentTo(id, 'nobody', 'away', '12', 'home', 'cell')
  expect(users()).toEqual(['desk', 'home'])
})

test.each([
  ['nobody we know', ['nobody']],
  ['nobody who is there', ['away']],
  ['where the call came from', ['desk']],
  ['nowhere', []],
])('to %s: the call fails', async (_name, redirects) => {
  const id = await called()
  await sentTo(id, ...redirects)
  expect(users()).toEqual(['desk'])
  expect(await statusOf(id)).toMatch(/^(?:failed|no-answer|busy)$/)
  expect(lab.calls.size).toBe(0)
})

test('not to where it has been', async () => {
  const id = await called()
  await sentTo(id, 'cell')
  await sentTo(id, 'desk', 'cell')
  expect(users()).toEqual(['desk', 'cell'])
  expect(lab.calls.size).toBe(0)
})

test('five times at most', async () => {
  for (let i = 0; i < 8; i++) await lab.addDevice(`hop${i}`, true)
  const id = await called()
  for (let i = 0; i < 8; i++) if (lab.calls.get(id)) await sentTo(id, `hop${i}`)
  expect(users()).toEqual(['desk', 'hop0', 'hop1', 'hop2', 'hop3', 'hop4'])
  expect(lab.calls.size).toBe(0)
})

test('not to a number that the account may not call', async () => {
  const limits = { ...noLimits, maxCalls: 1, allowedPrefixes: ['+64'] }
  const stored = lab.store.accounts.get(lab.account.id)
  vi.spyOn(lab.store.accounts, 'get').mockImplementation(async () => {
    const account = await stored
    return account && { ...account, limits }
  })
  const id = await called()
  await sentTo(id, '+61498765432', 'cell')
  // the one call that it may have is this one
  expect(users()).toEqual(['desk', 'cell'])
})

test('after the caller gave up nothing follows', async () => {
  const id = await called()
  await lab.centre.updateCall(lab.account.id, id, { status: 'canceled' })
  await sentTo(id, 'cell')
  expect(users()).toEqual(['desk'])
})

test.each([{ maxCalls: 1 }, { maxCallsPerSecond: 1 }])(
  'is the same call, and does not count beside itself: %o',
  async (limits) => {
    await lab.store.accounts.update({ ...lab.account, limits: { ...noLimits, ...limits } })
    const id = await called()
    await sentTo(id, 'cell')
    await sentTo(id, '+61498765432')
    expect(users()).toEqual(['desk', 'cell', '+61498765432'])
    await expect(called('home')).rejects.toMatchObject({ code: 'limit_reached' })
    lab.sip.rejected(id, 486, 'Busy')
    await lab.settle()
    await lab.clock.advance(1_001)
    await called('home')
  },
)
