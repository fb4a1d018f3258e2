import { expect, test } from 'vitest'
import { ipBytes, ipv6Bytes } from '../../../engine/core/ip-bytes.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

test.each([
  ['192.0.2.1', 'c0000201'],
  ['::ffff:192.0.2.1', 'c0000201'],
  ['::', '0'.repeat(32)],
  ['::1', `${'0'.repeat(31)}1`],
  ['2001:db8::5', `20010db8${'0'.repeat(23)}5`],
  ['2001:db8:1:2:3:4:5:6', '20010db8000100020003000400050006'],
  ['64:ff9b::192.0.2.33', '0064ff9b0000000000000000c0000221'],
  ['fe80::1%eth0', 'fe800000000000000000000000000001'],
  ['', '00000000'],
  ['host.example', '00000000'],
])('%s', (address, expected) => {
  expect(hex(ipBytes(address))).toBe(expected)
})

test('an IPv4 address among IPv6 ones', () => {
  expect(hex(ipv6Bytes(ipBytes('192.0.2.1')))).toBe('00000000000000000000ffffc0000201')
})
