import { Failure } from '../../../engine/core/failures.ts'
import type { OpenedLeg } from '../../../engine/media/messages.ts'
import {
  isOfWebRtc,
  SdpSession,
  type SdpSessionOptions,
} from '../../../engine/media/sdp/session.ts'
import { webRtcEnd } from '../../unit/media/sdp-scene.ts'
import { promise, type Target } from '../target.ts'

const options = { publicAddress: '198.51.100.7', sessionId: 7, ipv4: true, ipv6: true }
const sides: readonly (readonly [SdpSessionOptions, OpenedLeg])[] = [
  [{ ...options, webrtc: false }, { port: 5000 }],
  [{ ...options, webrtc: true }, { webrtc: webRtcEnd() }],
]
const head = 'v=0\r\no=phone 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n'
const audio = 'm=audio 4000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\n'

const seeds = [
  `${head}${audio}a=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\nm=video 5000 RTP/AVP 31\r\n`,
  `${head}m=audio 4000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${'A'.repeat(40)}\r\n`,
  `${head}${audio}a=candidate:1 1 UDP 2130706431 192.0.2.1 4000 typ host generation 0\r\n`,
  `${head}${audio}a=ssrc:1 cname:x\r\na=group:BUNDLE 0\r\na=mid:0\r\na=rtcp:4001 IN IP4 192.0.2.1\r\n`,
  `${head}${audio}a=rtcp-fb:* nack pli\r\na=extmap:1 urn:x\r\na=simulcast:send 1;2 recv 3\r\n`,
  `${head}${audio}a=rtpmap:0 PCMA/8000\r\na=rtpmap:8 PCMU/8000/1\r\na=inactive\r\n`,
  `${head}a=group:BUNDLE 0\r\na=fingerprint:sha-256 ${'AB:'.repeat(31)}AB\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111 110\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:110 telephone-event/48000\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\na=setup:actpass\r\na=mid:0\r\na=rtcp-mux\r\na=ssrc:1 cname:x\r\n`,
  'v',
  'v=0\r\nm\r\n',
  'v=0\r\nm=audio 4000/1 RTP/AVP 0\r\nc=IN IP6 ff02::1\r\n',
  `${head.replaceAll('\r\n', '\n')}m=audio 0 RTP/AVP 0`,
  `${head}m=audio 99999 RTP/AVP 0\r\nm=audio -1 RTP/AVP x\r\n`,
]

/** Runs one step; anything but the Failure that is promised goes through. */
function step<T>(run: () => T): T | undefined {
  try {
    return run()
  } catch (error) {
    if (error instanceof Failure && error.code === 'invalid_request') return undefined
    throw error
  }
}

export const sdp: Target = {
  name: 'sdp',
  about: 'session descriptions: offers and answers of the other side',
  seeds,
  pieces: [
    ...[
      'm=',
      'm=audio 1 RTP/AVP 0\r\n',
      'a=',
      'a=rtpmap:',
      'a=rtpmap:0 x\r\n',
      'c=IN IP4 ',
      'v=0\r\n',
    ],
    ...[
      'a=fmtp:0 ',
      'a=candidate:1 ',
      'a=ssrc:1 ',
      'a=crypto:1 ',
      'a=group:',
      'a=ice-',
      'a=fingerprint:sha-256 ',
      'a=setup:',
      'a=mid:',
      ' 0',
      '/1 ',
    ],
    ...[
      'a=simulcast:',
      'a=rid:1 ',
      'a=imageattr:',
      'a=extmap:',
      'a=rtcp-fb:',
      'a=sendonly\r\n',
      'b=AS:',
    ],
  ],
  mostBytes: 20_000,
  run(input) {
    step(() => isOfWebRtc(input))
    for (const [side, end] of sides) {
      const open = (): SdpSession => {
        const session = new SdpSession(side)
        session.prefer({ srtp: 'optional', secureSignalling: true })
        return session
      }
      const session = open()
      step(() => session.examine(input))
      const answer = step(() => session.answer(input, end))
      if (answer !== undefined) {
        const { sdp: text, agreement } = answer
        promise(text.length <= input.length + 2000, 'an answer is not much longer than its offer')
        promise(agreement.ptimeMs >= 1 && agreement.ptimeMs <= 1000, 'the packet time is a time')
        promise(/^v=0\r\n/.test(text) && !/[^\r]\n/.test(text), 'the answer is whole lines')
        const other = open()
        other.offer(end)
        step(() => other.complete(text))
      }
      const offering = open()
      offering.offer(end)
      step(() => offering.complete(input))
    }
  },
}
