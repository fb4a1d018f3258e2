/** Where a message goes: names, routes, NAT, what we tell peers our address is. */
import { describe, expect, test } from 'vitest'
import { RegisteredFlows } from '../../../engine/sip-server/dialog/registered-flows.ts'
import { dialogRouting, flowOf, routeSet } from '../../../engine/sip-server/dialog/routing.ts'
import { parseMessage } from '../../../engine/sip-server/index.ts'
import { isBetter } from '../../../engine/sip-server/proxy/best.ts'
import { readDuration } from '../../../engine/sip-server/proxy/command.ts'
import type { Peer } from '../../../engine/sip-server/transport/peer.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const none = undefined

describe('routes of a dialog (RFC 3261 12.2.1.1)', () => {
  test.each([
    ['no route', [], 'sip:t@h', [], 'sip:t@h'],
    [
      'loose',
      ['<sip:p1;lr>', '<sip:p2;lr>'],
      'sip:t@h',
      ['<sip:p1;lr>', '<sip:p2;lr>'],
      'sip:p1;lr',
    ],
    ['strict', ['<sip:p1>', '<sip:p2>'], 'sip:p1', ['<sip:p2>', '<sip:t@h>'], 'sip:p1'],
  ])('%s', (_title, routes, requestUri, sent, nextHop) => {
    expect(dialogRouting(routes, 'sip:t@h')).toEqual({ requestUri, routes: sent, nextHop })
  })
  test('the caller reverses what the callee keeps', () => {
    const text =
      'SIP/2.0 200 OK\r\nRecord-Route: <sip:a;lr>, <sip:b;lr>\r\nRecord-Route: <sip:c;lr>\r\n\r\n'
    const message = parseMessage(text)!
    const order = ['<sip:a;lr>', '<sip:b;lr>', '<sip:c;lr>']
    expect(routeSet(message, 'uas')).toEqual(order)
    expect(routeSet(message, 'uac')).toEqual([...order].reverse())
  })
})

describe('a Contact that cannot be believed', () => {
  const peer: Peer = { protocol: 'udp', address: '192.0.2.5', port: 5070 }
  const toSource = { protocol: 'udp', host: '192.0.2.5', port: 5070 }
  test.each([
    ['the source itself', 'sip:x@192.0.2.5:5070', [], 'uas', none],
    ['another port, called side', 'sip:x@192.0.2.5', [], 'uas', toSource],
    ['another port, calling side', 'sip:x@192.0.2.5', [], 'uac', none],
    ['another host', 'sip:x@10.1.1.1:5070', [], 'uac', toSource],
    ['a route decides', 'sip:x@10.1.1.1', ['<sip:p;lr>'], 'uas', none],
    ['a route inside, calling side', 'sip:x@h', ['<sip:10.0.0.9;lr>', '<sip:p>'], 'uac', toSource],
    ['a route inside, called side', 'sip:x@h', ['<sip:10.0.0.9;lr>'], 'uas', none],
    ['a route outside', 'sip:x@h', ['<sip:198.51.100.1;lr>', '<sip:10.0.0.9>'], 'uac', none],
  ] as const)('%s', (_title, contact, routes, role, wanted) => {
    expect(flowOf(contact, routes, peer, role)).toEqual(wanted)
  })
})

describe('what a proxied caller is answered', () => {
  test.each([
    [[486, 503], 486],
    [[480, 486], 486],
    [[404, 302], 302],
    [[407, 486], 407],
    [[407, 603, 486], 603],
    [[503, 500], 500],
  ])('of %j the best is %i', (statuses, wanted) => {
    const best = statuses.reduce<number | undefined>(
      (so, status) => (isBetter(status, so) ? status : so),
      undefined,
    )
    expect(best).toBe(wanted)
  })
  test.each([
    ['500ms', 500],
    ['2s', 2000],
    ['750', 750],
    ['', none],
    ['undefined', none],
    ['2m', none],
  ])('duration %j', (text, wanted) => {
    expect(readDuration(text)).toBe(wanted)
  })
})

describe('connections on which contacts registered', () => {
  const contact = (expires: number): string => `Contact: <sip:a@192.0.2.7:9>;expires=${expires}`
  const message = (start: string, field: string) =>
    parseMessage([start, 'Via: SIP/2.0/TCP h;branch=z9hG4bKx', field, '', ''].join('\r\n'))!
  const flows = new RegisteredFlows(new VirtualClock(), () => {})
  const register = (port: number, expires: number): void => {
    const stream = { open: true, write: () => undefined }
    const peer: Peer = { protocol: 'tcp', address: '192.0.2.7', port, stream }
    const request = message('REGISTER sip:h SIP/2.0', contact(expires))
    flows.learn(
      request,
      message('SIP/2.0 200 OK', expires === 0 ? 'Subject: x' : contact(expires)),
      peer,
    )
  }
  const isFound = (port: number): boolean =>
    flows.from({ protocol: 'tcp', host: '192.0.2.7', port }) !== undefined
  test('are found by their far end until the contact moves or goes', () => {
    register(1, 60)
    expect([isFound(1), flows.find('sip:a@192.0.2.7')?.port]).toEqual([true, 1])
    register(2, 60)
    expect([isFound(1), isFound(2), flows.size]).toEqual([false, true, 1])
    register(2, 0)
    expect([isFound(2), flows.size]).toEqual([false, 0])
  })
})
