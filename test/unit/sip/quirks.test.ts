/** Digest as real phones send it (RFC 7616, RFC 8760), and what strangers learn from it. */

import type * as crypto from 'node:crypto'
import { createHash } from 'node:crypto'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { settle } from '../../support/virtual-clock.ts'
import { authorization, Bench, device, nonceOf, type Received } from './support/recorder.ts'
import { bareRegister, challenged, register } from './support/registering.ts'

/** Every use of a hash, in order. */
const hashed: string[] = []
vi.mock('node:crypto', async (load) => {
  const real = await load<typeof crypto>()
  const noted =
    <Args extends unknown[], Result>(name: string, run: (...args: Args) => Result) =>
    (...args: Args): Result => {
      hashed.push(`${name} ${String(args[0])}`)
      return run(...args)
    }
  return {
    ...real,
    createHash: noted('hash', real.createHash),
    createHmac: noted('hmac', real.createHmac),
    hash: noted('hash', real.hash),
    timingSafeEqual: (a: NodeJS.ArrayBufferView, b: NodeJS.ArrayBufferView) => {
      hashed.push(`equal ${a.byteLength}`)
      return real.timingSafeEqual(a, b)
    },
  }
})

let bench: Bench
beforeEach(() => {
  bench = new Bench([], true, { digestOffer: ['SHA-256', 'MD5'] })
  bench.devices.set('alice', device('alice', 'right'))
})

async function send(header: string, more: object = {}): Promise<Received> {
  const request = bench.receive(
    bareRegister('alice', { contact: '<sip:a@h>', authorization: header }, more),
  )
  await settle()
  return request
}
const fresh = async (more: object = {}): Promise<string> =>
  nonceOf(await challenged(bench, 'alice', more))
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const sha256Header = (nonce: string): string => {
  const ha1 = sha256('alice:ringdown:right')
  const response = sha256(`${ha1}:${nonce}:00000001:c:auth:${sha256('REGISTER:sip:ringdown')}`)
  return `Digest username="alice", realm="ringdown", nonce="${nonce}", uri="sip:ringdown", response="${response}", algorithm=SHA-256, qop=auth, nc=00000001, cnonce="c"`
}
const other = 'Digest username="alice", realm="other", nonce="n", uri="sip:x", response="00"'

describe('phones that write it in their own way', () => {
  it.each<[string, (nonce: string) => string]>([
    ['by the book', (nonce) => authorization(nonce)],
    ['SHA-256', sha256Header],
    ['algorithm in lower case', (nonce) => sha256Header(nonce).replace('SHA-256', 'sha-256')],
    ['algorithm in quotes', (nonce) => sha256Header(nonce).replace('SHA-256', '"SHA-256"')],
    ['`digest` in lower case', (nonce) => authorization(nonce).replace('Digest', 'digest')],
    [
      'parameter names in upper case',
      (nonce) =>
        authorization(nonce).replace(/(?<=[ ,])[a-z]+(?==)/g, (name) => name.toUpperCase()),
    ],
    [
      'the response in upper case',
      (nonce) => authorization(nonce).replace(/(?<=response=")\w+/, (hex) => hex.toUpperCase()),
    ],
    ['no qop (RFC 2069)', (nonce) => authorization(nonce, { plain: true })],
    ['qop in quotes', (nonce) => authorization(nonce).replace('qop=auth', 'qop="auth"')],
    ['nc in quotes', (nonce) => authorization(nonce).replace('nc=00000001', 'nc="00000001"')],
    ['nc without zeros', (nonce) => authorization(nonce, { nc: '1' })],
    ['no space after commas', (nonce) => authorization(nonce).replaceAll(', ', ',')],
    ['spaces around equal signs', (nonce) => authorization(nonce).replaceAll('="', ' = "')],
    [
      'values without quotes',
      (nonce) => authorization(nonce).replace(/(?<=(?:username|realm|response)=)"(\w+)"/g, '$1'),
    ],
    ['a foreign realm before', (nonce) => `${other}, ${authorization(nonce)}`],
    ['a foreign realm after', (nonce) => `${authorization(nonce)}, ${other}`],
    ['an opaque that we never gave', (nonce) => `${authorization(nonce)}, opaque=""`],
  ])('%s', async (_name, header) => {
    expect((await send(header(await fresh()))).status).toBe(200)
    expect(bench.sip.counts().digestsFailed).toBe(0)
  })
})

describe('what is not taken', () => {
  it.each<[string, (nonce: string) => string, number]>([
    ['a foreign realm alone is asked again, and no guess', () => other, 0],
    ['another scheme', () => 'Basic YWxpY2U6cmlnaHQ=', 0],
    ['MD5-sess', (nonce) => `${authorization(nonce)}, algorithm=MD5-sess`, 1],
    ['auth-int', (nonce) => authorization(nonce).replace('qop=auth', 'qop=auth-int'), 1],
    ['no response', (nonce) => authorization(nonce).replace(/response="\w+"/, 'x="y"'), 1],
    [
      'the hash of the other algorithm',
      (nonce) => sha256Header(nonce).replace('SHA-256', 'MD5'),
      1,
    ],
  ])('%s', async (_name, header, failures) => {
    const answer = await send(header(await fresh()))
    expect(answer.status).toBe(401)
    expect(answer.responses[0]?.headers?.['WWW-Authenticate']).not.toContain('stale')
    expect(bench.sip.counts().digestsFailed).toBe(failures)
  })

  it('the strongest is offered first, each with a nonce of its own (RFC 8760)', async () => {
    const line = (await challenged(bench)).responses[0]?.headers?.['WWW-Authenticate'] ?? ''
    expect([...line.matchAll(/algorithm=([\w-]+)/g)].map((match) => match[1])).toEqual([
      'SHA-256',
      'MD5',
    ])
    expect(new Set([...line.matchAll(/nonce="([^"]+)"/g)].map((match) => match[1])).size).toBe(2)
  })
})

it('an unknown user and a wrong password take the same steps and get the same answer', async () => {
  const traces: string[][] = []
  const answers: unknown[] = []
  for (const answer of [{ password: 'wrong' }, { username: 'nobody' }]) {
    const header = authorization(await fresh(), answer)
    hashed.length = 0
    const { responses } = await send(header)
    traces.push([...hashed])
    answers.push(JSON.stringify(responses).replace(/nonce=\\"[^"]+\\"/g, 'nonce'))
  }
  expect(traces[0]).toContain('hash md5')
  expect(traces[1]).toEqual(traces[0])
  expect(answers[1]).toBe(answers[0])
})

describe('lockout', () => {
  const wrong = (username: string, address: string) =>
    fresh({ address, protocol: 'tcp' }).then((nonce) =>
      send(authorization(nonce, { username, password: 'x' }), { address, protocol: 'tcp' }),
    )
  const contact = { contact: '<sip:a@h>' }

  it('of a user name at an address leaves the rest of its office alone', async () => {
    bench.devices.set('bob', device('bob', 'right'))
    for (let i = 0; i < 20; i++) await wrong('alice', '198.51.100.1')
    expect(bench.registrar).toEqual(['locked user 198.51.100.1 alice 300'])
    const here = { address: '198.51.100.1' }
    expect((await register(bench, contact, {}, here)).status).toBe(403)
    expect((await register(bench, contact, { username: 'bob' }, here)).status).toBe(200)
  })

  it('of a whole address for trying many names, but for a phone that has registered there', async () => {
    const here = { address: '198.51.100.1' }
    expect((await register(bench, contact, {}, here)).status).toBe(200)
    for (let i = 0; i < 20; i++) await wrong(`guess${i}`, here.address)
    expect(bench.registrar.at(-1)).toBe('locked address 198.51.100.1 guess19 300')
    expect((await wrong('guess20', here.address)).status).toBe(403)
    expect((await challenged(bench, 'bob', here)).status).toBe(403)
    expect((await register(bench, contact, {}, here)).status).toBe(200)
  })

  it('of a user name keeps nobody from a challenge: a token has a name of its own', async () => {
    bench.devices.set('alice~token', device('alice', 'right'))
    for (let i = 0; i < 20; i++) await wrong('alice', '198.51.100.1')
    const here = { address: '198.51.100.1', protocol: 'tcp' } as const
    const nonce = nonceOf(await challenged(bench, 'alice', here))
    const digest = authorization(nonce, { username: 'alice~token', password: 'right' })
    expect((await send(digest, here)).status).not.toBe(403)
    expect((await wrong('alice', '198.51.100.1')).status).toBe(403)
  })

  it('guessing a name from many addresses does not lock out who knows the password', async () => {
    for (let i = 0; i < 200; i++) await wrong('alice', `198.51.100.${i}`)
    expect((await register(bench, contact, {}, { address: '203.0.113.1' })).status).toBe(200)
    expect(bench.sip.counts().lockouts).toBe(0)
  })
})
