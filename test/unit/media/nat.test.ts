import { expect, test } from 'vitest'
import { addressToLatchOnto } from '../../../engine/media/nat.ts'

const cases: readonly [string, string | undefined, string | undefined, string | undefined][] = [
  ['no signalling address', undefined, '192.0.2.1', undefined],
  ['SDP with a private address', '192.0.2.1', '10.0.0.5', '192.0.2.1'],
  ['SDP with the signalling address', '192.0.2.1', '192.0.2.1', undefined],
  ['the same, signalling on an IPv6 socket', '::ffff:192.0.2.1', '192.0.2.1', undefined],
  ['the same, IPv6 written at length', '2001:DB8:0:0:0:0:0:5', '2001:db8::5', undefined],
  ['a private address, signalling on an IPv6 socket', '::ffff:192.0.2.1', '10.0.0.5', '192.0.2.1'],
  ['SDP without an address (hold)', '192.0.2.1', undefined, '192.0.2.1'],
  ['signalling from what is no address', 'phone.example.com', '10.0.0.5', undefined],
]

test.each(cases)('%s', (_name, signalling, named, latch) => {
  expect(addressToLatchOnto(signalling, named)).toBe(latch)
})
