/** Which address of ours a description names: by where it goes, and the same for as long as the leg lasts. */
import { describe, expect, test } from 'vitest'
import { SdpSession } from '../../../engine/media/sdp/session.ts'

const session = (): SdpSession =>
  new SdpSession({
    ...{ publicAddress: '203.0.113.9', sessionId: 7, ipv4: true, ipv6: true },
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
    expect(addressesIn(session().answer(remote(from), 4000).sdp)).toEqual(both(wanted))
  })
  test('to a phone that gives another address than its packets come from', () => {
    const sdp = session()
    sdp.towards('198.51.100.5')
    expect(addressesIn(sdp.answer(remote('10.0.0.5'), 4000).sdp)).toEqual(
      both('IN IP4 203.0.113.9'),
    )
  })
})

describe('an offer', () => {
  test('to somebody unknown names the public address', () => {
    expect(addressesIn(session().offer(4000))).toEqual(both('IN IP4 203.0.113.9'))
  })
  test('to somebody near', () => {
    const sdp = session()
    sdp.towards('10.0.0.5')
    expect(addressesIn(sdp.offer(4000))).toEqual(both('IN IP4 10.0.0.7'))
  })
  test('later: as before, whatever has become known', () => {
    const sdp = session()
    const first = sdp.offer(4000)
    sdp.complete(remote('10.0.0.5'))
    sdp.towards('10.0.0.5')
    expect(addressesIn(sdp.offer(4000))).toEqual(addressesIn(first))
  })
})
