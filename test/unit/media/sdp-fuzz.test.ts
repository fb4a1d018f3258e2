import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Failure } from '../../../engine/core/failures.ts'
import { SdpSession } from '../../../engine/media/sdp/session.ts'

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

/** The good description with pieces cut out, doubled, or overwritten. */
const damaged = fc
  .array(
    fc.record({
      at: fc.nat(good.length),
      remove: fc.nat(40),
      insert: fc.oneof(
        fc.string({ maxLength: 20 }),
        fc.constantFrom('\r\n', 'm=', 'a=', 'c=', ' ', '0', '999999999999', '\0', '__proto__'),
      ),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((edits) =>
    edits.reduce(
      (text, { at, remove, insert }) => text.slice(0, at) + insert + text.slice(at + remove),
      good,
    ),
  )

test('no text makes it throw anything but a Failure, and every answer can be answered', () => {
  fc.assert(
    fc.property(fc.oneof(damaged, fc.string({ maxLength: 300 })), (text) => {
      const options = { publicAddress: '198.51.100.7', sessionId: 7, ipv4: true, ipv6: true }
      try {
        const { sdp } = new SdpSession(options).answer(text, 5000)
        const media = (of: string) => of.split(/\r\n|\r|\n/).filter((line) => /^m=/.test(line))
        expect(media(sdp)).toHaveLength(media(text).length)
      } catch (error) {
        expect(error).toBeInstanceOf(Failure)
        expect((error as Failure).code).toBe('invalid_request')
      }
    }),
    { numRuns: 2000 },
  )
})
