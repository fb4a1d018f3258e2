import { expect, test } from 'vitest'
import { Failure } from '../../../engine/core/failures.ts'
import { isOfWebRtc } from '../../../engine/media/sdp/session.ts'
import fc from '../../support/property.ts'
import { chromiumVideoOffer, linphoneOffer } from './sdp-of-others.ts'
import { browser, phone, session } from './sdp-scene.ts'

const good = [
  'v=0',
  'o=phone 1 1 IN IP4 192.0.2.1',
  's=-',
  'c=IN IP4 192.0.2.1',
  't=0 0',
  'm=audio 4000 RTP/AVP 0 8 101',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-16',
  'a=ptime:20',
  'a=sendrecv',
  'm=video 5000 RTP/AVP 31',
].join('\r\n')

/** A good description with pieces cut out, doubled, or overwritten. */
const damaged = (text: string): fc.Arbitrary<string> =>
  fc
    .array(
      fc.record({
        at: fc.nat(text.length),
        remove: fc.nat(40),
        insert: fc.oneof(fc.string({ maxLength: 20 }), fc.constantFrom(...pieces)),
      }),
      { minLength: 1, maxLength: 6 },
    )
    .map((edits) =>
      edits.reduce(
        (found, { at, remove, insert }) => found.slice(0, at) + insert + found.slice(at + remove),
        text,
      ),
    )

const pieces = [
  ...['\r\n', 'm=', 'a=', 'c=', ' ', '0', '999999999999', '\0', '__proto__'],
  ...['a=crypto:1 ', 'a=fingerprint:sha-256 ', 'a=group:BUNDLE ', 'a=mid:', 'a=setup:', '|1:4'],
]
const mediaLines = (of: string): string[] =>
  of.split(/\r\n|\r|\n/).filter((line) => /^m=/.test(line))

test.each([
  ['phones', false, good],
  ['phones with SRTP', false, linphoneOffer],
  ['browsers', true, chromiumVideoOffer],
])(
  '%s: no text makes it throw anything but a Failure, and every answer can be answered',
  (_name, webrtc, text) => {
    const end = webrtc ? browser : phone
    fc.assert(
      fc.property(fc.oneof(damaged(text), fc.string({ maxLength: 300 })), (offer) => {
        try {
          isOfWebRtc(offer)
          const ours = session({ webrtc })
          ours.prefer({ srtp: 'optional', secureSignalling: true })
          const { sdp } = ours.answer(offer, end)
          expect(mediaLines(sdp)).toHaveLength(mediaLines(offer).length)
        } catch (error) {
          expect(error).toBeInstanceOf(Failure)
          expect((error as Failure).code).toBe('invalid_request')
        }
      }),
      { numRuns: 1500 },
    )
  },
)
