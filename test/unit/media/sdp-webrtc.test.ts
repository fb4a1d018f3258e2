/** Offers and answers with browsers: ICE-lite, DTLS, BUNDLE. */
import { describe, expect, test } from 'vitest'
import type { Agreement, WebRtcPeer } from '../../../engine/media/agreement.ts'
import { isOfWebRtc, type SdpSession } from '../../../engine/media/sdp/session.ts'
import {
  baresipDtlsOffer,
  chromiumOffer,
  chromiumVideoOffer,
  firefoxOffer,
  linphoneOffer,
} from './sdp-of-others.ts'
import { browser, fingerprint, linesOf, phone, session, webRtcEnd } from './sdp-scene.ts'

const webrtc = (): SdpSession => session({ webrtc: true })

function peerOf({ protection }: Agreement): WebRtcPeer {
  if (protection.kind !== 'webrtc') throw new Error(`protected by ${protection.kind}`)
  return protection.peer
}

const without = (sdp: string, line: RegExp): string =>
  sdp
    .split('\r\n')
    .filter((found) => !line.test(found))
    .join('\r\n')

describe('the answer to Chromium', () => {
  test('takes the audio, refuses camera and data channel, and leaves them out of the BUNDLE', () => {
    expect(webrtc().answer(chromiumVideoOffer, browser).sdp.split('\r\n')).toEqual([
      'v=0',
      'o=ringdown 7 1 IN IP4 198.51.100.7',
      's=ringdown',
      'c=IN IP4 198.51.100.7',
      't=0 0',
      'a=ice-lite',
      'a=group:BUNDLE 0',
      'm=audio 44001 UDP/TLS/RTP/SAVPF 111 110',
      'a=rtpmap:111 opus/48000/2',
      'a=rtpmap:110 telephone-event/48000',
      'a=fmtp:111 minptime=10;useinbandfec=1',
      'a=fmtp:110 0-15',
      'a=extmap:1/recvonly urn:ietf:params:rtp-hdrext:ssrc-audio-level',
      'a=setup:passive',
      'a=mid:0',
      'a=msid:ringdown audio',
      'a=ptime:20',
      'a=sendrecv',
      'a=ice-ufrag:ours1',
      'a=ice-pwd:password-of-ours-1-abcdef',
      `a=fingerprint:sha-256 ${fingerprint(32)}`,
      'a=candidate:tcpcandidate 1 tcp 1076276479 198.51.100.7 44000 typ host tcptype passive',
      'a=candidate:udpcandidate 1 udp 1076302079 198.51.100.7 44001 typ host',
      'a=end-of-candidates',
      'a=ice-options:renomination',
      'a=rtcp-mux',
      'a=rtcp-rsize',
      'm=video 0 UDP/TLS/RTP/SAVPF 96 97',
      'a=mid:1',
      'm=application 0 UDP/DTLS/SCTP webrtc-datachannel',
      'a=mid:2',
      '',
    ])
  })

  test('agrees on what the media thread needs', () => {
    expect(webrtc().answer(chromiumOffer, browser).agreement).toEqual({
      protection: {
        kind: 'webrtc',
        peer: {
          fingerprints: [
            {
              algorithm: 'sha-256',
              value: /sha-256 (\S+)/.exec(chromiumOffer)?.[1],
            },
          ],
          role: 'client',
          ssrc: 3_560_357_298,
          mid: '0',
          midExtension: undefined,
          audioLevelExtension: 1,
        },
      },
      remote: null,
      send: true,
      receive: true,
      codec: 'opus',
      payloadType: 111,
      telephoneEvent: { payloadType: 110, rateHz: 48_000 },
      comfortNoise: true,
      receivePayloads: {
        ...{ opus: [111], G722: [], PCMU: [], PCMA: [] },
        telephoneEvent: [{ payloadType: 110, rateHz: 48_000 }],
      },
      ptimeMs: 20,
      audioLevelExtension: 1,
    })
  })
})

test('Firefox: the fingerprint of the session, the only events that it has', () => {
  const { agreement } = webrtc().answer(firefoxOffer, browser)
  expect(agreement).toMatchObject({ codec: 'opus', payloadType: 109 })
  expect(agreement.telephoneEvent).toEqual({ payloadType: 101, rateHz: 8000 })
  expect(peerOf(agreement)).toMatchObject({ role: 'client', ssrc: 2_147_483_700 })
  expect(peerOf(agreement).fingerprints).toHaveLength(1)
})

test.each([
  ['actpass', 'passive', 'client'],
  ['active', 'passive', 'client'],
  ['passive', 'active', 'server'],
])('setup:%s is answered %s, their role is %s', (offered, answered, role) => {
  const offer = chromiumOffer.replace('setup:actpass', `setup:${offered}`)
  const { sdp, agreement } = webrtc().answer(offer, browser)
  expect(linesOf(sdp, 'a=setup')).toEqual([`a=setup:${answered}`])
  expect(peerOf(agreement).role).toBe(role)
})

test('a fingerprint of the line stands for that of the session', () => {
  const own = `a=fingerprint:SHA-256 ${fingerprint(32, 9).toLowerCase()}`
  const { agreement } = webrtc().answer(`${firefoxOffer}${own}\r\n`, browser)
  expect(peerOf(agreement).fingerprints).toEqual([
    { algorithm: 'sha-256', value: fingerprint(32, 9) },
  ])
})

test('of several fingerprints those count that are strong enough', () => {
  const more = ['sha-1', 'md5', 'sha-512', 'constructor'].map((algorithm) => {
    const bytes = { 'sha-1': 20, md5: 16 }[algorithm] ?? 64
    return `a=fingerprint:${algorithm} ${fingerprint(bytes)}\r\n`
  })
  const { agreement } = webrtc().answer(chromiumOffer.concat(...more), browser)
  expect(peerOf(agreement).fingerprints.map(({ algorithm }) => algorithm)).toEqual([
    'sha-256',
    'sha-512',
  ])
})

test('RTP/SAVPF with a fingerprint is WebRTC too, and is answered as that', () => {
  const offer = chromiumOffer.replace('UDP/TLS/RTP/SAVPF', 'RTP/SAVPF')
  expect(isOfWebRtc(offer)).toBe(true)
  const { sdp } = webrtc().answer(offer, browser)
  expect(linesOf(sdp, 'm=')).toEqual(['m=audio 44001 RTP/SAVPF 111 110'])
})

test('without mid and BUNDLE the answer has none either', () => {
  const offer = without(chromiumOffer, /^a=(mid|group|extmap)/)
  const { sdp } = webrtc().answer(offer, browser)
  expect(sdp).not.toMatch(/a=(mid|group|extmap)/)
})

describe('the header extension of the mid', () => {
  const unnamed = without(chromiumOffer, /^a=ssrc/)
  const extension = 'a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid'

  test('is agreed on where the SSRC is not told, and stays', () => {
    const ours = webrtc()
    const { sdp, agreement } = ours.answer(unnamed, browser)
    expect(sdp).toContain(extension)
    expect(peerOf(agreement)).toMatchObject({ ssrc: undefined, mid: '0', midExtension: 4 })
    const held = ours.answer(unnamed.replace('sendrecv', 'inactive'), browser)
    expect(held.sdp).toContain(extension)
    expect(ours.offer(browser)).toContain(extension)
  })

  test('is not, where it is told: our packets would have to have it too', () => {
    const ours = webrtc()
    ours.answer(chromiumOffer, browser)
    const { sdp, agreement } = ours.answer(unnamed.replace('sendrecv', 'inactive'), browser)
    expect(sdp).not.toContain('sdes:mid')
    expect(peerOf(agreement)).toMatchObject({ ssrc: 3_560_357_298, midExtension: undefined })
  })

  test('is not named to a browser that sends nothing', () => {
    const listener = unnamed.replace('sendrecv', 'recvonly')
    const { sdp, agreement } = webrtc().answer(listener, browser)
    expect(sdp).not.toContain('sdes:mid')
    expect(agreement).toMatchObject({ send: true, receive: false })
  })

  test('is not, for a mid that is too long for it', () => {
    const long = unnamed.replace('a=mid:0', 'a=mid:microphone')
    expect(() => webrtc().answer(long, browser)).toThrow(/nothing tells/)
  })
})

test.each([
  ['sendonly', { send: false, receive: true }, 'recvonly'],
  ['inactive', { send: false, receive: false }, 'inactive'],
])('a browser that says %s holds us; its address 0.0.0.0 does not', (said, agreed, answered) => {
  const ours = webrtc()
  ours.answer(chromiumOffer, browser)
  expect(ours.heldByPeer).toBe(false)
  const { sdp, agreement } = ours.answer(chromiumOffer.replace('sendrecv', said), browser)
  expect(agreement).toMatchObject(agreed)
  expect(ours.heldByPeer).toBe(true)
  expect(sdp).toContain(`a=${answered}\r\n`)
  expect(sdp).not.toContain('msid')
})

describe('refused', () => {
  const cases: readonly [string, string, RegExp][] = [
    ['no fingerprint', without(chromiumOffer, /^a=fingerprint/), /fingerprint/],
    [
      'SHA-1 alone',
      chromiumOffer.replace(/sha-256 .*/, `sha-1 ${fingerprint(20)}`),
      /SHA-256 or better/,
    ],
    [
      'a fingerprint that is too short',
      chromiumOffer.replace(/sha-256 .*/, 'sha-256 AA:BB'),
      /SHA-256 or better/,
    ],
    ['no rtcp-mux', without(chromiumOffer, /^a=rtcp-mux/), /rtcp-mux/],
    ['no ICE', without(chromiumOffer, /^a=ice-/), /only taken with ICE/],
    ['a phone with DTLS and no ICE', baresipDtlsOffer, /only taken with ICE/],
    ['no password', without(chromiumOffer, /^a=ice-pwd/), /only taken with ICE/],
    ['two ICE-lite sides', chromiumOffer.replace('t=0 0', 't=0 0\r\na=ice-lite'), /ICE-lite/],
    ['setup:holdconn', chromiumOffer.replace('actpass', 'holdconn'), /holdconn/],
    ['no common codec', chromiumOffer.replace(/^(m=\S+ 9 \S+).*/m, '$1 63 13 110'), /codec/],
    ['plain RTP', linphoneOffer, /not WebRTC/],
    ['packets that nothing tells', without(chromiumOffer, /^a=(ssrc|extmap)/), /nothing tells/],
  ]
  test.each(cases)('%s', (_name, offer, why) => {
    const attempt = (): unknown => webrtc().answer(offer, browser)
    expect(attempt).toThrow(why)
    expect(attempt).toThrow(expect.objectContaining({ code: 'invalid_request', field: 'sdp' }))
  })

  test('an answer that chooses no role', () => {
    const ours = webrtc()
    ours.offer(browser)
    expect(() => ours.complete(chromiumOffer)).toThrow(/actpass/)
  })

  test('a leg towards phones that is asked for WebRTC', () => {
    expect(() => session().answer(chromiumOffer, phone)).toThrow(/WebRTC/)
  })
})

describe('later rounds', () => {
  const anew = (offer: string): string =>
    offer
      .replace(/ice-ufrag:\S+/, 'ice-ufrag:anew')
      .replace(/ice-pwd:\S+/, `ice-pwd:${'n'.repeat(24)}`)

  test('an ICE restart is noticed, once', () => {
    const ours = webrtc()
    expect(ours.examine(chromiumOffer).restartsIce).toBe(false)
    ours.answer(chromiumOffer, browser)
    expect(ours.examine(chromiumOffer).restartsIce).toBe(false)
    expect(ours.examine(anew(chromiumOffer)).restartsIce).toBe(true)
    const { sdp } = ours.answer(anew(chromiumOffer), { webrtc: webRtcEnd(2) })
    expect(linesOf(sdp, 'a=ice-ufrag')).toEqual(['a=ice-ufrag:ours2'])
    expect(linesOf(sdp, 'o=')).toEqual(['o=ringdown 7 2 IN IP4 198.51.100.7'])
    expect(ours.examine(anew(chromiumOffer)).restartsIce).toBe(false)
  })

  test('what the browser answers to a restart of ours is no restart of its own', () => {
    const ours = webrtc()
    ours.answer(chromiumOffer, browser)
    ours.offer({ webrtc: webRtcEnd(2) })
    ours.complete(anew(chromiumOffer).replace('actpass', 'active'))
    expect(ours.examine(anew(chromiumOffer)).restartsIce).toBe(false)
  })

  test('the roles of DTLS stay, whoever offers', () => {
    const ours = webrtc()
    ours.answer(chromiumOffer.replace('actpass', 'passive'), browser)
    expect(linesOf(ours.offer(browser), 'a=setup')).toEqual(['a=setup:actpass'])
    expect(linesOf(ours.answer(chromiumOffer, browser).sdp, 'a=setup')).toEqual(['a=setup:active'])
    expect(() => ours.answer(chromiumOffer.replace('actpass', 'active'), browser)).toThrow(/role/)
  })

  test('another certificate takes another call', () => {
    const ours = webrtc()
    ours.answer(chromiumOffer, browser)
    const other = chromiumOffer.replace(/sha-256 .*/, `sha-256 ${fingerprint(32, 3)}`)
    expect(() => ours.answer(other, browser)).toThrow(/certificate/)
  })

  test('our offer keeps mids, numbers, and refused lines', () => {
    const ours = webrtc()
    ours.answer(chromiumVideoOffer, browser)
    const offer = ours.offer(browser)
    expect(linesOf(offer, 'm=')).toEqual([
      'm=audio 44001 UDP/TLS/RTP/SAVPF 111 9 0 8 110 101',
      'm=video 0 UDP/TLS/RTP/SAVPF 96 97',
      'm=application 0 UDP/DTLS/SCTP webrtc-datachannel',
    ])
    expect(linesOf(offer, 'a=mid')).toEqual(['a=mid:0', 'a=mid:1', 'a=mid:2'])
    expect(linesOf(offer, 'a=group')).toEqual(['a=group:BUNDLE 0'])
  })
})

test('our first offer: every codec, events on both clocks, whichever role they like', () => {
  const offer = webrtc().offer(browser)
  expect(isOfWebRtc(offer)).toBe(true)
  expect(linesOf(offer, 'm=')).toEqual(['m=audio 44001 UDP/TLS/RTP/SAVPF 111 9 0 8 110 101'])
  expect(linesOf(offer, 'a=setup')).toEqual(['a=setup:actpass'])
  expect(linesOf(offer, 'a=rtpmap')).toEqual([
    'a=rtpmap:111 opus/48000/2',
    'a=rtpmap:9 G722/8000',
    'a=rtpmap:0 PCMU/8000',
    'a=rtpmap:8 PCMA/8000',
    'a=rtpmap:110 telephone-event/48000',
    'a=rtpmap:101 telephone-event/8000',
  ])
})

test('its answer decides', () => {
  const ours = webrtc()
  ours.offer(browser)
  const answer = chromiumOffer.replace('actpass', 'active').replace(/^(m=\S+ 9 \S+).*/m, '$1 0 126')
  const agreement = ours.complete(answer)
  expect(agreement).toMatchObject({ codec: 'PCMU', remote: null, send: true, receive: true })
  expect(agreement.telephoneEvent).toEqual({ payloadType: 126, rateHz: 8000 })
  expect(peerOf(agreement)).toMatchObject({ role: 'client', mid: '0', ssrc: 3_560_357_298 })
})
