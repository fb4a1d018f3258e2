import { describe, expect, test } from 'vitest'
import {
  type AllowedTarget,
  isAllowed,
  networkOf,
  sipTargetOf,
} from '../../../engine/core/targets.ts'

const list: AllowedTarget[] = [
  { kind: 'host', host: 'pbx.example', port: undefined },
  { kind: 'host', host: '10.1.1.1', port: 5080 },
  { kind: 'network', address: '192.168.4.0', prefixBits: 24 },
  { kind: 'network', address: 'fd00::', prefixBits: 8 },
]

describe('allowed targets', () => {
  test.each([
    ['pbx.example', undefined, true],
    ['pbx.example', 9, true],
    ['evil.pbx.example', undefined, false],
    ['10.1.1.1', 5080, true],
    ['10.1.1.1', undefined, false],
    ['192.168.4.77', undefined, true],
    ['192.168.5.1', undefined, false],
    ['fd12::1', undefined, true],
    ['fe80::1', undefined, false],
  ])('%s port %s: %s', (host, port, allowed) => {
    expect(isAllowed(list, host, port)).toBe(allowed)
  })
})

describe('an address or a network', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1', true],
    ['192.0.2.0/28', '192.0.2.15', true],
    ['192.0.2.0/28', '192.0.2.16', false],
    ['0.0.0.0/0', '203.0.113.1', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['::ffff:192.0.2.1', '192.0.2.1', true],
    ['::FFFF:192.0.2.0/124', '192.0.2.15', true],
    ['::ffff:192.0.2.0/124', '192.0.2.16', false],
    ['2001:db8::/32', '2001:DB8:1::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
  ])('%s takes %s: %s', (text, address, taken) => {
    expect(isAllowed(networkOf(text), address, undefined)).toBe(taken)
  })

  test.each(['', '192.0.2.0/33', '192.0.2.0/', '192.0.2.0/-1', '192.0.2/24', '::/129', 'host/24'])(
    '%j is none',
    (text) => {
      expect(networkOf(text)).toEqual([])
    },
  )
})

describe('host and port of a SIP URI', () => {
  test.each([
    ['sip:bob@pbx.example', { host: 'pbx.example', port: undefined }],
    ['sip:pbx.example:5080;transport=tcp', { host: 'pbx.example', port: 5080 }],
    ['SIPS:a:b@[FD00::1]:5061', { host: 'fd00::1', port: 5061 }],
    ['sip:x@pbx.example?Route=%3Csip:evil%3E', undefined],
    ['sip:x@pbx.example;maddr=10.0.0.1', undefined],
    ['sip:x@pbx.example;transport=tcp;MADDR=10.0.0.1', undefined],
    ['sip:allowed.example@evil.example', { host: 'evil.example', port: undefined }],
    ['sip:x@a@b', undefined],
    ['sip:', undefined],
    ['tel:+123', undefined],
  ])('%s', (uri, target) => {
    expect(sipTargetOf(uri)).toEqual(target)
  })
})
