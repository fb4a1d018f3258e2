import { describe, expect, test } from 'vitest'
import { linesOf, phone, session, text } from './sdp-scene.ts'

/** What SDP says of RTCP, and what becomes of it. */

const audio = 'm=audio 4000 RTP/AVP 0'
const nothing = { roundTrip: false, voip: false }

describe('where the peer takes RTCP', () => {
  const cases: readonly [string, string[], object | null][] = [
    ['above RTP', [audio], { address: '192.0.2.1', port: 4001 }],
    ['a port of its own', [audio, 'a=rtcp:4500'], { address: '192.0.2.1', port: 4500 }],
    [
      'an address of its own',
      [audio, 'a=rtcp:4500 IN IP4 192.0.2.9'],
      { address: '192.0.2.9', port: 4500 },
    ],
    [
      'an address that is none',
      [audio, 'a=rtcp:4500 IN IP4 239.1.1.1'],
      { address: '192.0.2.1', port: 4500 },
    ],
    ['a port that is none', [audio, 'a=rtcp:0'], { address: '192.0.2.1', port: 4001 }],
    ['no bandwidth for it', [audio, 'b=RS:0', 'b=RR:0'], null],
    ['bandwidth for one side', [audio, 'b=RS:0', 'b=RR:800'], { address: '192.0.2.1', port: 4001 }],
    ['on hold by its address', [audio, 'c=IN IP4 0.0.0.0'], null],
    ['nothing is above', ['m=audio 65535 RTP/AVP 0'], null],
  ]
  test.each(cases)('%s', (_what, lines, remote) => {
    const { agreement } = session().answer(text(...lines), phone)
    expect(agreement.rtcp).toEqual({ mux: false, remote, xr: nothing })
  })
})

describe('one port for both', () => {
  test('where the peer offers it; and our later offers keep to it', () => {
    const ours = session()
    const { agreement, sdp } = ours.answer(text(audio, 'a=rtcp-mux', 'a=rtcp:9'), phone)
    expect(agreement.rtcp).toMatchObject({ mux: true, remote: { port: 4000 } })
    expect(linesOf(sdp, 'a=rtcp-mux')).toHaveLength(1)
    expect(linesOf(ours.offer(phone), 'a=rtcp-mux')).toHaveLength(1)
    expect(ours.complete(text(audio)).rtcp).toMatchObject({ mux: false, remote: { port: 4001 } })
    expect(linesOf(ours.offer(phone), 'a=rtcp-mux')).toEqual([])
  })

  test('not by an answer to an offer of ours without it', () => {
    const ours = session()
    expect(linesOf(ours.offer(phone), 'a=rtcp')).toEqual([])
    expect(ours.complete(text(audio, 'a=rtcp-mux')).rtcp?.mux).toBe(false)
  })
})

describe('extended reports', () => {
  test('those that we know are agreed on and named in the answer', () => {
    const offered = 'a=rtcp-xr:rcvr-rtt=all:10000 stat-summary=loss,dup,jitt,TTL voip-metrics'
    const { agreement, sdp } = session().answer(text(audio, offered), phone)
    expect(agreement.rtcp?.xr).toEqual({ roundTrip: true, voip: true })
    expect(linesOf(sdp, 'a=rtcp-xr')).toEqual(['a=rtcp-xr:rcvr-rtt=all voip-metrics'])
  })

  test.each([['a=rtcp-xr:pkt-loss-rle'], ['a=rtcp-xr'], ['a=rtcp-xr:']])('none of %s', (line) => {
    const { agreement, sdp } = session().answer(text(audio, line), phone)
    expect(agreement.rtcp?.xr).toEqual(nothing)
    expect(linesOf(sdp, 'a=rtcp-xr')).toEqual([])
  })
})
