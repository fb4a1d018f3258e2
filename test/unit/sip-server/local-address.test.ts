/** Which address of ours a peer is told: by the network that it is on. */
import { describe, expect, test } from 'vitest'
import { isInside, LocalAddress } from '../../../engine/sip-server/transport/local-address.ts'

const cards = [
  { address: 'fe80::5', network: 'fe80::5/64' },
  { address: '10.1.2.3', network: '10.1.2.3/24' },
  { address: '198.51.100.7', network: '198.51.100.7/28' },
  { address: '2001:db8:5::7', network: '2001:db8:5::7/64' },
]

interface Where {
  readonly bound?: string
  readonly publicAddress?: string
  readonly publicFor?: 'all' | 'outside'
}
const at = ({ bound = '0.0.0.0', publicAddress, publicFor = 'outside' }: Where): LocalAddress =>
  new LocalAddress({ bound, publicAddress, publicFor }, () => [...cards])

const outside = { publicAddress: '203.0.113.9' }
const dual = { bound: '::', ...outside }
const one = { bound: '192.0.2.1' }

describe('bound, public address, peer: what the peer is told', () => {
  test.each<[string, Where, string, string]>([
    ['bound to one address', one, '8.8.8.8', '192.0.2.1'],
    ['one address, somebody outside', { ...one, ...outside }, '8.8.8.8', '203.0.113.9'],
    ['one address, a private peer', { ...one, ...outside }, '10.9.9.9', '192.0.2.1'],
    ['public for all', { ...one, ...outside, publicFor: 'all' }, '127.0.0.1', '203.0.113.9'],
    ['all addresses, this machine', outside, '127.0.0.1', '127.0.0.1'],
    ['all addresses, the network of a card', outside, '10.1.2.99', '10.1.2.3'],
    ['a public network of ours', outside, '198.51.100.9', '198.51.100.7'],
    ['just beyond it', outside, '198.51.100.16', '203.0.113.9'],
    ['private, but not here: by way of the first card', outside, '192.168.7.7', '10.1.2.3'],
    ['carrier-grade NAT is outside', outside, '100.64.1.1', '203.0.113.9'],
    ['a name is outside', outside, 'carrier.example', '203.0.113.9'],
    ['no public address', {}, '8.8.8.8', '10.1.2.3'],
    ['both families, this machine', dual, '::1', '::1'],
    ['both families, this machine, IPv4', dual, '127.0.0.1', '127.0.0.1'],
    ['both families, IPv4 outside', dual, '8.8.8.8', '203.0.113.9'],
    ['both families, the IPv6 network of a card', dual, '2001:db8:5::99', '2001:db8:5::7'],
    ['both families, the link', dual, 'fe80::99', 'fe80::5'],
    ['IPv6 outside: an IPv4 address is of no use', dual, '2001:db8:6::1', '2001:db8:5::7'],
    [
      'IPv6 outside with a public address of its kind',
      { bound: '::', publicAddress: '2001:db8:9::9' },
      '2001:db8:6::1',
      '2001:db8:9::9',
    ],
  ])('%s', (_title, where, peer, wanted) => {
    expect(at(where).forPeer(peer, 0)).toBe(wanted)
  })
})

test.each([
  ['10.1.2.3', true],
  ['198.51.100.7', true],
  ['2001:db8:5::7', true],
  ['203.0.113.9', true],
  ['::1', true],
  ['10.1.2.4', false],
  ['8.8.8.8', false],
])('%s is ours: %s', (host, isOurs) => {
  expect(at(dual).isOwn(host, 0)).toBe(isOurs)
})
test('cards are looked at again from time to time', () => {
  let reads = 0
  const local = new LocalAddress(
    { bound: '::', publicAddress: undefined, publicFor: 'all' },
    () => {
      reads++
      return []
    },
  )
  for (const nowMs of [0, 29_999, 30_001, 31_000]) local.forPeer('192.0.2.1', nowMs)
  expect(reads).toBe(2)
})
test.each([
  ['10.1.2.3', true],
  ['172.31.0.1', true],
  ['172.32.0.1', false],
  ['169.254.1.1', true],
  ['fd00::1', true],
  ['fe80::1', true],
  ['2001:db8::1', false],
  ['example.test', false],
])('%s inside: %s', (address, inside) => {
  expect(isInside(address)).toBe(inside)
})
