/** REFER in both directions, and INVITE with Replaces, on a recorder. */
import { beforeEach, describe, expect, it } from 'vitest'
import { Failure } from '../../../engine/core/failures.ts'
import type { CallId } from '../../../engine/core/ids.ts'
import type { TransferWish } from '../../../engine/core/ports/sip.ts'
import { parseReplaces } from '../../../engine/sip/transfer/replaces.ts'
import { settle } from '../../support/virtual-clock.ts'
import { DeviceCalls, sdp } from './support/device-calls.ts'
import { Bench } from './support/recorder.ts'

let bench: Bench
let calls: DeviceCalls
let wishes: TransferWish[]
beforeEach(() => {
  bench = new Bench()
  calls = new DeviceCalls(bench)
  wishes = []
  bench.transferWished = async (_callId, wish) => {
    wishes.push(wish)
  }
})

const referTo = { 'refer-to': '<sip:1003@pbx>', cseq: '5 REFER' }
const frags = (): string[] =>
  calls.sent('NOTIFY').map(({ out }) => `${out.body?.trim()}; ${out.headers['Subscription-State']}`)

/** Answers every NOTIFY, as it comes. */
async function listen(): Promise<void> {
  for (let seen = 0; seen < calls.sent('NOTIFY').length; seen++) {
    calls.sent('NOTIFY')[seen]!.taken().respond(200)
    await settle()
  }
}

describe('a REFER of a device', () => {
  it('is taken with 202, and told of by one NOTIFY after the other', async () => {
    const { callId, dialogId } = await calls.up('c1')
    const refer = calls.request('REFER', dialogId, referTo)
    await settle()
    expect(refer.status).toBe(202)
    expect(wishes).toEqual([
      {
        ...{ to: '1003', replaces: undefined, referredBy: '<sip:alice@pbx.example>' },
        referTo: '<sip:1003@pbx>',
      },
    ])
    bench.sip.transferProgress(callId, 180)
    bench.sip.transferProgress(callId, 200)
    expect(frags()).toHaveLength(1)
    await listen()
    expect(frags()).toEqual([
      'SIP/2.0 100 Trying; active;expires=180',
      'SIP/2.0 180 Ringing; active;expires=180',
      'SIP/2.0 200 OK; terminated;reason=noresource',
    ])
    expect(calls.sent('NOTIFY')[0]!.out).toMatchObject({ dialogId, headers: { Event: 'refer' } })
  })

  it('names its subscription from the second on', async () => {
    const { callId, dialogId } = await calls.up('c1')
    calls.request('REFER', dialogId, referTo)
    await settle()
    expect(calls.request('REFER', dialogId, referTo).status).toBe(491)
    bench.sip.transferProgress(callId, 486)
    await listen()
    const again = calls.request('REFER', dialogId, { ...referTo, cseq: '6 REFER' })
    await settle()
    expect(again.status).toBe(202)
    expect(calls.sent('NOTIFY').at(-1)!.out.headers['Event']).toBe('refer;id=6')
  })

  it('with Refer-Sub: false is told nothing', async () => {
    const { callId, dialogId } = await calls.up('c1')
    const refer = calls.request('REFER', dialogId, { ...referTo, 'refer-sub': 'false' })
    await settle()
    expect(refer.responses.at(-1)).toMatchObject({ status: 202, headers: { 'Refer-Sub': 'false' } })
    bench.sip.transferProgress(callId, 180)
    bench.sip.transferProgress(callId, 200)
    await settle()
    expect(calls.sent('NOTIFY')).toEqual([])
    expect(calls.request('REFER', dialogId, referTo).status).not.toBe(491)
  })

  it.each([
    ['no Refer-To', {}, 400],
    ['two', { 'refer-to': '<sip:a@b>, <sip:c@d>' }, 400],
    ['what is no address', { 'refer-to': '<<<' }, 400],
    ['another method', { 'refer-to': '<sip:1003@pbx;method=BYE>' }, 405],
    ['another scheme', { 'refer-to': '<http://x.example/>' }, 416],
    ['nobody', { 'refer-to': '<sip:pbx>' }, 404],
    ['a Replaces that cannot be read', { 'refer-to': '<sip:1003@b?Replaces=x%3Bto-tag%3D1>' }, 400],
    ['broken escapes', { 'refer-to': '<sip:1003@b?Replaces=%E0%A4%A>' }, 400],
  ])('to %s is refused', async (_what, headers, status) => {
    const { dialogId } = await calls.up('c1')
    const refer = calls.request('REFER', dialogId, headers)
    await settle()
    expect(refer.status).toBe(status)
    expect(wishes).toEqual([])
  })

  it.each([
    ['not_found', 404],
    ['no_route', 404],
    ['device_not_registered', 480],
    ['call_busy', 491],
    ['forbidden', 603],
  ] as const)('that the application refuses as %s gets %i', async (code, status) => {
    const { dialogId } = await calls.up('c1')
    bench.transferWished = () => Promise.reject(new Failure(code, 'no'))
    const refer = calls.request('REFER', dialogId, referTo)
    await settle()
    expect(refer.status).toBe(status)
    expect(calls.sent('NOTIFY')).toEqual([])
  })

  it('from another address is not believed', async () => {
    const { dialogId } = await calls.up('c1')
    const refer = calls.request('REFER', dialogId, referTo, { address: '198.51.100.66' })
    await settle()
    expect(refer.status).toBe(403)
    expect(wishes).toEqual([])
  })

  it('passes on who it says it is, but nobody else', async () => {
    const { callId, dialogId } = await calls.up('c1')
    for (const by of ['<sip:alice@home.example>', '<sip:mallory@home.example>', '<<', '']) {
      calls.request('REFER', dialogId, { ...referTo, 'referred-by': by })
      await settle()
      bench.sip.transferProgress(callId, 486)
      await listen()
    }
    expect(wishes.map((wish) => wish.referredBy)).toEqual([
      '<sip:alice@home.example>',
      ...Array(3).fill('<sip:alice@pbx.example>'),
    ])
  })

  it('whose phone listens no more is told no more', async () => {
    const { callId, dialogId } = await calls.up('c1')
    calls.request('REFER', dialogId, referTo)
    await settle()
    bench.sip.transferProgress(callId, 180)
    bench.sip.transferProgress(callId, 200)
    calls.sent('NOTIFY')[0]!.taken().respond(481)
    await settle()
    expect(calls.sent('NOTIFY')).toHaveLength(1)
  })

  it('names the call that it replaces', async () => {
    const { dialogId } = await calls.up('c1')
    const consultation = await calls.up('c2')
    const replaces = encodeURIComponent('c2;to-tag=ours;from-tag=hers')
    calls.request('REFER', dialogId, { 'refer-to': `<sip:1003@pbx?Replaces=${replaces}>` })
    await settle()
    expect(wishes).toMatchObject([{ to: '1003', replaces: consultation.callId }])
  })

  it('names a call that is not there', async () => {
    const { dialogId } = await calls.up('c1')
    const replaces = encodeURIComponent('c2;to-tag=ours;from-tag=hers')
    calls.request('REFER', dialogId, { 'refer-to': `<sip:1003@pbx?Replaces=${replaces}>` })
    await settle()
    expect(wishes).toMatchObject([{ replaces: 'unknown' }])
  })
})

describe('a REFER of anybody else', () => {
  it('inside a call of ours to a SIP address is declined', async () => {
    const { dialogId } = calls.called()
    expect(calls.request('REFER', dialogId, referTo).status).toBe(603)
    expect(wishes).toEqual([])
  })

  it('outside a dialog reaches nobody', () => {
    expect(calls.request('REFER', 'x;from-tag=y', referTo).status).toBe(481)
    expect(wishes).toEqual([])
  })
})

describe('a REFER of ours', () => {
  const target = { kind: 'name', name: '+61400000001' } as const

  it('is told of until the end', async () => {
    const { callId, dialogId } = calls.called()
    const asked = bench.sip.refer(callId, target)
    const [sent] = calls.sent('REFER')
    expect(sent!.out.headers['Refer-To']).toBe('<sip:+61400000001@pbx.example>')
    sent!.taken().respond(202)
    await asked
    const notify = (state: string, body: string) =>
      calls.request('NOTIFY', dialogId, { event: 'refer', 'subscription-state': state }, { body })
    expect(notify('active', 'SIP/2.0 180 Ringing\r\n').status).toBe(200)
    expect(notify('active', 'nonsense').status).toBe(400)
    expect(notify('terminated;reason=noresource', 'SIP/2.0 200 OK\r\n').status).toBe(200)
    expect(notify('terminated', 'SIP/2.0 200 OK\r\n').status).toBe(481)
    expect(bench.heard).toEqual(['referProgress 180 false', 'referProgress 200 true'])
    expect(bench.clock.pendingTimers).toBe(0)
  })

  it('that is refused changes nothing', async () => {
    const { callId } = calls.called()
    const asked = bench.sip.refer(callId, target)
    calls.sent('REFER')[0]!.taken().respond(603)
    await expect(asked).rejects.toMatchObject({ code: 'call_failed' })
    expect(bench.heard).toEqual([])
  })

  it('of which nothing is told any more has failed', async () => {
    const { callId } = calls.called()
    const asked = bench.sip.refer(callId, target)
    await expect(bench.sip.refer(callId, target)).rejects.toMatchObject({ code: 'call_busy' })
    calls.sent('REFER')[0]!.taken().respond(202)
    await asked
    await bench.clock.advance(90_000)
    expect(bench.heard).toEqual(['referProgress 408 true'])
  })

  it('to a phone that tells nothing is done when it is taken', async () => {
    const { callId } = calls.called()
    const asked = bench.sip.refer(callId, { kind: 'uri', uri: 'sip:x@allowed.example' })
    expect(calls.sent('REFER')[0]!.out.headers['Refer-To']).toBe('<sip:x@allowed.example>')
    calls.sent('REFER')[0]!.taken().respond(202, { 'refer-sub': 'false' })
    await asked
    expect(bench.heard).toEqual(['referProgress 202 true'])
  })

  it('for no call at all', async () => {
    await expect(bench.sip.refer('no' as CallId, target)).rejects.toMatchObject({
      code: 'call_ended',
    })
  })
})

describe('an INVITE with Replaces', () => {
  it('of a device names the call whose place it wants', async () => {
    const { callId } = await calls.up('c1')
    const wanted: (string | undefined)[] = []
    bench.onIncoming = (invite) => wanted.push(invite?.replaces)
    await calls.arrive('c9', { replaces: 'c1;to-tag=ours;from-tag=hers' })
    expect(wanted).toEqual([callId])
  })

  it('may name a call that we made', async () => {
    const { callId, dialogId } = calls.called()
    const [sipCallId, ours] = dialogId.split(';from-tag=')
    const wanted: (string | undefined)[] = []
    bench.onIncoming = (invite) => wanted.push(invite?.replaces)
    await calls.arrive('c9', { replaces: `${sipCallId};from-tag=his;to-tag=${ours}` })
    expect(wanted).toEqual([callId])
  })

  it.each([
    ['another Call-ID', 'c7;to-tag=ours;from-tag=hers', 481],
    ['another tag of ours', 'c1;to-tag=other;from-tag=hers', 481],
    ['another tag of theirs', 'c1;to-tag=ours;from-tag=other', 481],
    ['tags the wrong way round', 'c1;to-tag=hers;from-tag=ours', 481],
    ['early-only of a call that is up', 'c1;to-tag=ours;from-tag=hers;early-only', 486],
    ['no tags', 'c1', 400],
    ['two of them', 'c1;to-tag=ours;from-tag=hers, c1;to-tag=ours;from-tag=hers', 400],
  ])('%s', async (_what, replaces, status) => {
    await calls.up('c1')
    const request = await calls.arrive('c9', { replaces })
    expect(request.status).toBe(status)
    expect(bench.heard).toEqual([])
  })

  it('a call that has ended, or that rings, has no place to give', async () => {
    const { dialogId } = await calls.up('c1')
    calls.request('BYE', dialogId)
    expect((await calls.arrive('c9', { replaces: 'c1;to-tag=ours;from-tag=hers' })).status).toBe(
      481,
    )
    await calls.arrive('c2')
    bench.sip.accept(bench.calls.at(-1)!, sdp)
    expect((await calls.arrive('c9', { replaces: 'c2;to-tag=ours;from-tag=hers' })).status).toBe(
      481,
    )
  })
})

describe('the value of Replaces', () => {
  it.each([
    ['a@b;to-tag=1;from-tag=2', { sipCallId: 'a@b', toTag: '1', fromTag: '2', earlyOnly: false }],
    ['a;from-tag=2;to-tag=1;early-only;x=y', { sipCallId: 'a', earlyOnly: true }],
    ['a;to-tag=1;to-tag=3;from-tag=2', undefined],
    [';to-tag=1;from-tag=2', undefined],
    ['a;to-tag=;from-tag=2', undefined],
    [`${'a'.repeat(600)};to-tag=1;from-tag=2`, undefined],
  ])('%s', (text, read) => {
    const found = parseReplaces(text)
    if (read) expect(found).toMatchObject(read)
    else expect(found).toBeUndefined()
  })
})
