/** Keys of SRTP in SDP (RFC 4568): who tells them to whom, and what is refused. */
import { describe, expect, test } from 'vitest'
import type { LegOptions, SrtpPolicy } from '../../../engine/core/ports/media.ts'
import { type Agreement, srtpSuites } from '../../../engine/media/agreement.ts'
import type { SdpSession } from '../../../engine/media/sdp/session.ts'
import { baresipSrtpOffer, linphoneOffer } from './sdp-of-others.ts'
import { linesOf, phone, session, text } from './sdp-scene.ts'

const keyOf = (letter: string, bytes = 30): string => Buffer.alloc(bytes, letter).toString('base64')
const crypto80 = `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${keyOf('a')}`
const crypto32 = `a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:${keyOf('b')}`
const gcm128 = `a=crypto:3 AEAD_AES_128_GCM inline:${keyOf('c', 28)}`
const gcm256 = `a=crypto:4 AEAD_AES_256_GCM inline:${keyOf('d', 44)}`

const overTls = (srtp: SrtpPolicy): LegOptions => ({ srtp, secureSignalling: true })
const overUdp = (srtp: SrtpPolicy): LegOptions => ({ srtp, secureSignalling: false })

function like(options: LegOptions): SdpSession {
  const ours = session()
  ours.prefer(options)
  return ours
}

const line = (protocol: string, ...more: string[]): string =>
  text(`m=audio 4000 ${protocol} 0`, ...more)

function sdes({ protection }: Agreement) {
  if (protection.kind !== 'sdes') throw new Error(`protected by ${protection.kind}`)
  return protection
}

describe('our offer', () => {
  test.each([
    ['off', overTls('off'), 'RTP/AVP', 0],
    ['optional', overTls('optional'), 'RTP/AVP', 4],
    ['optional, and somebody reads along', overUdp('optional'), 'RTP/AVP', 0],
    ['required', overTls('required'), 'RTP/SAVP', 4],
  ])('%s', (_name, options, protocol, keys) => {
    const offer = like(options).offer(phone)
    expect(linesOf(offer, 'm=')[0]).toContain(` ${protocol} `)
    expect(linesOf(offer, 'a=crypto')).toHaveLength(keys)
  })

  test('names a key of its own for each suite, best first', () => {
    const lines = linesOf(like(overTls('required')).offer(phone), 'a=crypto').map((found) =>
      /^a=crypto:(\d) (\S+) inline:(\S+)$/.exec(found),
    )
    expect(lines.map((found) => `${found?.[1]} ${found?.[2]}`)).toEqual(
      srtpSuites.map((suite, at) => `${at + 1} ${suite}`),
    )
    const keys = lines.map((found) => found?.[3] ?? '')
    expect(keys.map((key) => Buffer.from(key, 'base64').length)).toEqual([44, 28, 30, 30])
    expect(new Set(keys).size).toBe(4)
  })

  test('required, and somebody reads along: nothing is told', () => {
    const ours = like(overUdp('required'))
    for (const attempt of [() => ours.checkOffer(), () => ours.offer(phone)]) {
      expect(attempt).toThrow(expect.objectContaining({ code: 'invalid_request' }))
    }
  })
})

describe('an offer of somebody', () => {
  const taken: readonly [string, LegOptions, string, string | null][] = [
    ['plain, off', overUdp('off'), line('RTP/AVP'), null],
    ['plain, optional', overTls('optional'), line('RTP/AVP'), null],
    ['plain with feedback', overUdp('off'), line('RTP/AVPF'), null],
    ['keys beside plain, off', overTls('off'), line('RTP/AVP', crypto80), null],
    ['keys beside plain, read along', overUdp('optional'), line('RTP/AVP', crypto80), null],
    [
      'keys beside plain that are no good',
      overTls('optional'),
      line('RTP/AVP', 'a=crypto:x'),
      null,
    ],
    [
      'keys beside plain, optional',
      overTls('optional'),
      line('RTP/AVP', crypto80),
      '1 AES_CM_128_HMAC_SHA1_80',
    ],
    [
      'keys beside plain, required',
      overTls('required'),
      line('RTP/AVPF', crypto80),
      '1 AES_CM_128_HMAC_SHA1_80',
    ],
    ['keys alone', overTls('optional'), line('RTP/SAVP', crypto32), '2 AES_CM_128_HMAC_SHA1_32'],
    [
      'with feedback',
      overTls('required'),
      line('RTP/SAVPF', crypto32),
      '2 AES_CM_128_HMAC_SHA1_32',
    ],
    [
      'our order counts',
      overTls('required'),
      line('RTP/SAVP', crypto32, crypto80),
      '1 AES_CM_128_HMAC_SHA1_80',
    ],
    [
      'GCM before the others',
      overTls('required'),
      line('RTP/SAVP', crypto80, gcm128),
      '3 AEAD_AES_128_GCM',
    ],
    [
      '256 bits before 128',
      overTls('required'),
      line('RTP/SAVP', gcm128, gcm256),
      '4 AEAD_AES_256_GCM',
    ],
    [
      'a lifetime',
      overTls('required'),
      line('RTP/SAVP', `${crypto80}|2^31`),
      '1 AES_CM_128_HMAC_SHA1_80',
    ],
    [
      'a lifetime in digits',
      overTls('required'),
      line('RTP/SAVP', `${crypto80}|1048576`),
      '1 AES_CM_128_HMAC_SHA1_80',
    ],
    [
      'a hint',
      overTls('required'),
      line('RTP/SAVP', `${crypto80} WSH=64 KDR=0 -x=1`),
      '1 AES_CM_128_HMAC_SHA1_80',
    ],
    [
      'a small suite',
      overTls('required'),
      line('RTP/SAVP', crypto80.replace('AES_CM', 'aes_cm')),
      '1 AES_CM_128_HMAC_SHA1_80',
    ],
    ['Linphone', overTls('required'), linphoneOffer, '4 AEAD_AES_128_GCM'],
    ['baresip', overTls('optional'), baresipSrtpOffer, '2 AES_CM_128_HMAC_SHA1_80'],
  ]
  test.each(taken)('taken: %s', (_name, options, offer, answered) => {
    const { sdp, agreement } = like(options).answer(offer, phone)
    const protocolOf = (found: string) => linesOf(found, 'm=')[0]?.split(' ')[2]
    expect(protocolOf(sdp)).toBe(protocolOf(offer))
    if (answered === null) {
      expect(sdp).not.toContain('crypto')
      expect(agreement.protection).toEqual({ kind: 'none' })
      return
    }
    const { ours, theirs } = sdes(agreement)
    expect(linesOf(sdp, 'a=crypto')).toEqual([`a=crypto:${answered} inline:${ours.keyBase64}`])
    expect(offer).toContain(`inline:${theirs.keyBase64}`)
    expect(ours.keyBase64).not.toBe(theirs.keyBase64)
    expect([ours.suite, theirs.suite]).toEqual(Array(2).fill(answered.slice(2)))
  })

  const refused: readonly [string, LegOptions, string, RegExp][] = [
    ['SRTP alone, off', overTls('off'), line('RTP/SAVP', crypto80), /switched off/],
    ['SRTP alone, read along', overUdp('optional'), line('RTP/SAVP', crypto80), /TLS/],
    ['plain, required', overTls('required'), line('RTP/AVP'), /SRTP is required/],
    ['plain, required, read along', overUdp('required'), line('RTP/AVP', crypto80), /TLS/],
    ['SRTP without a key', overTls('optional'), line('RTP/SAVP'), /has no crypto line/],
    ['MKI', overTls('required'), line('RTP/SAVP', `${crypto80}|2^20|1:4`), /kept to/],
    ['MKI without a lifetime', overTls('required'), line('RTP/SAVP', `${crypto80}|1:4`), /kept to/],
    [
      'two keys',
      overTls('required'),
      line('RTP/SAVP', `${crypto80};inline:${keyOf('e')}`),
      /kept to/,
    ],
    [
      'a suite of others',
      overTls('required'),
      line('RTP/SAVP', crypto80.replace('AES_CM_128', 'F8_128')),
      /kept to/,
    ],
    [
      'a key too short',
      overTls('required'),
      line('RTP/SAVP', crypto80.replace(keyOf('a'), keyOf('a', 29))),
      /kept to/,
    ],
    [
      'a key that is none',
      overTls('required'),
      line('RTP/SAVP', crypto80.replace('inline:', 'inline:%')),
      /kept to/,
    ],
    ...[
      'UNENCRYPTED_SRTP',
      'UNENCRYPTED_SRTCP',
      'UNAUTHENTICATED_SRTP',
      'KDR=1',
      'FEC_ORDER=SRTP_FEC',
      'WSH=64 UNENCRYPTED_SRTP',
    ].map((parameter): [string, LegOptions, string, RegExp] => [
      parameter,
      overTls('optional'),
      line('RTP/SAVP', `${crypto80} ${parameter}`),
      /kept to/,
    ]),
  ]
  test.each(refused)('refused: %s', (_name, options, offer, why) => {
    const attempt = (): unknown => like(options).answer(offer, phone)
    expect(attempt).toThrow(why)
    expect(attempt).toThrow(expect.objectContaining({ code: 'invalid_request' }))
  })

  test('the line that can be taken, where another stands before it', () => {
    const both = `${line('RTP/AVP')}m=audio 4002 RTP/SAVP 0\r\n${crypto80}\r\n`
    const { sdp } = like(overTls('required')).answer(both, phone)
    expect(linesOf(sdp, 'm=')).toEqual(['m=audio 0 RTP/AVP 0', 'm=audio 5000 RTP/SAVP 0'])
  })
})

describe('the answer to our offer', () => {
  const cases: readonly [string, LegOptions, string, string | RegExp][] = [
    [
      'required, one of our suites',
      overTls('required'),
      line('RTP/SAVP', crypto80.replace(':1', ':3')),
      'sdes',
    ],
    [
      'optional, with a key',
      overTls('optional'),
      line('RTP/AVP', crypto80.replace(':1', ':3')),
      'sdes',
    ],
    [
      'optional, with a key, as RTP/SAVP',
      overTls('optional'),
      line('RTP/SAVP', crypto32.replace(':2', ':4')),
      'sdes',
    ],
    ['optional, without', overTls('optional'), line('RTP/AVP'), 'none'],
    ['off, with a key that nobody asked for', overTls('off'), line('RTP/AVP', crypto80), 'none'],
    ['required, the key is stripped', overTls('required'), line('RTP/SAVP'), /no crypto line/],
    ['required, made plain', overTls('required'), line('RTP/AVP'), /required/],
    ['the tag of another suite', overTls('required'), line('RTP/SAVP', crypto80), /kept to/],
    [
      'a tag that we did not give',
      overTls('required'),
      line('RTP/SAVP', crypto80.replace(':1', ':9')),
      /kept to/,
    ],
    [
      'off, as RTP/SAVP',
      overTls('off'),
      line('RTP/SAVP', crypto80.replace(':1', ':3')),
      /switched off/,
    ],
  ]
  test.each(cases)('%s', (_name, options, answer, comesOf) => {
    const ours = like(options)
    const offer = ours.offer(phone)
    if (typeof comesOf !== 'string') {
      expect(() => ours.complete(answer)).toThrow(comesOf)
      return
    }
    const agreement = ours.complete(answer)
    expect(agreement.protection.kind).toBe(comesOf)
    if (comesOf === 'sdes') expect(offer).toContain(`inline:${sdes(agreement).ours.keyBase64}`)
  })
})

describe('later rounds', () => {
  test('our key stays while theirs does, and is another one when theirs is', () => {
    const ours = like(overTls('required'))
    const key = (offer: string) => sdes(ours.answer(offer, phone).agreement).ours.keyBase64
    const first = key(line('RTP/SAVP', crypto80))
    expect(key(line('RTP/SAVP', crypto80, 'a=sendonly'))).toBe(first)
    const second = key(line('RTP/SAVP', crypto80.replace(keyOf('a'), keyOf('z'))))
    expect(second).not.toBe(first)
    expect(ours.offer(phone)).toContain(`inline:${second}`)
  })

  test('a key that went out of use does not come back', () => {
    const ours = like(overTls('optional'))
    const key = () => sdes(ours.answer(line('RTP/AVP', crypto80), phone).agreement).ours.keyBase64
    const first = key()
    ours.answer(line('RTP/AVP'), phone)
    expect(key()).not.toBe(first)
  })

  test('our offer keeps the profile that has been agreed on', () => {
    const ours = like(overTls('optional'))
    ours.answer(line('RTP/SAVPF', crypto80), phone)
    expect(linesOf(ours.offer(phone), 'm=')[0]).toContain(' RTP/SAVPF ')
  })

  test('what is required stays so', () => {
    const ours = like(overTls('required'))
    ours.answer(line('RTP/SAVP', crypto80), phone)
    expect(() => ours.answer(line('RTP/AVP'), phone)).toThrow(/required/)
  })
})

describe('two of us agree, or one refuses', () => {
  const policies: readonly SrtpPolicy[] = ['off', 'optional', 'required']
  const all = policies.flatMap((a) =>
    policies.flatMap((b) =>
      [true, false].map((secure) => [a, b, secure] as [SrtpPolicy, SrtpPolicy, boolean]),
    ),
  )
  test.each(all)('%s offers to %s, over TLS: %s', (a, b, secureSignalling) => {
    const [offerer, answerer] = [a, b].map((srtp) => like({ srtp, secureSignalling }))
    const negotiate = (): readonly [Agreement, Agreement] => {
      const { sdp, agreement } = answerer!.answer(offerer!.offer(phone), { port: 5002 })
      return [offerer!.complete(sdp), agreement]
    }
    const kinds = new Set([a, b])
    const impossible = kinds.has('required') && (kinds.has('off') || !secureSignalling)
    if (impossible) {
      expect(negotiate).toThrow(expect.objectContaining({ code: 'invalid_request' }))
      return
    }
    const [one, other] = negotiate()
    if (kinds.has('off') || !secureSignalling) {
      expect([one, other].map(({ protection }) => protection.kind)).toEqual(['none', 'none'])
      return
    }
    expect(sdes(one).ours).toEqual(sdes(other).theirs)
    expect(sdes(one).theirs).toEqual(sdes(other).ours)
    expect(sdes(one).ours.suite).toBe('AEAD_AES_256_GCM')
  })
})
