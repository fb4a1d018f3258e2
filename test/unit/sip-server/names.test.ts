/** Where names lead (RFC 3263), with a name server that answers as the test says. */
import { describe, expect, test } from 'vitest'
import { BadPlaces } from '../../../engine/sip-server/transport/bad-places.ts'
import type { Dns, NaptrRecord, SrvRecord } from '../../../engine/sip-server/transport/dns.ts'
import type { Protocol } from '../../../engine/sip-server/transport/peer.ts'
import { type Named, Resolver } from '../../../engine/sip-server/transport/resolve.ts'
import { orderServices, pointersOf } from '../../../engine/sip-server/transport/services.ts'
import { settle, VirtualClock } from '../../support/virtual-clock.ts'

const srv = (name: string, priority: number, weight: number, port = 5080): SrvRecord => ({
  ...{ name, port, priority, weight },
})
const naptr = (order: number, preference: number, service: string, to: string): NaptrRecord => ({
  ...{ order, preference, service, replacement: to, flags: 's', regexp: '' },
})

interface Zone {
  readonly addresses?: Readonly<Record<string, readonly string[]>>
  readonly services?: Readonly<Record<string, readonly SrvRecord[]>>
  readonly pointers?: readonly NaptrRecord[]
  readonly ttlS?: number
  away?: boolean
  /** questions for services get no answer, those for addresses do */
  noServices?: boolean
}

const lab = (zone: Zone, more: { families?: (4 | 6)[]; protocols?: Protocol[] } = {}) => {
  const clock = new VirtualClock()
  const asked: string[] = []
  const answer = async <T>(question: string, found: T): Promise<T | undefined> => {
    asked.push(question)
    return zone.away === true ? undefined : found
  }
  const dns: Dns = {
    addresses: (host, family) => {
      const all = zone.addresses?.[host] ?? []
      const addresses = all.filter((each) => each.includes(':') === (family === 6))
      return answer(`${family} ${host}`, { addresses, ttlS: zone.ttlS })
    },
    services: async (name) => {
      const found = await answer(name, zone.services?.[name] ?? [])
      return zone.noServices === true ? undefined : found
    },
    pointers: (name) => answer(`naptr ${name}`, zone.pointers ?? []),
  }
  const resolver = new Resolver({
    ...{ clock, dns, random: { below: () => 0 }, contain: (work) => work() },
    families: more.families ?? [4],
    protocols: more.protocols ?? ['udp', 'tcp', 'tls'],
  })
  const find = async (target: Partial<Named>): Promise<string[] | undefined> => {
    let places: string[] | undefined
    const whole: Named = { protocol: 'udp', host: 'example.test', port: 5060, ...target }
    resolver.resolve(whole, (ways) => {
      places = ways.map(({ protocol, address, port }) => `${protocol} ${address} ${port}`)
    })
    await settle()
    return places
  }
  return { clock, asked, resolver, find }
}

const two = { 'a.test': ['192.0.2.1'], 'b.test': ['192.0.2.2'], 'example.test': ['192.0.2.9'] }

describe('what is asked for, and in which order its places are tried', () => {
  const udp = '_sip._udp.example.test'
  const tcp = '_sip._tcp.example.test'
  const tls = '_sips._tcp.example.test'
  const open = { service: true, open: true }
  test.each<[string, Zone, Partial<Named>, string[]]>([
    ['a port: addresses alone', { addresses: two }, { port: 5062 }, ['udp 192.0.2.9 5062']],
    ['a literal', {}, { host: '192.0.2.5', port: 5062 }, ['udp 192.0.2.5 5062']],
    [
      'no port, a transport: its services by priority',
      { addresses: two, services: { [udp]: [srv('b.test', 2, 0), srv('a.test', 1, 0, 5081)] } },
      { service: true },
      ['udp 192.0.2.1 5081', 'udp 192.0.2.2 5080'],
    ],
    ['no services: the name itself', { addresses: two }, open, ['udp 192.0.2.9 5060']],
    [
      'no services, TLS: its own port',
      { addresses: two },
      { ...open, protocol: 'tls', port: 5061 },
      ['tls 192.0.2.9 5061'],
    ],
    [
      'neither: NAPTR says which transport, the best first',
      {
        addresses: two,
        pointers: [
          naptr(20, 5, 'SIP+D2U', udp),
          naptr(10, 9, 'SIP+D2T', tcp),
          naptr(10, 1, 'SIPS+D2T', tls),
        ],
        services: { [udp]: [srv('a.test', 1, 0)], [tcp]: [srv('b.test', 1, 0)], [tls]: [] },
      },
      open,
      ['tcp 192.0.2.2 5080', 'udp 192.0.2.1 5080'],
    ],
    [
      'NAPTR of another domain',
      {
        addresses: two,
        pointers: [naptr(1, 1, 'SIP+D2U', '_sip._udp.other.test')],
        services: { '_sip._udp.other.test': [srv('b.test', 1, 0)] },
      },
      open,
      ['udp 192.0.2.2 5080'],
    ],
    [
      'no NAPTR: the first transport that has services',
      { addresses: two, services: { [tcp]: [srv('a.test', 1, 0)], [tls]: [srv('b.test', 1, 0)] } },
      open,
      ['tcp 192.0.2.1 5080'],
    ],
    [
      'sips: never anything but TLS',
      {
        addresses: two,
        pointers: [naptr(1, 1, 'SIP+D2U', udp), naptr(2, 1, 'SIPS+D2T', tls)],
        services: { [udp]: [srv('a.test', 1, 0)], [tls]: [srv('b.test', 1, 0, 5061)] },
      },
      { ...open, protocol: 'tls', port: 5061 },
      ['tls 192.0.2.2 5061'],
    ],
    [
      '"no such service here"',
      { addresses: two, services: { [udp]: [srv('', 0, 0)] } },
      { service: true },
      [],
    ],
    [
      'all addresses of a server',
      { addresses: { 'example.test': ['192.0.2.1', '192.0.2.2'] } },
      { port: 5062 },
      ['udp 192.0.2.1 5062', 'udp 192.0.2.2 5062'],
    ],
    [
      'a server that has no address is passed over',
      { addresses: two, services: { [udp]: [srv('gone.test', 1, 0), srv('b.test', 2, 0)] } },
      { service: true },
      ['udp 192.0.2.2 5080'],
    ],
    ['nobody', {}, open, []],
  ])('%s', async (_title, zone, target, wanted) => {
    expect(await lab(zone).find(target)).toEqual(wanted)
  })

  test('both families where we are bound to both, at most eight places', async () => {
    const many = Array.from({ length: 9 }, (_, n) => `192.0.2.${n}`)
    const zone = { addresses: { 'example.test': ['2001:db8::1', ...many] } }
    const found = await lab(zone, { families: [6, 4] }).find({ port: 5060 })
    expect(found?.slice(0, 2)).toEqual(['udp 2001:db8::1 5060', 'udp 192.0.2.0 5060'])
    expect(found?.length).toBe(8)
  })
  test('a name without a dot is no domain', async () => {
    const { find, asked } = lab({ addresses: { desk: ['192.0.2.1'] } })
    expect(await find({ host: 'desk', service: true, open: true })).toEqual(['udp 192.0.2.1 5060'])
    expect(asked).toEqual(['4 desk'])
  })
  test('NAPTR records of other services are of no use', () => {
    const records = [
      naptr(1, 1, 'E2U+sip', 'x'),
      naptr(1, 2, 'SIP+D2S', 'y'),
      naptr(1, 3, 'sip+d2t', 'z'),
    ]
    expect(pointersOf(records, ['udp', 'tcp'])).toEqual([{ protocol: 'tcp', name: 'z' }])
    expect(pointersOf(records, ['udp'])).toEqual([])
  })
})

describe('weights (RFC 2782)', () => {
  const records = [srv('z', 9, 100), srv('a', 1, 1), srv('b', 1, 3), srv('o', 1, 0)]
  test.each([
    ['0 takes the one without weight, then in order', [0, 0, 0, 0], 'o a b z'],
    ['1 falls on the first', [1, 0, 0, 0], 'a o b z'],
    ['2 to 4 on the second', [2, 1, 0, 0], 'b a o z'],
    ['the rest is drawn anew', [4, 0, 1, 0], 'b o a z'],
  ])('%s', (_title, chances, wanted) => {
    const limits: number[] = []
    const random = {
      below: (limit: number) => {
        limits.push(limit)
        return chances[limits.length - 1]!
      },
    }
    const order = orderServices(records, random).map(({ name }) => name)
    expect(order.join(' ')).toBe(wanted)
    expect(limits[0]).toBe(5)
  })
  test('in the long run the shares are those of the weights', () => {
    let seed = 1
    const random = {
      below: (limit: number) => {
        seed = (seed * 48_271) % 2_147_483_647
        return seed % limit
      },
    }
    const pair = [srv('a', 1, 10), srv('b', 1, 30)]
    const firsts = Array.from({ length: 4000 }, () => orderServices(pair, random)[0]!.name)
    const share = firsts.filter((name) => name === 'b').length / firsts.length
    expect(share).toBeGreaterThan(0.7)
    expect(share).toBeLessThan(0.8)
  })
})

describe('what is remembered', () => {
  const zone = (ttlS?: number): Zone => ({
    addresses: two,
    ...(ttlS === undefined ? {} : { ttlS }),
  })
  test('all who ask meanwhile are answered in order by one look-up, then from memory', async () => {
    const { resolver, asked, find } = lab(zone())
    const order: number[] = []
    const target: Named = { protocol: 'udp', host: 'example.test', port: 5060 }
    for (const n of [1, 2, 3]) resolver.resolve(target, () => order.push(n))
    await settle()
    resolver.resolve(target, () => order.push(4))
    expect(order).toEqual([1, 2, 3, 4])
    await find({})
    expect(asked).toEqual(['4 example.test'])
  })
  test.each([
    ['no time to live known', undefined, 30_000],
    ['as the record says', 100, 100_000],
    ['at least', 0, 5000],
    ['at most', 86_400, 300_000],
  ])('%s', async (_title, ttlS, wantedMs) => {
    const { asked, find, clock } = lab(zone(ttlS))
    await find({})
    await clock.advance(wantedMs - 1)
    await find({})
    expect(asked.length).toBe(1)
    await clock.advance(1)
    await find({})
    expect(asked.length).toBe(2)
  })
  test('a name that is not there is asked for again soon', async () => {
    const { asked, find, clock } = lab({})
    expect(await find({})).toEqual([])
    await clock.advance(3000)
    expect(await find({})).toEqual([])
    expect(asked.length).toBe(2)
  })
  test('no answer about services is not that there are none: what was known holds, for a while', async () => {
    const known: Zone = {
      ...{ addresses: { ...two }, ttlS: 300 },
      services: { '_sip._udp.example.test': [srv('a.test', 1, 1)] },
    }
    const { find, clock } = lab(known)
    const ask = { service: true }
    expect(await find(ask)).toEqual(['udp 192.0.2.1 5080'])
    known.noServices = true
    await clock.advance(30_001)
    expect(await find(ask)).toEqual(['udp 192.0.2.1 5080'])
    await clock.advance(330_001)
    expect(await find(ask)).toEqual(['udp 192.0.2.9 5060'])
    // that was a guess: the time to live of the address does not keep it
    known.noServices = false
    await clock.advance(30_001)
    expect(await find(ask)).toEqual(['udp 192.0.2.1 5080'])
  })
  test('a look-up that fails as none should is a fault, and nobody waits for it', async () => {
    const faults: unknown[] = []
    const broken = (): Promise<never> => Promise.reject(new Error('never'))
    const resolver = new Resolver({
      clock: new VirtualClock(),
      dns: { addresses: broken, services: broken, pointers: broken },
      random: { below: () => 0 },
      contain: (work) => {
        try {
          work()
        } catch (error) {
          faults.push(error)
        }
      },
      ...{ families: [4], protocols: ['udp'] },
    })
    let ways: readonly unknown[] | undefined
    resolver.resolve({ protocol: 'udp', host: 'example.test', port: 5060 }, (found) => {
      ways = found
    })
    await settle()
    expect([ways, faults]).toEqual([[], [new Error('never')]])
  })
  test('where services are never answered for, a new address is taken', async () => {
    const zoneWithout = { addresses: { 'example.test': ['192.0.2.9'] }, noServices: true }
    const { find, clock } = lab(zoneWithout)
    expect(await find({ service: true })).toEqual(['udp 192.0.2.9 5060'])
    zoneWithout.addresses = { 'example.test': ['192.0.2.7'] }
    await clock.advance(30_001)
    expect(await find({ service: true })).toEqual(['udp 192.0.2.7 5060'])
  })
  test('while no name server answers, what was known still holds', async () => {
    const known = zone()
    const { find, clock, asked } = lab(known)
    await find({})
    known.away = true
    await clock.advance(30_000)
    expect(await find({})).toEqual(['udp 192.0.2.9 5060'])
    expect(asked.length).toBe(2)
    await clock.advance(3000)
    known.away = false
    await find({})
    expect(asked.length).toBe(3)
  })
})

describe('places that failed', () => {
  const way = (address: string) => ({ protocol: 'udp' as const, address, port: 5060 })
  test('are tried last for a while', async () => {
    const clock = new VirtualClock()
    const bad = new BadPlaces(clock)
    const [a, b, c] = [way('192.0.2.1'), way('192.0.2.2'), way('192.0.2.3')] as const
    bad.note(a)
    bad.note(b, 5000)
    expect(bad.last([a, b, c])).toEqual([c, a, b])
    await clock.advance(5000)
    expect(bad.last([a, b, c])).toEqual([b, c, a])
    await clock.advance(55_000)
    expect(bad.last([a, b, c])).toEqual([a, b, c])
  })
  test('are forgotten when they answer; a Retry-After has its limit; the list too', async () => {
    const clock = new VirtualClock()
    const bad = new BadPlaces(clock)
    bad.note(way('192.0.2.1'), 1e9)
    bad.note(way('192.0.2.2'))
    bad.clear(way('192.0.2.2'))
    expect(bad.has(way('192.0.2.2'))).toBe(false)
    await clock.advance(300_000)
    expect(bad.has(way('192.0.2.1'))).toBe(false)
    for (let n = 0; n < 1500; n++) bad.note(way(`10.0.${n >> 8}.${n & 255}`))
    expect(bad.size).toBe(1000)
  })
})
