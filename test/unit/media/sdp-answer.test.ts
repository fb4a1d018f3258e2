import { describe, expect, test } from 'vitest'
import { Failure } from '../../../engine/core/failures.ts'
import type { SdpSession } from '../../../engine/media/sdp/session.ts'
import { linesOf, phone, session, text } from './sdp-scene.ts'

const mediaLines = (sdp: string): string[] => linesOf(sdp, 'm=')
/** Of one that knows no other codecs. */
function g711(): SdpSession {
  const ours = session()
  ours.prefer({ codecs: ['PCMU', 'PCMA'] })
  return ours
}
const audio = 'm=audio 4000 RTP/AVP 0'
const event = (payloadType: number): object => ({ payloadType, rateHz: 8000 })

describe('what is agreed', () => {
  const cases: readonly [string, string[], object][] = [
    [
      'static PCMU without an rtpmap',
      [audio],
      {
        codec: 'PCMU',
        payloadType: 0,
        telephoneEvent: null,
        send: true,
        receive: true,
        ptimeMs: 20,
        remote: { address: '192.0.2.1', port: 4000 },
      },
    ],
    [
      'the first codec of the offer that we know',
      ['m=audio 4000 RTP/AVP 15 18 8 0'],
      { codec: 'PCMA' },
    ],
    [
      'dynamic payload types as the offer has them',
      ['m=audio 4000 RTP/AVP 97 110', 'a=rtpmap:97 pcma/8000', 'a=rtpmap:110 telephone-event/8000'],
      {
        codec: 'PCMA',
        payloadType: 97,
        telephoneEvent: event(110),
        receivePayloads: { PCMU: [], PCMA: [97], telephoneEvent: [event(110)] },
      },
    ],
    [
      'an rtpmap that takes number 0 for something else',
      ['m=audio 4000 RTP/AVP 0 8', 'a=rtpmap:0 speex/8000'],
      { codec: 'PCMA' },
    ],
    [
      'no events of another clock rate, no stereo',
      [
        'm=audio 4000 RTP/AVP 96 97 8',
        'a=rtpmap:96 telephone-event/16000',
        'a=rtpmap:97 PCMU/8000/2',
      ],
      { codec: 'PCMA', telephoneEvent: null },
    ],
    [
      'a count of one port',
      ['m=audio 4000/1 RTP/AVP 0', 'm=video 4002/1 RTP/AVP 31'],
      { codec: 'PCMU', remote: { address: '192.0.2.1', port: 4000 } },
    ],
    ['ptime', [audio, 'a=ptime:30'], { ptimeMs: 30 }],
    ['ptime that is no time', [audio, 'a=ptime:99999999'], { ptimeMs: 20 }],
    ['sendonly (hold)', [audio, 'a=sendonly'], { send: false, receive: true }],
    ['recvonly', [audio, 'a=recvonly'], { send: true, receive: false }],
    ['inactive', [audio, 'a=inactive'], { send: false, receive: false }],
    [
      'the old hold: address 0.0.0.0',
      [audio, 'c=IN IP4 0.0.0.0'],
      { remote: null, send: false, receive: true },
    ],
    [
      'the address of the media line before that of the session',
      [audio, 'c=IN IP4 192.0.2.9'],
      { remote: { address: '192.0.2.9', port: 4000 } },
    ],
    [
      'an IPv6 address in its shortest form',
      [audio, 'c=IN IP6 2001:DB8:0:0:0:0:0:5'],
      { remote: { address: '2001:db8::5', port: 4000 } },
    ],
    [
      'an IPv4 address in IPv6 clothes',
      [audio, 'c=IN IP6 ::ffff:192.0.2.44'],
      { remote: { address: '192.0.2.44', port: 4000 } },
    ],
    [
      'plain RTP where SRTP stands beside it',
      ['m=audio 4000 RTP/SAVP 0', 'm=audio 4002 RTP/AVP 8'],
      { codec: 'PCMA', remote: { address: '192.0.2.1', port: 4002 } },
    ],
  ]
  test.each(cases)('%s', (_name, lines, agreed) => {
    expect(session().answer(text(...lines), phone).agreement).toMatchObject(agreed)
  })

  test('the direction of the session holds for a line without one', () => {
    const sdp = text(audio).replace('m=', 'a=sendonly\r\nm=')
    expect(session().answer(sdp, phone).agreement).toMatchObject({ send: false })
  })
})

describe('the answer', () => {
  test('is what RFC 3264 wants of a simple offer', () => {
    const offer = text('m=audio 4000 RTP/AVP 8 0 101', 'a=rtpmap:101 telephone-event/8000')
    expect(session().answer(offer, phone).sdp.split('\r\n')).toEqual([
      'v=0',
      'o=ringdown 7 1 IN IP4 198.51.100.7',
      's=ringdown',
      'c=IN IP4 198.51.100.7',
      't=0 0',
      'm=audio 5000 RTP/AVP 8 101',
      'a=rtpmap:8 PCMA/8000',
      'a=rtpmap:101 telephone-event/8000',
      'a=fmtp:101 0-15',
      'a=ptime:20',
      'a=sendrecv',
      '',
    ])
  })

  test.each([
    ['sendonly', 'recvonly'],
    ['recvonly', 'sendonly'],
    ['inactive', 'inactive'],
    ['sendrecv', 'sendrecv'],
  ])('%s is answered %s', (offered, answered) => {
    expect(session().answer(text(audio, `a=${offered}`), phone).sdp).toContain(`a=${answered}\r\n`)
  })

  test('keeps every media line in its place and takes one', () => {
    const offer = text(
      'm=video 0 RTP/AVP 31',
      'm=audio 4000 RTP/AVP 8',
      'm=image 4010 udptl t38',
      'm=audio 4020 RTP/AVP 0',
      'm=video 4030 RTP/AVP 96 97',
    )
    expect(mediaLines(session().answer(offer, phone).sdp)).toEqual([
      'm=video 0 RTP/AVP 31',
      'm=audio 5000 RTP/AVP 8',
      'm=image 0 udptl t38',
      'm=audio 0 RTP/AVP 0',
      'm=video 0 RTP/AVP 96 97',
    ])
  })

  test('has rtcp-mux only when it was offered', () => {
    expect(session().answer(text(audio, 'a=rtcp-mux'), phone).sdp).toContain('a=rtcp-mux')
    expect(session().answer(text(audio), phone).sdp).not.toContain('rtcp-mux')
  })

  test('names an IPv6 address of ours as such', () => {
    const own = session({ publicAddress: '2001:db8::1' })
    expect(own.answer(text(audio), phone).sdp).toContain('c=IN IP6 2001:db8::1\r\n')
  })
})

describe('later rounds', () => {
  const version = (sdp: string): number => Number(/^o=\S+ \S+ (\d+)/m.exec(sdp)?.[1])

  test('the session version grows by one when the description changes, and only then', () => {
    const ours = session()
    const versions = [
      ours.answer(text(audio), phone),
      ours.answer(text(audio), phone),
      ours.answer(text(audio, 'a=sendonly'), phone),
      ours.answer(text(audio), phone),
    ].map(({ sdp }) => version(sdp))
    expect(versions).toEqual([1, 1, 2, 3])
  })

  test('a re-INVITE may change address and codec', () => {
    const ours = session()
    ours.answer(text(audio), phone)
    const { agreement } = ours.answer(text('m=audio 4444 RTP/AVP 8', 'c=IN IP4 192.0.2.77'), phone)
    expect(agreement).toMatchObject({
      codec: 'PCMA',
      remote: { address: '192.0.2.77', port: 4444 },
      // Packets of the old codec may still be on their way.
      receivePayloads: { PCMU: [0], PCMA: [8] },
    })
  })

  test('a payload type with a new meaning loses the old one', () => {
    const ours = session()
    ours.answer(text('m=audio 4000 RTP/AVP 96', 'a=rtpmap:96 PCMU/8000'), phone)
    const { agreement } = ours.answer(
      text('m=audio 4000 RTP/AVP 8 96', 'a=rtpmap:96 telephone-event/8000'),
      phone,
    )
    expect(agreement.receivePayloads).toMatchObject({
      PCMU: [],
      PCMA: [8],
      telephoneEvent: [event(96)],
    })
  })

  test('our own later offer keeps the refused lines and the payload types', () => {
    const ours = g711()
    ours.answer(
      text(
        'm=audio 4000 RTP/AVP 0 99',
        'a=rtpmap:99 telephone-event/8000',
        'm=video 6000 RTP/AVP 31',
      ),
      phone,
    )
    expect(mediaLines(ours.offer(phone))).toEqual([
      'm=audio 5000 RTP/AVP 0 8 99',
      'm=video 0 RTP/AVP 31',
    ])
  })
})

describe('our offer (late offer included)', () => {
  test('has both codecs and events', () => {
    expect(g711().offer(phone)).toContain('m=audio 5000 RTP/AVP 0 8 101\r\n')
  })

  test('the answer decides codec, address and event type', () => {
    const ours = session()
    ours.offer(phone)
    const answer = text('m=audio 4000 RTP/AVP 8 96', 'a=rtpmap:96 telephone-event/8000')
    expect(ours.complete(answer)).toMatchObject({
      codec: 'PCMA',
      telephoneEvent: event(96),
      remote: { address: '192.0.2.1', port: 4000 },
      receivePayloads: { PCMU: [0], PCMA: [8], telephoneEvent: [event(101)] },
    })
  })

  test('an answer without an offer is refused', () => {
    expect(() => session().complete(text(audio))).toThrow(Failure)
  })
})

describe('our offer after an answer names each number once', () => {
  const cases: readonly [string, string[], string, object][] = [
    [
      'audio on the number of our events',
      ['m=audio 4000 RTP/AVP 101', 'a=rtpmap:101 PCMA/8000'],
      '0 101 96',
      { PCMU: [0], PCMA: [101], telephoneEvent: [event(96)] },
    ],
    [
      'PCMU on the number of PCMA',
      ['m=audio 4000 RTP/AVP 8', 'a=rtpmap:8 PCMU/8000'],
      '8 96 101',
      { PCMU: [8], PCMA: [96], telephoneEvent: [event(101)] },
    ],
    [
      'events on the number of PCMA',
      ['m=audio 4000 RTP/AVP 0 8', 'a=rtpmap:8 telephone-event/8000'],
      '0 96 8',
      { PCMU: [0], PCMA: [96], telephoneEvent: [event(8)] },
    ],
    [
      'PCMA on the number of PCMU, events on the first that is free',
      ['m=audio 4000 RTP/AVP 0 96', 'a=rtpmap:0 PCMA/8000', 'a=rtpmap:96 telephone-event/8000'],
      '97 0 96',
      { PCMU: [97], PCMA: [0], telephoneEvent: [event(96)] },
    ],
  ]
  test.each(cases)('%s', (_name, lines, formats, receivePayloads) => {
    const ours = g711()
    ours.answer(text(...lines), phone)
    const offer = ours.offer(phone)
    expect(mediaLines(offer)).toEqual([`m=audio 5000 RTP/AVP ${formats}`])
    expect(ours.complete(text(...lines))).toMatchObject({ receivePayloads })
    expect(ours.offer(phone)).toBe(offer)
  })

  test('a codec for which no number is left is not offered', () => {
    const ours = g711()
    for (let number = 96; number <= 127; number++) {
      const lines = [`m=audio 4000 RTP/AVP 8 ${number}`, `a=rtpmap:${number} telephone-event/8000`]
      ours.answer(text(...lines), phone)
    }
    ours.answer(text('m=audio 4000 RTP/AVP 0', 'a=rtpmap:0 PCMA/8000'), phone)
    expect(mediaLines(ours.offer(phone))).toEqual(['m=audio 5000 RTP/AVP 0 127'])
  })
})

describe('refused with invalid_request', () => {
  const manyLines = Array.from({ length: 500 }, () => 'a=x')
  const cases: readonly [string, string][] = [
    ['nothing', ''],
    ['one byte', 'v'],
    ['a line of one byte', 'v=0\r\no\r\nm\r\n'],
    ['lines without values', 'v=0\r\no=\r\ns=\r\nc=\r\nt=\r\nm=\r\n'],
    ['zero bytes', 'v=0\r\n\0\0\0m=audio 4000 RTP/AVP 0'],
    ['64 KB', text(audio, `a=${'x'.repeat(65_536)}`)],
    ['64 KB of short lines', text(audio, ...Array.from({ length: 16_384 }, () => 'a='))],
    ['500 lines', text(audio, ...manyLines)],
    ['no media', text()],
    ['17 media lines', text(...Array.from({ length: 17 }, () => audio))],
    ['no audio', text('m=video 4000 RTP/AVP 31')],
    ['no common codec', text('m=audio 4000 RTP/AVP 15 18')],
    ['a format list of nothing', text('m=audio 4000 RTP/AVP')],
    ['formats that are no numbers', text('m=audio 4000 RTP/AVP 0x0 -0 00000 1e0')],
    ['SRTP alone', text('m=audio 4000 RTP/SAVP 0')],
    ['DTLS alone', text('m=audio 4000 UDP/TLS/RTP/SAVPF 0')],
    ['audio switched off', text('m=audio 0 RTP/AVP 0')],
    ['port 65536', text('m=audio 65536 RTP/AVP 0')],
    ['a port of 30 digits', text(`m=audio ${'9'.repeat(30)} RTP/AVP 0`)],
    ['a count of two ports', text('m=audio 4000/2 RTP/AVP 0')],
    ['a count of no ports', text('m=audio 4000/0 RTP/AVP 0')],
    ['a negative port', text('m=audio -4000 RTP/AVP 0')],
    ['a port that is no number', text('m=audio abc RTP/AVP 0')],
    ['no address', ['v=0', 's=-', 't=0 0', audio].join('\r\n')],
    ['a host name', text(audio, 'c=IN IP4 phone.example.com')],
    ['a multicast address', text(audio, 'c=IN IP4 224.2.1.1/127')],
    ['a multicast address without TTL', text(audio, 'c=IN IP4 239.0.0.1')],
    ['broadcast', text(audio, 'c=IN IP4 255.255.255.255')],
    ['network 0', text(audio, 'c=IN IP4 0.0.0.5')],
    ['IPv6 multicast', text(audio, 'c=IN IP6 ff02::1')],
    ['an address with a zone', text(audio, 'c=IN IP6 fe80::1%eth0')],
    ['an address of 300 digits', text(audio, `c=IN IP4 ${'1'.repeat(300)}`)],
  ]
  test.each(cases)('%s', (_name, sdp) => {
    const attempt = (): unknown => session().answer(sdp, phone)
    expect(attempt).toThrow(Failure)
    expect(attempt).toThrow(expect.objectContaining({ code: 'invalid_request' }))
  })

  test('an IP version that our socket does not have', () => {
    const attempt = (): unknown =>
      session({ ipv6: false }).answer(text(audio, 'c=IN IP6 2001:db8::5'), phone)
    expect(attempt).toThrow(expect.objectContaining({ code: 'invalid_request' }))
  })

  test('a refused offer leaves the session as it was', () => {
    const ours = session()
    const before = ours.answer(text(audio), phone).sdp
    expect(() => ours.answer(text('m=audio 4000 RTP/SAVP 8'), phone)).toThrow(Failure)
    expect(ours.answer(text(audio), phone).sdp).toBe(before)
  })
})

describe('codecs that are preferred', () => {
  test('are offered in that order, and no others', () => {
    const ours = session()
    ours.prefer({ codecs: ['PCMA', 'PCMU'] })
    expect(mediaLines(ours.offer(phone))).toEqual(['m=audio 5000 RTP/AVP 8 0 101'])
    ours.prefer({ codecs: ['PCMA'] })
    expect(mediaLines(ours.offer(phone))).toEqual(['m=audio 5000 RTP/AVP 8 101'])
  })

  test.each([
    ['both', '0 8', 'PCMA'],
    ['one that is not preferred', '0', 'PCMU'],
  ])('an offer of %s', (_, offered, codec) => {
    const ours = session()
    ours.prefer({ codecs: ['PCMA'] })
    const { agreement } = ours.answer(text(`m=audio 4000 RTP/AVP ${offered}`), phone)
    expect(agreement.codec).toBe(codec)
  })
})
