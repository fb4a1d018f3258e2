/** REFER from a trunk's side of a call, where the trunk is told that it may. */
import { beforeEach, describe, expect, it, test } from 'vitest'
import type { CallId, TrunkId } from '../../../engine/core/ids.ts'
import type { SipTarget, TransferWish, TrunkRecord } from '../../../engine/core/ports/sip.ts'
import { defaultTrunkOptions } from '../../../engine/core/trunk-options.ts'
import { settle } from '../../support/virtual-clock.ts'
import { sdp, withSdp } from './support/device-calls.ts'
import { Bench, Received } from './support/recorder.ts'

let bench: Bench
let wishes: TransferWish[]
beforeEach(() => {
  bench = new Bench()
  wishes = []
  bench.transferWished = async (_callId, wish) => {
    wishes.push(wish)
  }
})

const address = '192.0.2.9'
const carrier: TrunkRecord = {
  ...{ id: 'trunk' as TrunkId, name: 'carrier', host: address, port: 5060, transport: 'udp' },
  ...{ username: 'us', password: 'pw', defaultCallerId: null, prefixes: [], priority: 0 },
  ...{ weight: 10, maxCalls: null, maxCallsPerSecond: null, enabled: true },
  numbers: { ...defaultTrunkOptions.numbers, format: 'national', country: 'AU' },
}
const may = { ...carrier, allowTransfer: true }

/** The trunk called us; the dialog of the call. */
async function called(trunk: TrunkRecord): Promise<string> {
  bench.trunks.push(trunk)
  const headers = {
    ...{ from: '<sip:0400000001@a>;tag=f', to: '<sip:0292345678@us>', 'call-id': 'c' },
    ...{ contact: `<sip:a@${address}>`, ...withSdp },
  }
  const uri = 'sip:0292345678@us'
  bench.receive(new Received('INVITE', { uri, address, body: sdp, headers }))
  await settle()
  bench.sip.accept(bench.calls[0]!, sdp)
  bench.receive(new Received('ACK', { dialogId: 'c;from-tag=f', address }))
  return 'c;from-tag=f'
}

/** We called by the trunk; the dialog of the call. */
async function calling(trunk: TrunkRecord): Promise<string> {
  const target = { kind: 'trunk', trunk, number: '+61292345678' } as const
  bench.sip.invite('call' as CallId, { target, callerId: '+15005550001', offers: { rtp: sdp } })
  const sent = bench.sent.at(-1)!.taken()
  sent.respond(200, { ...withSdp, to: '<sip:0292345678@a>;tag=his' }, sdp)
  const tag = /tag=(.*)$/.exec(sent.out.headers['From']!)?.[1]
  return `${sent.out.headers['Call-ID']};from-tag=${tag}`
}

async function refer(dialogId: string, from = address): Promise<number | undefined> {
  const headers = { 'refer-to': '<sip:0298765432@us>', cseq: '5 REFER' }
  const request = bench.receive(new Received('REFER', { dialogId, headers, address: from }))
  await settle()
  return request.status
}

test.each([
  ['that called us', called],
  ['that we called', calling],
])('the side %s', async (_side, begin) => {
  const dialogId = await begin(may)
  expect(await refer(dialogId, '192.0.2.66')).toBe(403)
  expect(await refer(dialogId)).toBe(202)
  // As the trunk writes numbers; who it is, is nobody's business elsewhere.
  expect(wishes).toEqual([
    {
      ...{ to: '+61298765432', replaces: undefined, referredBy: '<sip:pbx.example>' },
      referTo: '<sip:0298765432@us>',
    },
  ])
  expect(bench.sent.at(-1)?.out).toMatchObject({ method: 'NOTIFY', dialogId })
  // It need not prove itself as a device does that has moved.
  const again = new Received('UPDATE', { dialogId, address: '192.0.2.66' })
  expect(bench.receive(again).status).toBe(200)
})

it.each([
  ['called us', called],
  ['was called', calling],
])('and nobody else: a trunk that %s', async (_side, begin) => {
  expect(await refer(await begin(carrier))).toBe(603)
  expect(wishes).toEqual([])
})

describe('whoever was called, where the application says what becomes of it', () => {
  const place = { kind: 'uri', uri: `sip:bob@${address}` } as const
  const elsewhere = '<sip:desk.7@other.example?X-Topic=tax>'
  async function refers(target: SipTarget, mayRefer: boolean, from = address, to = elsewhere) {
    const more = mayRefer ? { mayRefer } : {}
    const offers = { rtp: sdp }
    bench.sip.invite('call' as CallId, { target, callerId: '1001', offers, ...more })
    const sent = bench.sent.at(-1)!.taken()
    sent.respond(200, { ...withSdp, to: `<${place.uri}>;tag=his` }, sdp)
    const tag = /tag=(.*)$/.exec(sent.out.headers['From']!)?.[1]
    const headers = { 'refer-to': to, cseq: '5 REFER' }
    const dialogId = `${sent.out.headers['Call-ID']};from-tag=${tag}`
    const request = bench.receive(new Received('REFER', { dialogId, headers, address: from }))
    await settle()
    return request.status
  }

  test.each([
    ['a SIP address', place],
    ['a trunk', { kind: 'trunk', trunk: carrier, number: '+61292345678' }],
  ] as const)('%s', async (_what, target) => {
    expect(await refers(target, true)).toBe(202)
    expect(wishes).toEqual([
      {
        ...{ to: 'sip:desk.7@other.example', replaces: undefined, referTo: elsewhere },
        ...{ referredBy: '<sip:pbx.example>', isStranger: true },
      },
    ])
  })

  test.each([
    ['not where it does not', false, address, 603],
    ['not somebody else', true, '192.0.2.66', 403],
  ])('%s', async (_what, mayRefer, from, status) => {
    expect(await refers(place, mayRefer, from)).toBe(status)
    expect(wishes).toEqual([])
  })

  test.each([
    ['garbage', 400],
    ['<mailto:bob@other.example>', 416],
    ['<sip:>', 400],
    ['<sip:desk.7@other.example;method=BYE>', 405],
    ['<sip:desk.7@other.example?Replaces=%00>', 400],
    ['<sip:other.example>', 202],
    ['<tel:+61400000001>', 202],
  ])('by who may be called at all: %s is %i', async (to, status) => {
    expect(await refers(place, true, address, to)).toBe(status)
    expect(wishes).toHaveLength(status === 202 ? 1 : 0)
  })

  test('a trunk that may anyway is as ever', async () => {
    await refers({ kind: 'trunk', trunk: may, number: '+61292345678' }, true)
    expect(wishes).toMatchObject([{ to: 'desk.7', referTo: elsewhere }])
    expect(wishes[0]).not.toHaveProperty('isStranger')
  })
})
