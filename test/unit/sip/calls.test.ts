/** Calls on a recorder and a virtual clock: what sockets can hardly be made to do. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { CallId, TrunkId } from '../../../engine/core/ids.ts'
import type { SipTarget, TrunkRecord } from '../../../engine/core/ports/sip.ts'
import { settle } from '../../support/virtual-clock.ts'
import { Bench, Received, type Sent } from './support/recorder.ts'

let bench: Bench
beforeEach(() => {
  bench = new Bench()
})

const call = 'call-1' as CallId
const carrier: TrunkRecord = {
  id: 'trunk' as TrunkId,
  name: 'carrier',
  host: '192.0.2.9',
  port: 5060,
  transport: 'udp',
  username: 'us',
  password: 'pw',
  defaultCallerId: '+15005550000',
  prefixes: [],
  priority: 0,
  weight: 10,
  maxCalls: null,
  maxCallsPerSecond: null,
  enabled: true,
}
const toTrunk = { kind: 'trunk', trunk: carrier, number: '+61400000001' } as const
const sdp = 'v=0\r\n'
const withSdp = { 'content-type': 'application/sdp' }
const challenge = { 'proxy-authenticate': 'Digest realm="r", nonce="n"' }

function invite(target: SipTarget = toTrunk, more: object = {}): Sent {
  bench.sip.invite(call, { target, callerId: '+15005550001', offers: { rtp: sdp }, ...more })
  return bench.sent.at(-1)!
}

/** An outbound call that was answered. */
function answered(): Sent {
  const sent = invite().taken()
  sent.respond(200, withSdp, sdp)
  bench.heard.length = 0
  return sent
}

const dialogOf = ({ out }: Sent): string =>
  `${out.headers['Call-ID']};from-tag=${/tag=(.*)$/.exec(out.headers['From']!)?.[1]}`

const byes = (): Sent[] => bench.sent.filter((one) => one.out.method === 'BYE')
const nothingLeft = (): void => expect(bench.sip.counts()).toMatchObject({ legs: 0, dialogs: 0 })

describe('an outbound call', () => {
  it('carries no headers in its request-URI', () => {
    const target = { kind: 'uri', uri: 'sip:a@b;transport=tcp?Route=%3Csip:x%3E' } as const
    expect(invite(target).out.uri).toBe('sip:a@b;transport=tcp')
  })

  it('asserts no identity but to trunks, and takes extra headers but not those of its own', () => {
    const extra = { 'X-A': '1', from: 'sip:evil', VIA: 'x', 'X-B': 'a\r\nTo: b', 'Bad Name': 'x' }
    const { headers } = invite({ kind: 'uri', uri: 'sip:a@b' }, { headers: extra }).out
    expect(new Set(Object.keys(headers))).toEqual(
      new Set(
        'Allow CSeq Call-ID Content-Type From Session-Expires Supported User-Agent X-A'.split(' '),
      ),
    )
  })

  it('cancelled before the server took it is cancelled when it has', () => {
    const sent = invite()
    bench.sip.cancel(call)
    expect(sent.canceled).toBe(false)
    sent.taken()
    expect(sent.canceled).toBe(true)
    sent.respond(487)
    expect(bench.heard).toEqual([])
    nothingLeft()
  })

  it('cancelled while it is repeated with credentials is cancelled too', () => {
    const first = invite().taken()
    first.respond(407, challenge)
    const second = bench.sent[1]!
    bench.sip.cancel(call)
    second.taken()
    expect(second.canceled).toBe(true)
    second.respond(407, challenge)
    expect(bench.sent).toHaveLength(2)
    expect(bench.heard).toEqual([])
  })

  it('whose CANCEL is never answered is forgotten after a while', async () => {
    const sent = invite().taken()
    bench.sip.cancel(call)
    await bench.clock.advance(69_999)
    expect(sent.forgotten).toBe(false)
    await bench.clock.advance(1)
    expect(sent.forgotten).toBe(true)
    expect(bench.clock.pendingTimers).toBe(0)
  })

  it('to which nothing comes within its limit is given up, and takes no answer any more', async () => {
    const sent = invite(toTrunk, { tryingWithinMs: 5_000 }).taken()
    await bench.clock.advance(4_999)
    expect(bench.heard).toEqual([])
    await bench.clock.advance(1)
    expect(bench.heard).toEqual(['rejected 408 Silence'])
    expect(sent.canceled).toBe(true)
    nothingLeft()
    sent.respond(200, withSdp, sdp)
    expect(sent.acks).toBe(1)
    byes()[0]!.taken().respond(200)
    expect(bench.heard).toHaveLength(1)
    nothingLeft()
  })

  it.each([
    ['100', 100, {}],
    ['a ringing phone', 180, {}],
    ['a challenge', 407, challenge],
  ])('to which %s comes is waited for', async (_what, status, headers) => {
    const sent = invite(toTrunk, { tryingWithinMs: 5_000 }).taken()
    sent.respond(status, headers)
    bench.sent.at(-1)!.taken()
    await bench.clock.advance(60_000)
    expect(bench.heard.filter((line) => line.startsWith('rejected'))).toEqual([])
    expect(sent.canceled).toBe(false)
  })

  it('is followed by another of the same call, and that one is cancelled', () => {
    const first = invite().taken()
    first.respond(503)
    expect(bench.heard).toEqual(['rejected 503 Test'])
    const second = invite().taken()
    expect(second.out.headers['Call-ID']).not.toBe(first.out.headers['Call-ID'])
    bench.sip.cancel(call)
    expect([first.canceled, second.canceled]).toEqual([false, true])
    second.respond(487)
    nothingLeft()
  })

  it('answered after the CANCEL gets ACK and BYE', () => {
    const sent = invite().taken()
    bench.sip.cancel(call)
    sent.respond(200, withSdp, sdp)
    expect(sent.acks).toBe(1)
    byes()[0]!.taken().respond(200)
    expect(bench.heard).toEqual([])
    nothingLeft()
  })

  it('ignores 199 and 100, tells 18x', () => {
    const sent = invite().taken()
    for (const status of [100, 180, 183, 199]) sent.respond(status)
    expect(bench.heard).toEqual(['progress 180', 'progress 183'])
  })

  it('to a device without a contact is rejected, once, with 480', async () => {
    bench.sip.invite(call, {
      target: { kind: 'device', deviceId: 'x' as never },
      callerId: 'a',
      offers: { rtp: sdp },
    })
    expect(bench.heard).toEqual([])
    await settle()
    expect(bench.heard).toEqual(['rejected 480 Not Registered'])
  })

  it('that the server never takes is rejected; should it be answered after all, it is hung up', async () => {
    const sent = invite()
    await bench.clock.advance(10_000)
    expect(bench.heard).toEqual(['rejected 503 The SIP server does not answer'])
    sent.taken()
    expect(sent.canceled).toBe(true)
    sent.respond(200, withSdp, sdp)
    byes()[0]!.taken().respond(200)
    expect(bench.heard).toHaveLength(1)
    nothingLeft()
    expect(bench.clock.pendingTimers).toBe(0)
  })

  it('is not placed twice under one id', () => {
    invite()
    invite()
    expect(bench.sent).toHaveLength(1)
    expect(bench.sip.counts().commandsIgnored).toBe(1)
  })

  it('is rejected with 503 when the control connection goes before the answer', () => {
    const sent = invite().taken()
    sent.fail('linkDown')
    expect(bench.heard).toEqual(['rejected 503 test'])
    nothingLeft()
  })

  it.each([
    ['BYE', 200, {}],
    ['BYE refused', 481, {}],
    ['BYE that nobody answered', 408, {}],
  ])('is over after %s', (_name, status) => {
    answered()
    bench.sip.bye(call)
    bench.sip.bye(call)
    expect(byes()).toHaveLength(1)
    byes()[0]!.taken().respond(status)
    nothingLeft()
    expect(bench.clock.pendingTimers).toBe(0)
  })

  it('is over a while after a BYE of which nothing is heard', async () => {
    answered()
    bench.sip.bye(call)
    await bench.clock.advance(64_000)
    nothingLeft()
  })

  it('answers a BYE that crosses ours, and says nothing', () => {
    const sent = answered()
    bench.sip.bye(call)
    const bye = bench.receive(new Received('BYE', { dialogId: dialogOf(sent) }))
    expect(bye.status).toBe(200)
    byes()[0]!.respond(481)
    expect(bench.heard).toEqual([])
    nothingLeft()
  })
})

describe('the end told by the server', () => {
  it.each([
    ['SIP;cause=200;text="ACK timeout"', 'ACK timeout'],
    ['Q.850;cause=16', 'Q.850 16'],
    ['nonsense', 'BYE'],
    [undefined, 'BYE'],
  ])('%s', (reason, text) => {
    const dialogId = dialogOf(answered())
    const headers: Record<string, string> = reason === undefined ? {} : { reason }
    bench.receive(new Received('BYE', { dialogId, source: 'application', headers }))
    expect(bench.heard).toEqual([`remoteHangup ${text}`])
    nothingLeft()
  })
})

describe('loss of the control connection', () => {
  it('leaves an answered call; its dialog is asked for when the connection is back', () => {
    answered()
    bench.down()
    expect(bench.heard).toEqual([])
    bench.up()
    const probe = bench.sent.at(-1)!
    expect(probe.out.method).toBe('OPTIONS')
    probe.respond(200)
    expect(bench.heard).toEqual([])
    expect(bench.sip.counts().legs).toBe(1)
  })

  it('ends a call whose dialog the server no longer knows', () => {
    answered()
    bench.down()
    bench.up()
    bench.sent.at(-1)!.fail('dialogGone')
    expect(bench.heard).toEqual(['remoteHangup control connection lost'])
    byes()[0]!.fail('dialogGone')
    nothingLeft()
  })

  it('repeats a BYE that went down with it', () => {
    answered()
    bench.sip.bye(call)
    bench.down()
    byes()[0]!.fail('linkDown')
    bench.up()
    byes()[1]!.taken().respond(200)
    nothingLeft()
  })

  it('ends an inbound call that was still ringing', async () => {
    bench.trunks.push(carrier)
    await arrive()
    bench.down()
    expect(bench.heard.at(-1)).toBe('remoteHangup control connection lost')
    nothingLeft()
  })
})

const from = '<sip:+61400000009@carrier.example>;tag=t1'
const inviteHeaders = { from, to: '<sip:+15005550100@pbx>', 'call-id': 'c1', contact: '<sip:x@y>' }

/** An INVITE from the carrier. */
async function arrive(more: object = {}): Promise<Received> {
  const request = new Received('INVITE', {
    uri: 'sip:+15005550100@pbx',
    address: carrier.host,
    headers: { ...inviteHeaders, ...withSdp },
    body: sdp,
    ...more,
  })
  bench.receive(request)
  await settle()
  return request
}

describe('an inbound call', () => {
  beforeEach(() => {
    bench.trunks.push(carrier)
  })

  it('cancelled while the trunk is looked up never happened', async () => {
    const request = new Received('INVITE', {
      uri: 'sip:+15005550100@pbx',
      address: carrier.host,
      headers: inviteHeaders,
    })
    bench.receive(request)
    request.cancel()
    await settle()
    expect(bench.heard).toEqual([])
    expect(request.responses).toEqual([])
    nothingLeft()
  })

  it('whose 200 the server does not take is over', async () => {
    const request = await arrive()
    request.refuse = 'Response not sent due to unknown transaction'
    bench.sip.accept(bench.calls[0]!, sdp)
    expect(bench.heard.at(-1)).toMatch(/^remoteHangup 200 not sent/)
    nothingLeft()
  })

  it('that the application chokes on gets 500 and is gone', async () => {
    bench.onIncoming = () => {
      throw new Error('a bug')
    }
    expect((await arrive()).status).toBe(500)
    nothingLeft()
  })

  it('that comes again by another way gets 482', async () => {
    await arrive()
    expect((await arrive()).status).toBe(482)
    expect(bench.calls).toHaveLength(1)
  })

  it('given up by BYE before the answer is cancelled', async () => {
    const request = await arrive()
    const bye = bench.receive(new Received('BYE', { dialogId: 'c1;from-tag=t1' }))
    expect([bye.status, request.status]).toEqual([200, 487])
    expect(bench.heard.at(-1)).toBe('remoteCancel')
    nothingLeft()
  })

  it.each([
    ['no tag', { from: '<sip:a@b>' }, 400],
    ['no Contact', { contact: undefined }, 400],
  ])('with %s is refused', async (_name, headers, status) => {
    const request = await arrive({ headers: { ...inviteHeaders, ...headers } })
    expect(request.status).toBe(status)
  })

  it.each([
    [486, 486],
    [200, 480],
    [700, 480],
  ])('rejected with %i gets %i', async (asked, status) => {
    const request = await arrive()
    bench.sip.reject(bench.calls[0]!, asked)
    expect(request.status).toBe(status)
    nothingLeft()
  })

  it('says bye to a ringing call with 480', async () => {
    const request = await arrive()
    bench.sip.bye(bench.calls[0]!)
    expect(request.status).toBe(480)
  })

  it('refuses a re-INVITE before its ACK with 491', async () => {
    await arrive()
    bench.sip.accept(bench.calls[0]!, sdp)
    const again = bench.receive(
      new Received('INVITE', { dialogId: 'c1;from-tag=t1', headers: withSdp, body: sdp }),
    )
    expect(again.status).toBe(491)
  })

  it('answers 500 when the application does not answer an offer in time, and is free again', async () => {
    await arrive()
    bench.sip.accept(bench.calls[0]!, sdp)
    const dialogId = 'c1;from-tag=t1'
    bench.receive(new Received('ACK', { dialogId }))
    bench.renegotiate = () => new Promise(() => {})
    const offer = { dialogId, headers: withSdp, body: sdp }
    const slow = bench.receive(new Received('INVITE', offer))
    await bench.clock.advance(10_000)
    expect(slow.status).toBe(500)
    bench.renegotiate = async () => sdp
    const next = bench.receive(new Received('INVITE', offer))
    await settle()
    expect(next.status).toBe(200)
  })

  it('answers what is open when it ends', async () => {
    await arrive()
    bench.sip.accept(bench.calls[0]!, sdp)
    const dialogId = 'c1;from-tag=t1'
    bench.receive(new Received('ACK', { dialogId }))
    bench.renegotiate = () => new Promise(() => {})
    const open = bench.receive(new Received('UPDATE', { dialogId, headers: withSdp, body: sdp }))
    bench.receive(new Received('BYE', { dialogId }))
    expect(open.status).toBe(487)
    expect(bench.clock.pendingTimers).toBe(0)
  })
})

describe('requests in a dialog that we do not know', () => {
  it.each(['BYE', 'INVITE', 'UPDATE', 'INFO', 'OPTIONS'])('%s gets 481', (method) => {
    const request = bench.receive(new Received(method, { dialogId: 'x;from-tag=y' }))
    expect(request.status).toBe(481)
  })
  it('ACK gets nothing', () => {
    const request = bench.receive(new Received('ACK', { dialogId: 'x;from-tag=y' }))
    expect(request.responses).toEqual([])
    expect(bench.sip.counts().strayRequests).toBe(1)
  })
})

describe('requests outside a dialog', () => {
  it.each([
    ['OPTIONS', 200],
    ['MESSAGE', 401],
    ['REFER', 405],
    ['WHATEVER', 405],
    ['SUBSCRIBE', 489],
    ['PUBLISH', 489],
    ['INFO', 481],
    ['NOTIFY', 481],
    ['BYE', 481],
  ])('%s gets %i', (method, status) => {
    expect(bench.receive(new Received(method, {})).status).toBe(status)
  })
})

describe('who is calling', () => {
  const named = { ...carrier, host: 'Carrier.example' }

  it('a trunk by name, looked up once a minute', async () => {
    bench.trunks.push(named)
    bench.resolve = async () => ['192.0.2.9', '2001:db8::9']
    await arrive()
    await arrive({ headers: { ...inviteHeaders, 'call-id': 'c2' }, address: '::ffff:192.0.2.9' })
    expect(bench.calls).toHaveLength(2)
    expect(bench.lookups).toBe(1)
    await bench.clock.advance(60_001)
    await arrive({ headers: { ...inviteHeaders, 'call-id': 'c3' } })
    expect(bench.lookups).toBe(2)
  })

  it('stays a trunk while the name server is away', async () => {
    bench.trunks.push(named)
    bench.resolve = async () => ['192.0.2.9']
    await arrive()
    bench.resolve = () => new Promise(() => {})
    await bench.clock.advance(60_001)
    void arrive({ headers: { ...inviteHeaders, 'call-id': 'c2' } })
    await settle()
    await bench.clock.advance(3_000)
    expect(bench.calls).toHaveLength(2)
  })

  it('not a trunk that is switched off', async () => {
    bench.trunks.push({ ...carrier, enabled: false })
    expect((await arrive()).status).toBe(401)
  })

  it('a caller who hides is anonymous', async () => {
    bench.trunks.push(carrier)
    const hidden = '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=t'
    await arrive({ headers: { ...inviteHeaders, from: hidden } })
    expect(bench.heard).toEqual(['incoming anonymous +15005550100 trunk'])
  })
})
