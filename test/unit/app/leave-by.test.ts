/** What the SIP and media sides are told of a call that leaves by a trunk. */
import { beforeEach, describe, expect, test } from 'vitest'
import { transferCall } from '../../../engine/app/transfer-call.ts'
import type { CallId } from '../../../engine/core/ids.ts'
import type { LegOptions } from '../../../engine/core/ports/media.ts'
import type { TrunkRecord } from '../../../engine/core/ports/sip.ts'
import { type CallLab, openCallLab, ownNumber } from '../../support/call-lab.ts'

const stranger = '+61411111111'
const forwarded = '+15005550111'
const to = '+61298765432'
let lab: CallLab
let offers: (LegOptions | undefined)[]
let answers: (LegOptions | undefined)[]
beforeEach(async () => {
  offers = []
  answers = []
  lab = await openCallLab({
    media: {
      offer: async (_id, options) => {
        offers.push(options)
        return 'v=0 ours'
      },
      answer: async (_id, _sdp, options) => {
        answers.push(options)
        return 'v=0 answer'
      },
    },
  })
  await lab.addNumber(forwarded, { kind: 'number', number: to })
})

async function trunkIs(changes: Partial<TrunkRecord>): Promise<TrunkRecord> {
  const [trunk] = await lab.store.trunks.list()
  if (!trunk) throw new Error('the lab has a trunk')
  const changed = { ...trunk, ...changes }
  await lab.store.trunks.update(changed)
  return changed
}

describe('who calls', () => {
  const any = { callerId: { allow: 'any', privacy: 'show' } } as const
  const secret = { callerId: { allow: 'owned', privacy: 'withhold' } } as const
  test.each<[string, string, Partial<TrunkRecord>, string, boolean]>([
    ['whose call is passed on is not shown', stranger, {}, ownNumber, false],
    ['… but where any number may be', stranger, any, stranger, false],
    ['… or instead of him the trunk’s', stranger, { defaultCallerId: to }, to, false],
    ['and does not want to be known stays unknown', 'anonymous', any, ownNumber, true],
    ['is shown to nobody there', stranger, secret, ownNumber, true],
  ])('%s', async (_, from, changes, callerId, withheld) => {
    await trunkIs(changes)
    await lab.incoming(forwarded, from)
    expect(lab.requests).toMatchObject([{ callerId, withheld }])
  })

  test.each([
    ['who dials a number', to, { callerId: ownNumber, withheld: true }],
    ['who dials a device', '1002', { callerId: 'anonymous', withheld: true }],
  ])('a device that withholds its number, %s', async (_, dialled, request) => {
    for (const name of ['1001', '1002']) await lab.addDevice(name, true)
    const { id: deviceId } = (await lab.store.devices.byUsername('1001'))!
    const callId = '00000000-0000-4000-8000-000000000077' as CallId
    lab.sip.incoming({
      ...{ callId, sipCallId: 'x', from: 'anonymous', fromName: null, to: dialled, sdp: 'v=0' },
      protocol: 'udp',
      source: { kind: 'device', deviceId, username: '1001' },
    })
    await lab.settle()
    expect(lab.requests).toMatchObject([request])
    expect(lab.requests[0]).not.toHaveProperty('callerName')
    const [first] = await lab.store.events.ofCall(lab.account.id, callId)
    expect(first?.data).toMatchObject({ device: '1001' })
    // Whom it is transferred to is told no more.
    lab.sip.answered(lab.invited[0]!, 'v=0', 'x')
    await lab.settle()
    await lab.addDevice('1003', true)
    const next = dialled === to ? '1003' : to
    const transfer = { to: next, mode: 'bridge' } as const
    await transferCall(lab.ports, lab.calls, lab.account.id, callId, transfer)
    await lab.settle()
    expect(lab.requests[1]).toMatchObject({ withheld: true })
  })

  test('a call of one’s own number', async () => {
    await lab.centre.placeCall(lab.account, { to, from: ownNumber })
    await lab.settle()
    expect(lab.requests).toMatchObject([{ callerId: ownNumber, withheld: false }])
  })
})

describe('codecs that a trunk prefers', () => {
  test('are offered to it, and not to others', async () => {
    await trunkIs({ codecs: ['PCMA', 'PCMU'] })
    await lab.addDevice('1001', true)
    for (const callee of [to, '1001']) {
      await lab.centre.placeCall(lab.account, { to: callee, from: ownNumber })
      await lab.settle()
    }
    expect(offers.map((options) => options?.codecs)).toEqual([
      ['PCMA', 'PCMU'],
      ['opus', 'G722', 'PCMU', 'PCMA'],
    ])
  })

  test('are taken first of its offers', async () => {
    const { id } = await trunkIs({ codecs: ['PCMA'] })
    lab.sip.incoming({
      callId: '00000000-0000-4000-8000-000000000077' as CallId,
      ...{ sipCallId: 'x', from: stranger, fromName: null, to: ownNumber, sdp: 'v=0 theirs' },
      protocol: 'udp',
      source: { kind: 'trunk', trunkId: id },
      codecs: ['PCMA'],
    })
    await lab.settle()
    expect(answers.map((options) => options?.codecs)).toEqual([['PCMA']])
  })
})
