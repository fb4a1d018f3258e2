/** Which address of ours a description names: by where it goes, and the same for as long as the leg lasts. */
import { describe, expect, test } from 'vitest'
import type { SdpSession } from '../../../engine/media/sdp/session.ts'
import { phone, session } from './sdp-scene.ts'

const near = (): SdpSession =>
  session({
    publicAddress: '203.0.113.9',
    addressFor: (peer) => {
      if (peer.includes(':')) return '2001:db8::7'
      return peer.startsWith('10.') ? '10.0.0.7' : '203.0.113.9'
    },
  })
const remote = (address: string): string =>
  [
    'v=0',
    `o=phone 1 1 IN IP${address.includes(':') ? 6 : 4} ${address}`,
    's=-',
    `c=IN IP${address.includes(':') ? 6 : 4} ${address}`,
    't=0 0',
    'm=audio 4000 RTP/AVP 0',
    '',
  ].join('\r\n')
const addressesIn = (sdp: string): string[] =>
  [...sdp.matchAll(/^[oc]=.*(IN IP[46] \S+)/gm)].map(([, found]) => found!)
const both = (text: string): string[] => [text, text]

describe('an answer', () => {
  test.each([
    ['10.0.0.5', 'IN IP4 10.0.0.7'],
    ['198.51.100.5', 'IN IP4 203.0.113.9'],
    ['2001:db8::5', 'IN IP6 2001:db8::7'],
  ])('to an offer of %s', (from, wanted) => {
    expect(addressesIn(near().answer(remote(from), phone).sdp)).toEqual(both(wanted))
  })
  test('to a phone that gives another address than its packets come from', () => {
    const sdp = near()
    sdp.towards('198.51.100.5')
    expect(addressesIn(sdp.answer(remote('10.0.0.5'), phone).sdp)).toEqual(
      both('IN IP4 203.0.113.9'),
    )
  })
})

describe('an offer', () => {
  test('to somebody unknown names the public address', () => {
    expect(addressesIn(near().offer(phone))).toEqual(both('IN IP4 203.0.113.9'))
  })
  test('to somebody near', () => {
    const sdp = near()
    sdp.towards('10.0.0.5')
    expect(addressesIn(sdp.offer(phone))).toEqual(both('IN IP4 10.0.0.7'))
  })
  test('later: as before, whatever has become known', () => {
    const sdp = near()
    const first = sdp.offer(phone)
    sdp.complete(remote('10.0.0.5'))
    sdp.towards('10.0.0.5')
    expect(addressesIn(sdp.offer(phone))).toEqual(addressesIn(first))
  })
})
