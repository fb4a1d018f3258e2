import { networkInterfaces } from 'node:os'
import { expect, test } from 'vitest'
import { addressesForBrowsers, candidatesAt } from '../../../engine/media/rtp/webrtc-server.ts'

const bound = (protocol: 'udp' | 'tcp', port: number) => ({
  ...{ foundation: 'x', priority: 1, ip: '0.0.0.0', address: '0.0.0.0', type: 'host' as const },
  protocol,
  port,
})

test('every address over UDP and TCP: UDP before TCP, the first address before the next', () => {
  const all = candidatesAt(['203.0.113.1', '2001:db8::1'], [bound('udp', 7000), bound('tcp', 7001)])
  const byPriority = all.toSorted((a, b) => b.priority - a.priority)
  expect(byPriority.map(({ protocol, address, port }) => [protocol, address, port])).toEqual([
    ['udp', '203.0.113.1', 7000],
    ['udp', '2001:db8::1', 7000],
    ['tcp', '203.0.113.1', 7001],
    ['tcp', '2001:db8::1', 7001],
  ])
  expect(new Set(all.map(({ foundation }) => foundation)).size).toBe(4)
  expect(all.every(({ priority }) => priority > 0 && priority < 2 ** 31)).toBe(true)
})

test('what the operator names is all that is told', () => {
  expect(addressesForBrowsers(['198.51.100.7'], '0.0.0.0', '203.0.113.1')).toEqual(['198.51.100.7'])
})

test('bound to one address: that one, and the public one before it', () => {
  expect(addressesForBrowsers([], '127.0.0.1', '127.0.0.1')).toEqual(['127.0.0.1'])
  expect(addressesForBrowsers([], '10.0.0.1', '203.0.113.1')).toEqual(['203.0.113.1', '10.0.0.1'])
})

test('bound to all: the public one, and those of the cards, but no loopback', () => {
  const cards = Object.values(networkInterfaces()).flatMap((card) => card ?? [])
  const ipv4 = cards.filter(({ family, internal }) => family === 'IPv4' && !internal)
  const told = addressesForBrowsers([], '0.0.0.0', '203.0.113.1')
  expect(told[0]).toBe('203.0.113.1')
  expect(told).not.toContain('127.0.0.1')
  expect(told.slice(1)).toEqual(ipv4.map(({ address }) => address).slice(0, 5))
})
