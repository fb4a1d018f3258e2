import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import type { DeviceOptions } from '../../../engine/core/device-options.ts'
import { Failure } from '../../../engine/core/failures.ts'
import type { CallId, DeviceId } from '../../../engine/core/ids.ts'
import type { AudioCodec, LegOptions, LegTerms } from '../../../engine/core/ports/media.ts'
import type { IncomingInvite, RegisteredContact } from '../../../engine/core/ports/sip.ts'
import type { TrunkOptions } from '../../../engine/core/trunk-options.ts'
import { type CallLab, openCallLab, ownNumber } from '../../support/call-lab.ts'

/** Which audio is offered to whom, and taken from whom. */
let lab: CallLab
/** What media was asked for. */
let offered: (LegOptions | undefined)[]
let answered: (LegOptions | undefined)[]
let completed: (LegOptions | undefined)[]
/** Where the devices are registered. */
let places: string[]
let rejected: unknown[]
/** What is in offers of callers. */
let theirs: readonly AudioCodec[]
let unusable: string | undefined
/** Kinds that can't be had. */
let without: Partial<Record<'rtp' | 'webrtc', Failure>>
const terms = new Map<CallId, LegTerms>()

const all: AudioCodec[] = ['opus', 'G722', 'PCMU', 'PCMA']
const contact = (source: string): RegisteredContact => ({
  ...{ uri: `sip:x@${source.split('/')[0]}.invalid`, source, userAgent: null },
  ...{ registeredAtMs: 0, expiresAtMs: 0, q: 1, path: [] },
  ...{ reachability: 'unknown', roundTripMs: null },
})

beforeEach(async () => {
  offered = []
  answered = []
  completed = []
  rejected = []
  places = ['udp/192.0.2.1:5060']
  theirs = ['PCMU']
  unusable = undefined
  without = {}
  terms.clear()
  lab = await openCallLab({
    sip: {
      registeredContacts: () => places.map(contact),
      reject: (_id, ...rest) => rejected.push(rest),
    },
    media: {
      offer: async (_id, options) => {
        offered.push(options)
        const failure = without[options?.webrtc ? 'webrtc' : 'rtp']
        if (failure) throw failure
        return options?.webrtc ? 'v=0 webrtc' : 'v=0 rtp'
      },
      answer: async (_id, _sdp, options) => {
        answered.push(options)
        return 'v=0 answer'
      },
      complete: async (_id, _sdp, options) => {
        completed.push(options)
      },
      examine: () => {
        if (unusable !== undefined) throw new Failure('invalid_request', unusable, 'sdp')
        return theirs
      },
      agreedOn: (id) => terms.get(id),
    },
  })
})

async function deviceIs(options: Partial<DeviceOptions> = {}): Promise<DeviceId> {
  const id = await lab.addDevice('desk', true)
  await lab.store.devices.setOptions(id, options)
  return id
}
async function trunkIs(options: Partial<TrunkOptions> & { transport?: 'tls' }): Promise<void> {
  const [trunk] = await lab.store.trunks.list()
  await lab.store.trunks.update({ ...trunk!, ...options })
}
async function place(to = 'desk'): Promise<CallId> {
  const { id } = await lab.centre.placeCall(lab.account, { to, from: ownNumber })
  await lab.settle()
  return id
}
async function arrives(deviceId: DeviceId, more: Partial<IncomingInvite> = {}): Promise<CallId> {
  const callId = randomUUID() as CallId
  lab.sip.incoming({
    ...{ callId, sipCallId: 'x', from: 'desk', fromName: null, to: ownNumber, sdp: 'v=0 theirs' },
    ...{ protocol: 'udp', source: { kind: 'device', deviceId, username: 'desk' } },
    ...more,
  })
  await lab.settle()
  return callId
}

describe('what is offered to a device', () => {
  test.each<[string[], Partial<DeviceOptions>, object, Partial<LegOptions>[]]>([
    [['udp/192.0.2.1:1'], {}, { rtp: 'v=0 rtp' }, [{ webrtc: false, secureSignalling: false }]],
    [['tls/192.0.2.1:1'], {}, { rtp: 'v=0 rtp' }, [{ webrtc: false, secureSignalling: true }]],
    [['wss/192.0.2.1:1'], {}, { webrtc: 'v=0 webrtc' }, [{ webrtc: true }]],
    [
      ['wss/192.0.2.1:1', 'tls/192.0.2.1:2', 'udp/192.0.2.1:3'],
      {},
      { rtp: 'v=0 rtp', webrtc: 'v=0 webrtc' },
      [{ webrtc: false, secureSignalling: false }, { webrtc: true }],
    ],
    [
      ['wss/192.0.2.1:1', 'tls/192.0.2.1:2', 'udp/192.0.2.1:3'],
      { srtp: 'required' },
      { rtp: 'v=0 rtp', webrtc: 'v=0 webrtc' },
      [{ webrtc: false, srtp: 'required', secureSignalling: true }, { webrtc: true }],
    ],
    [
      ['ws/192.0.2.1:1'],
      { webrtc: 'never', srtp: 'off', codecs: ['PCMA'] },
      { rtp: 'v=0 rtp' },
      [{ webrtc: false, srtp: 'off', secureSignalling: false, codecs: ['PCMA'] }],
    ],
  ])('%j, %j', async (sources, options, offers, legs) => {
    places = sources
    await deviceIs(options)
    await place()
    expect(lab.requests).toMatchObject([{ offers }])
    expect(lab.requests[0]?.offers).toEqual(offers)
    expect(offered).toMatchObject(legs)
    expect(offered).toHaveLength(legs.length)
  })

  test('nothing while SRTP is required and nobody could be told keys: the call fails, and says why', async () => {
    places = ['udp/192.0.2.1:1', 'ws/192.0.2.1:2']
    await deviceIs({ srtp: 'required', webrtc: 'never' })
    const id = await place()
    expect(lab.invited).toEqual([])
    expect(offered).toEqual([])
    const call = await lab.centre.getCall(lab.account.id, id)
    expect(call).toMatchObject({ status: 'failed', endReason: 'srtp_unavailable' })
    const events = await lab.store.events.ofCall(lab.account.id, id)
    expect(events.at(-1)?.data).toMatchObject({ why: expect.stringMatching(/SRTP is required/) })
  })

  const noWorker = new Failure('no_media_port', 'Calls of browsers are not possible here')
  const noPort = new Failure('no_media_port', 'Every port is taken')
  test.each([
    [{ webrtc: noWorker }, { rtp: 'v=0 rtp' }],
    [{ rtp: noPort }, { webrtc: 'v=0 webrtc' }],
  ])('what can be had where the rest can not (%#)', async (missing, offers) => {
    without = missing
    places = ['wss/192.0.2.1:1', 'udp/192.0.2.1:3']
    await deviceIs()
    await place()
    expect(lab.requests.map((request) => request.offers)).toEqual([offers])
  })

  test.each([
    [['wss/192.0.2.1:1'], { webrtc: noWorker }, noWorker.message],
    [['wss/192.0.2.1:1', 'udp/192.0.2.1:3'], { webrtc: noWorker, rtp: noPort }, noPort.message],
  ])('nothing can be had for %j: the call fails, and says why', async (sources, missing, why) => {
    without = missing
    places = sources
    await deviceIs()
    const id = await place()
    expect(lab.invited).toEqual([])
    const call = await lab.centre.getCall(lab.account.id, id)
    expect(call).toMatchObject({ status: 'failed', endReason: 'media_error' })
    const events = await lab.store.events.ofCall(lab.account.id, id)
    expect(events.at(-1)?.data).toMatchObject({ why })
  })

  test('another failure of media is not put up with', async () => {
    without = { webrtc: new Failure('call_ended', 'The leg was closed') }
    places = ['wss/192.0.2.1:1', 'udp/192.0.2.1:3']
    await deviceIs()
    await place()
    expect(lab.invited).toEqual([])
  })

  test('the answer, and what is agreed on later, is held to the same', async () => {
    places = ['tls/192.0.2.1:1']
    await deviceIs({ srtp: 'required' })
    const id = await place()
    lab.sip.answered(id, 'v=0 theirs', 'x')
    await lab.settle()
    const kept = { srtp: 'required', secureSignalling: true, codecs: all }
    expect(completed).toMatchObject([kept])
    await lab.sip.renegotiate(id, 'v=0 again', 'tls')
    await lab.sip.renegotiate(id, 'v=0 again', 'udp')
    expect(answered).toMatchObject([kept, { ...kept, secureSignalling: false }])
    offered.length = 0
    await lab.sip.renegotiate(id, undefined, 'tls')
    await lab.centre.holdCall(lab.account.id, id, true)
    expect(offered).toMatchObject([kept, { ...kept, direction: 'sendonly' }])
  })
})

describe('what is offered to a trunk', () => {
  const number = '+61400000001'
  test.each<[Partial<TrunkOptions> & { transport?: 'tls' }, LegOptions]>([
    [{}, { srtp: 'off', secureSignalling: false, codecs: ['PCMU', 'PCMA'] }],
    [{ srtp: 'optional' }, { srtp: 'optional', secureSignalling: false }],
    [
      { srtp: 'required', transport: 'tls' },
      { srtp: 'required', secureSignalling: true },
    ],
    [{ codecs: ['G722', 'PCMA'] }, { codecs: ['G722', 'PCMA'] }],
  ])('%j', async (options, leg) => {
    await trunkIs(options)
    await place(number)
    expect(offered).toMatchObject([{ ...leg, webrtc: false }])
    expect(lab.requests).toMatchObject([{ offers: { rtp: 'v=0 rtp' } }])
  })

  test('nothing over UDP when it requires SRTP', async () => {
    await trunkIs({ srtp: 'required' })
    const id = await place(number)
    expect(lab.invited).toEqual([])
    expect((await lab.centre.getCall(lab.account.id, id)).endReason).toMatch(/srtp_unavailable$/)
  })
})

describe('a call that comes in', () => {
  test.each<[string, Partial<DeviceOptions>, Partial<LegOptions>]>([
    ['udp', {}, { srtp: 'optional', secureSignalling: false }],
    ['tls', { srtp: 'required' }, { srtp: 'required', secureSignalling: true }],
    ['ws', {}, { secureSignalling: false }],
    ['wss', { srtp: 'off' }, { srtp: 'off', secureSignalling: true }],
  ])('over %s to %j', async (protocol, options, leg) => {
    await arrives(await deviceIs(options), { protocol })
    expect(answered).toMatchObject([leg])
  })

  test('that can’t be answered gets 488 before anybody is called, and is told why', async () => {
    unusable = 'keys are required'
    const id = await arrives(await deviceIs({ srtp: 'required' }), { to: '+61400000001' })
    expect(rejected).toEqual([[488, 'keys are required']])
    expect(lab.invited).toEqual([])
    const events = await lab.store.events.ofCall(lab.account.id, id)
    expect(events.at(-1)).toMatchObject({ data: { why: 'keys are required' } })
  })

  test.each<[string, Partial<DeviceOptions>, object | undefined]>([
    ['wss', {}, { webrtc: true }],
    ['ws', { webrtc: 'never' }, { srtp: 'optional' }],
    ['ws', { srtp: 'required' }, { webrtc: true }],
    ['tls', { srtp: 'required' }, { srtp: 'required', secureSignalling: true }],
    ['udp', { srtp: 'required' }, undefined],
    ['ws', { srtp: 'required', webrtc: 'never' }, undefined],
  ])('without an offer, over %s from %j, gets %j', async (protocol, options, leg) => {
    await arrives(await deviceIs(options), { protocol, sdp: undefined })
    expect(offered).toMatchObject(leg ? [leg] : [])
    expect(rejected).toMatchObject(leg ? [] : [[488, expect.stringMatching(/SRTP is required/)]])
    if (leg && !('webrtc' in leg)) expect(offered[0]).not.toHaveProperty('webrtc')
  })
})

test('the event of the answer tells what audio it has', async () => {
  const id = await place('+61400000001')
  terms.set(id, { codec: 'PCMA', protection: 'sdes' })
  lab.sip.answered(id, 'v=0', 'x')
  await lab.settle()
  const answeredAs = (await lab.store.events.ofCall(lab.account.id, id)).at(-1)
  expect(answeredAs).toMatchObject({
    ...{ type: 'call.in-progress', data: { codec: 'PCMA', protection: 'sdes' } },
  })
})

describe('nothing is transcoded that need not be', () => {
  const said = async (to: string, options: Partial<DeviceOptions> = {}) =>
    arrives(await deviceIs(options), { to })

  test('whoever is dialled is offered first what the caller may have', async () => {
    theirs = ['PCMA', 'G722']
    await lab.addDevice('other', true)
    await said('other')
    expect(offered).toMatchObject([{ codecs: ['PCMA', 'G722', 'opus', 'PCMU'] }])
  })

  test('the caller gets the codec in which the other answered', async () => {
    theirs = ['opus', 'PCMU', 'PCMA']
    await said('+61400000001')
    expect(offered).toMatchObject([{ codecs: ['PCMU', 'PCMA'] }])
    terms.set(lab.invited[0]!, { codec: 'PCMA', protection: 'none' })
    lab.sip.answered(lab.invited[0]!, 'v=0', 'x')
    await lab.settle()
    expect(answered).toMatchObject([{ codecs: ['PCMA', 'opus', 'PCMU'] }])
  })

  test('once the caller is answered only his codec counts', async () => {
    theirs = ['opus', 'PCMU', 'PCMA']
    await lab.addNumber('+15005550199', {
      kind: 'verbs',
      verbs: [{ verb: 'answer' }, { verb: 'dial', to: '+61400000001', from: ownNumber }],
    })
    const id = randomUUID() as CallId
    terms.set(id, { codec: 'PCMA', protection: 'webrtc' })
    await arrives(await deviceIs(), { to: '+15005550199', callId: id })
    expect(offered).toMatchObject([{ codecs: ['PCMA', 'PCMU'] }])
  })

  test('a device that is told codecs has its own order', async () => {
    theirs = ['PCMA', 'PCMU', 'G722']
    await said(ownNumber, { codecs: ['G722', 'PCMU'] })
    expect(answered).toMatchObject([{ codecs: ['G722', 'PCMU'] }])
  })

  test('one with none of them in common has any rather than none', async () => {
    theirs = ['PCMA']
    await said(ownNumber, { codecs: ['opus'] })
    expect(answered[0]).not.toHaveProperty('codecs')
  })
})
