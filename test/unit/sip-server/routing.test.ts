/** Where a message goes: names, routes, NAT, what we tell peers our address is. */
import { describe, expect, test } from 'vitest'
import { dialogRouting, flowOf, routeSet } from '../../../engine/sip-server/dialog/routing.ts'
import { parseMessage } from '../../../engine/sip-server/index.ts'
import { isBetter } from '../../../engine/sip-server/proxy/best.ts'
import { readDuration } from '../../../engine/sip-server/proxy/command.ts'
import type { Dns, SrvRecord } from '../../../engine/sip-server/transport/dns.ts'
import { isInside, LocalAddress } from '../../../engine/sip-server/transport/local-address.ts'
import type { Peer, Target } from '../../../engine/sip-server/transport/peer.ts'
import { chooseService, Resolver } from '../../../engine/sip-server/transport/resolve.ts'
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
  ] as const)('%s', (_title, contact, routes, role, wanted) => {
    expect(flowOf(contact, routes, peer, role)).toEqual(wanted)
  })
})

describe('our address as a peer should see it', () => {
  const at = (bound: string, publicAddress?: string, publicFor: 'all' | 'outside' = 'outside') =>
    new LocalAddress({ bound, publicAddress, publicFor })
  test.each([
    ['bound', at('192.0.2.1'), '8.8.8.8', '192.0.2.1'],
    ['outsider', at('192.0.2.1', '203.0.113.9'), '8.8.8.8', '203.0.113.9'],
    ['private peer', at('192.0.2.1', '203.0.113.9'), '10.0.0.1', '192.0.2.1'],
    ['public for all', at('192.0.2.1', '203.0.113.9', 'all'), '127.0.0.1', '203.0.113.9'],
    ['all interfaces, loopback peer', at('0.0.0.0'), '127.0.0.1', '127.0.0.1'],
    ['all interfaces, v6 loopback', at('::'), '::1', '::1'],
  ])('%s', (_title, local, peer, wanted) => {
    expect(local.forPeer(peer, 0)).toBe(wanted)
  })
  test.each([
    ['10.1.2.3', true],
    ['172.31.0.1', true],
    ['172.32.0.1', false],
    ['fd00::1', true],
    ['2001:db8::1', false],
    ['example.test', false],
  ])('%s inside: %s', (address, inside) => {
    expect(isInside(address)).toBe(inside)
  })
})

const record = (name: string, priority: number, weight: number): SrvRecord => ({
  name,
  port: 5080,
  priority,
  weight,
})

describe('names', () => {
  const target = (host: string, service = false): Target => ({
    protocol: 'udp',
    host,
    port: 5060,
    service,
  })
  const lab = (services: SrvRecord[] = []) => {
    const clock = new VirtualClock()
    const asked: string[] = []
    const pending: (() => void)[] = []
    const dns: Dns = {
      address: (host, _family, done) => {
        asked.push(host)
        pending.push(() => done(host.startsWith('no') ? undefined : '192.0.2.7'))
      },
      services: (name, done) => {
        asked.push(name)
        done(services)
      },
    }
    const resolver = new Resolver(clock, { below: () => 0 }, dns, 4)
    const answer = (): void => {
      for (const each of pending.splice(0)) each()
    }
    return { clock, asked, resolver, answer }
  }
  test('a literal is not asked for', () => {
    const { resolver, asked } = lab()
    let place: unknown
    resolver.resolve(target('192.0.2.1'), (found) => {
      place = found
    })
    expect(place).toEqual({ address: '192.0.2.1', port: 5060 })
    expect(asked).toEqual([])
  })
  test('all who ask meanwhile are answered in order by one look-up, then from memory', async () => {
    const { resolver, asked, answer, clock } = lab()
    const order: number[] = []
    for (const n of [1, 2, 3]) resolver.resolve(target('host'), () => order.push(n))
    answer()
    resolver.resolve(target('host'), () => order.push(4))
    expect(order).toEqual([1, 2, 3, 4])
    expect(asked).toEqual(['host'])
    await clock.advance(30_001)
    resolver.resolve(target('host'), () => order.push(5))
    answer()
    expect(asked).toEqual(['host', 'host'])
  })
  test('services are asked for when no port was named, addresses when there are none', () => {
    const found: unknown[] = []
    const served = lab([record('b.test', 2, 0), record('a.test', 1, 0)])
    served.resolver.resolve(target('example.test', true), (place) => found.push(place))
    served.answer()
    const plain = lab()
    plain.resolver.resolve(target('example.test', true), (place) => found.push(place))
    plain.answer()
    expect(served.asked).toEqual(['_sip._udp.example.test', 'a.test'])
    expect(plain.asked).toEqual(['_sip._udp.example.test', 'example.test'])
    expect(found).toEqual([
      { address: '192.0.2.7', port: 5080 },
      { address: '192.0.2.7', port: 5060 },
    ])
  })
  test('a pinned target stays where the name first led', () => {
    const { resolver, asked } = lab()
    const place = { address: '192.0.2.99', port: 5062 }
    const found: unknown[] = []
    resolver.resolve({ ...target('moved'), pin: { place } }, (each) => found.push(each))
    expect(found).toEqual([place])
    expect(asked).toEqual([])
  })
  test('a name that is not there is told, and asked again soon', async () => {
    const { resolver, answer, asked, clock } = lab()
    const found: unknown[] = []
    resolver.resolve(target('nobody'), (place) => found.push(place))
    answer()
    await clock.advance(3001)
    resolver.resolve(target('nobody'), (place) => found.push(place))
    answer()
    expect(found).toEqual([none, none])
    expect(asked.length).toBe(2)
  })
  test.each([
    [0, 'a'],
    [1, 'a'],
    [2, 'b'],
    [4, 'b'],
  ])('weights: chance %i gives %s', (chance, wanted) => {
    const records = [record('z', 9, 100), record('a', 1, 1), record('b', 1, 3)]
    expect(chooseService(records, { below: () => chance })?.name).toBe(wanted)
  })
  test('no services, no choice', () => {
    expect(chooseService([], { below: () => 0 })).toBeUndefined()
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
