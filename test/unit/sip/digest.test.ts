import { describe, expect, it } from 'vitest'
import { ha1Md5, ha1Sha256 } from '../../../engine/core/digest.ts'
import { digestResponse, parseDigests } from '../../../engine/sip/auth/digest.ts'
import { answerChallenge } from '../../../engine/sip/auth/digest-answer.ts'

const uri = '/dir/index.html'
const nonce2617 = 'dcd98b7102dd2f0e8b11d0f600bfb0c093'
const nonce7616 = '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v'
const qop7616 = {
  value: 'auth',
  nc: '00000001',
  cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
} as const

describe('digestResponse', () => {
  it.each([
    [
      'RFC 2617 section 3.5',
      {
        algorithm: 'MD5',
        ha1: ha1Md5('Mufasa', 'testrealm@host.com', 'Circle Of Life'),
        nonce: nonce2617,
        qop: { value: 'auth', nc: '00000001', cnonce: '0a4f113b' },
      },
      '6629fae49393a05397450978507c4ef1',
    ],
    [
      'RFC 2069 as corrected: no qop',
      {
        algorithm: 'MD5',
        ha1: ha1Md5('Mufasa', 'testrealm@host.com', 'CircleOfLife'),
        nonce: nonce2617,
      },
      '1949323746fe6a43ef61f9606e7febea',
    ],
    [
      'RFC 7616 section 3.9.1, MD5',
      {
        algorithm: 'MD5',
        ha1: ha1Md5('Mufasa', 'http-auth@example.org', 'Circle of Life'),
        nonce: nonce7616,
        qop: qop7616,
      },
      '8ca523f5e9506fed4657c9700eebdbec',
    ],
    [
      'RFC 7616 section 3.9.1, SHA-256',
      {
        algorithm: 'SHA-256',
        ha1: ha1Sha256('Mufasa', 'http-auth@example.org', 'Circle of Life'),
        nonce: nonce7616,
        qop: qop7616,
      },
      '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
    ],
  ] as const)('%s', (_name, input, expected) => {
    expect(digestResponse({ ...input, method: 'GET', uri })).toBe(expected)
  })
})

describe('parseDigests', () => {
  it.each([
    ['one', 'Digest realm="a", nonce="b"', [{ realm: 'a', nonce: 'b' }]],
    [
      'two joined lines, commas and escapes in quotes',
      'Digest realm="a, b", nonce="c\\"d",Digest realm=x, QOP="auth,auth-int"',
      [
        { realm: 'a, b', nonce: 'c"d' },
        { realm: 'x', qop: 'auth,auth-int' },
      ],
    ],
    ['another scheme', 'Bearer token="x"', []],
    ['a mixture', 'Basic realm="x", Digest realm="y"', [{ realm: 'y' }]],
    ['spaces', 'Digest   realm = "a" , nc = 00000001', [{ realm: 'a', nc: '00000001' }]],
    ['nothing', undefined, []],
    ['far too much', `Digest realm="${'x'.repeat(5000)}"`, []],
  ])('%s', (_name, header, expected) => {
    expect(parseDigests(header).map((one) => ({ ...one }))).toEqual(expected)
  })
})

describe('answerChallenge', () => {
  const answer = (status: number, header: string) =>
    answerChallenge(
      {
        status,
        reason: '',
        body: '',
        header: (name) =>
          name === (status === 401 ? 'www-authenticate' : 'proxy-authenticate')
            ? header
            : undefined,
        address: '',
        ack: () => {},
      },
      { method: 'INVITE', uri: 'sip:x@y', cnonce: 'cn' },
      { username: 'u"s', password: 'p' },
    )

  it('takes the strongest algorithm, and quotes what it repeats', () => {
    const both =
      'Digest realm="r", nonce="1", qop="auth", Digest realm="r\\"q", nonce="2", algorithm=SHA-256, qop="auth-int,auth", opaque="o"'
    const value = answer(401, both)?.['Authorization'] ?? ''
    expect(value).toContain('username="u\\"s", realm="r\\"q", nonce="2", uri="sip:x@y"')
    expect(value).toContain('algorithm=SHA-256, qop=auth, nc=00000001, cnonce="cn", opaque="o"')
  })

  it('answers a 407 in Proxy-Authorization, without qop if none was asked for', () => {
    const value = answer(407, 'Digest realm="r", nonce="1"')?.['Proxy-Authorization']
    expect(value).toBeDefined()
    expect(value).not.toContain('qop')
  })

  it.each([
    ['an algorithm that we do not know', 'Digest realm="r", nonce="1", algorithm=SHA-512-256'],
    ['only auth-int', 'Digest realm="r", nonce="1", qop="auth-int"'],
    ['no nonce', 'Digest realm="r"'],
    ['no digest', 'Basic realm="r"'],
  ])('has no answer to %s', (_name, header) => {
    expect(answer(401, header)).toBeUndefined()
  })
})
