/** Whose packets are a trunk's: the addresses of its name and of the servers that DNS lists for it. */
import { afterEach, expect, test } from 'vitest'
import { trunkResolver } from '../../../engine/sip/trunk/names.ts'
import { MockDns } from '../../support/mock-dns.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

const records = [
  { name: 'carrier.test', address: '192.0.2.1' },
  { name: '_sip._udp.carrier.test', srv: [1, 1, 5080, 'a.carrier.test'] },
  { name: '_sips._tcp.carrier.test', srv: [1, 1, 5061, 'b.carrier.test'] },
  { name: 'carrier.test', naptr: [1, 1, 'SIP+D2T', '_sip._tcp.other.test'] },
  { name: '_sip._tcp.other.test', srv: [1, 1, 5060, 'c.other.test'] },
  { name: 'a.carrier.test', address: '192.0.2.2' },
  { name: 'b.carrier.test', address: '2001:db8::2' },
  { name: 'c.other.test', address: '192.0.2.4' },
  { name: 'bare.test', address: '192.0.2.5' },
  { name: '_sip._udp.listed.test', srv: [1, 1, 5080, 'a.carrier.test'] },
  { name: '_sip._tcp.listed.test', srv: [1, 1, 5080, 'gone.test'] },
] as const

const open = async () => {
  const dns = await MockDns.open(records)
  closers.push(() => dns.close())
  return { dns, resolve: trunkResolver([dns.server]) }
}

test.each([
  ['carrier.test', ['192.0.2.1', '192.0.2.2', '192.0.2.4', '2001:db8::2']],
  ['bare.test', ['192.0.2.5']],
  ['listed.test', ['192.0.2.2']],
  ['nobody.test', []],
])('%s', async (host, wanted) => {
  const { resolve } = await open()
  expect((await resolve(host)).toSorted()).toEqual(wanted)
})
// An answer that nobody waits for yet would end the process (vitest tells of it as an error of the run).
test.each(['NAPTR', 'SRV', 'A'] as const)('%s records come last', async (type) => {
  const { dns, resolve } = await open()
  dns.late = [type]
  expect((await resolve('listed.test')).toSorted()).toEqual(['192.0.2.2'])
  expect(await resolve('nobody.test')).toEqual([])
  await expect(trunkResolver()('nobody.invalid')).rejects.toThrow()
})
test('a name without a dot is a machine of this network: no name server hears of it', async () => {
  const { dns, resolve } = await open()
  expect((await resolve('localhost')).length).toBeGreaterThan(0)
  expect(dns.asked).toEqual([])
})
