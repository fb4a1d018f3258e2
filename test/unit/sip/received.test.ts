/** What an INVITE tells beside who calls whom, and what ours tell of that. */
import { describe, expect, it } from 'vitest'
import type { CallId, TrunkId } from '../../../engine/core/ids.ts'
import type { InviteRequest } from '../../../engine/core/ports/sip.ts'
import { receivedOf } from '../../../engine/sip/call/received.ts'
import { Bench, Received } from './support/recorder.ts'

const received = (headers: Record<string, string>) =>
  receivedOf(new Received('INVITE', { headers }))

describe('an INVITE that comes', () => {
  it('tells its X- headers, and the hops that are left', () => {
    const headers = { 'X-A': '1', via: 'x', 'max-forwards': '12' }
    expect(received(headers)).toEqual({
      sipHeaders: { 'X-A': '1' },
      diversion: [],
      maxForwards: 12,
    })
  })

  it.each([
    ['nothing', {}, 70],
    ['nonsense', { 'max-forwards': 'x' }, 70],
    ['too much', { 'max-forwards': '999' }, 255],
  ])('with %s for hops', (_name, headers: Record<string, string>, hops) => {
    expect(received(headers).maxForwards).toBe(hops)
  })

  it('tells who was called before, by Diversion', () => {
    const diversion =
      '"Desk, front" <sip:+61-400-000-001@a;user=phone>;reason=No-Answer;counter=2;screen=no, <tel:+61400000002>;reason="x y", <sip:%00@>'
    expect(
      received({ diversion, 'history-info': '<sip:x1@a>;index=1, <sip:x2@a>;index=1.1' }),
    ).toEqual(
      expect.objectContaining({
        diversion: [
          { from: '+61400000001', reason: 'no-answer', counter: 2 },
          { from: '+61400000002', reason: 'unknown', counter: 1 },
          { from: 'anonymous', reason: 'unknown', counter: 1 },
        ],
      }),
    )
  })

  it('or by History-Info', () => {
    const history =
      '<sip:bob@a?Reason=SIP%3Bcause%3D486%3Btext%3D%22Busy%22>;index=1, <sip:office@a;cause=408>;index=1.1;mp=1, <sip:alice@a>;index=1.2'
    expect(received({ 'history-info': history }).diversion).toEqual([
      { from: 'office', reason: 'no-answer', counter: 1 },
      { from: 'bob', reason: 'user-busy', counter: 1 },
    ])
    expect(received({ 'history-info': '<sip:alice@a>;index=1' }).diversion).toEqual([])
  })

  it('is read within bounds', () => {
    const diversion = Array.from({ length: 1000 }, () => '<sip:bob@a>').join(', ')
    expect(received({ diversion }).diversion).toHaveLength(20)
  })
})

describe('an INVITE of ours', () => {
  const invite = (more: Partial<InviteRequest>) => {
    const bench = new Bench()
    const trunk = {
      ...{
        id: 't' as TrunkId,
        name: 't',
        host: '192.0.2.9',
        port: 5060,
        transport: 'udp' as const,
      },
      ...{ username: null, password: null, defaultCallerId: null, prefixes: [], priority: 1 },
      ...{ weight: 1, maxCalls: null, maxCallsPerSecond: null, enabled: true },
    }
    bench.sip.invite('c' as CallId, {
      target: { kind: 'trunk', trunk, number: '+61400000009' },
      ...{ callerId: '+15005550001', offers: { rtp: 'v=0\r\n' } },
      ...more,
    })
    return bench.sent[0]!.out.headers
  }
  const diversion = [
    { from: '+15005550100', reason: 'unconditional', counter: 1 },
    { from: '+61400000001', reason: 'user-busy', counter: 2 },
  ]

  it('tells who was called before in both ways', () => {
    expect(invite({ diversion, maxForwards: 11 })).toMatchObject({
      'Max-Forwards': '11',
      Diversion:
        '<sip:+15005550100@pbx.example>;reason=unconditional;counter=1, <sip:+61400000001@pbx.example>;reason=user-busy;counter=2',
      'History-Info':
        '<sip:+61400000001@pbx.example?Reason=SIP%3Bcause%3D486>;index=1, <sip:+15005550100@pbx.example?Reason=SIP%3Bcause%3D302>;index=1.1, <sip:+61400000009@pbx.example>;index=1.1.1',
    })
  })

  it('tells nothing where there is nothing to tell', () => {
    const headers = invite({})
    for (const name of ['Diversion', 'History-Info', 'Max-Forwards']) {
      expect(headers).not.toHaveProperty(name)
    }
  })
})
