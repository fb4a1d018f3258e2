import { beforeEach, describe, expect, test } from 'vitest'
import type { CallId } from '../../../engine/core/ids.ts'
import { labTrunkId } from '../../../engine/core/trunk-choice.ts'
import type { Verb } from '../../../engine/core/verbs.ts'
import { type CallLab, openCallLab, ownNumber } from '../../support/call-lab.ts'
import { answers } from './two-parties.ts'

let lab: CallLab
beforeEach(async () => {
  lab = await openCallLab()
})
const labNumber = '+15005550140'

describe('what a test key asks for', () => {
  const call = (to: string) =>
    lab.centre.placeCall({ ...lab.account, isTest: true }, { to, from: ownNumber })

  test('goes nowhere where there is no lab carrier', async () => {
    await expect(call('+61412345678')).rejects.toMatchObject({ code: 'no_route' })
    await expect(call('sip:a@127.0.0.1')).rejects.toMatchObject({ code: 'target_not_allowed' })
    await expect(call('1001')).rejects.toMatchObject({ code: 'target_not_allowed' })
  })

  test('goes by the lab carrier alone, and says so', async () => {
    const [trunk] = await lab.store.trunks.list()
    if (!trunk) throw new Error('the lab has a trunk')
    await lab.store.trunks.insert({ ...trunk, id: labTrunkId, prefixes: ['+1500555'] })
    const made = await call(labNumber)
    expect([made.trunkId, made.isTest]).toEqual([labTrunkId, true])
    expect((await lab.store.calls.get(lab.account.id, made.id))?.isTest).toBe(true)
    await expect(call('+61412345678')).rejects.toMatchObject({ code: 'no_route' })
    const live = await lab.centre.placeCall(lab.account, { to: labNumber, from: ownNumber })
    expect(live.isTest).toBeUndefined()
  })
})

describe('a call of a test key', () => {
  const bye = { verb: 'say', text: 'bye' } as const

  async function testCall(verbs: readonly Verb[]): Promise<CallId> {
    const [trunk] = await lab.store.trunks.list()
    if (!trunk) throw new Error('the lab has a trunk')
    const isThere = (await lab.store.trunks.list()).some(({ id }) => id === labTrunkId)
    if (!isThere) {
      await lab.store.trunks.insert({ ...trunk, id: labTrunkId, prefixes: ['+1500555'] })
    }
    const account = { ...lab.account, isTest: true } as const
    const { id } = await lab.centre.placeCall(account, { to: labNumber, from: ownNumber, verbs })
    await answers(lab, id)
    return id
  }

  test.each<[string, Verb]>([
    ['a conference', { verb: 'conference', name: 'Monday', options: {} }],
    ['a queue', { verb: 'enqueue', queue: 'support' }],
    ['who waits in a queue', { verb: 'dial', queue: 'support' }],
    ['a slot', { verb: 'park', slot: '701' }],
    ['what is on a slot', { verb: 'pickup', slot: '701' }],
  ])('does not get into %s', async (_where, verb) => {
    const id = await testCall([verb, bye])
    expect(lab.calls.get(id)).toBeUndefined()
    expect(await lab.store.calls.get(lab.account.id, id)).toMatchObject({ status: 'failed' })
  })

  test('is connected to no other', async () => {
    await lab.addNumber('+15005551999', { kind: 'verbs', verbs: [bye] })
    const live = await lab.incoming('+15005551999')
    const id = await testCall([bye])
    const asked = lab.actions.bridge(lab.account.id, id, live)
    await expect(asked).rejects.toMatchObject({ code: 'forbidden' })
    const other = await testCall([bye])
    await expect(lab.actions.bridge(lab.account.id, id, other)).resolves.toBeDefined()
  })
})

test('a suspended account makes no calls, and a closed one', async () => {
  const account = (await lab.store.accounts.get(lab.account.id)) ?? lab.account
  for (const status of ['suspended', 'closed'] as const) {
    await lab.store.accounts.update({ ...account, status })
    const asked = lab.centre.placeCall(account, { to: '+61412345678', from: ownNumber })
    await expect(asked).rejects.toMatchObject({ code: `account_${status}` })
  }
})

test('a call with the id of one that was begun is that one', async () => {
  const wanted = { to: '+61412345678', from: ownNumber }
  const first = await lab.centre.placeCall(lab.account, wanted)
  const again = await lab.centre.placeCall(lab.account, { ...wanted, id: first.id })
  expect(again.id).toBe(first.id)
  expect((await lab.store.calls.list(lab.account.id, { page: 1, pageSize: 9 })).total).toBe(1)
})
