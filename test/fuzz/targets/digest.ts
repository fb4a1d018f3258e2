import { algorithmOf, digestResponse, parseDigests } from '../../../engine/sip/auth/digest.ts'
import { answerChallenge, isStale } from '../../../engine/sip/auth/digest-answer.ts'
import { Nonces } from '../../../engine/sip/auth/nonce.ts'
import { promise, type Target } from '../target.ts'

const clock = { nowMs: () => 0, monotonicMs: () => 1000, after: () => () => undefined }
const nonces = new Nonces(clock, () => 'u', new Uint8Array(32))

const right =
  'Digest username="1001", realm="ringdown", nonce="n", uri="sip:h", response="0", algorithm=MD5, ' +
  'qop=auth, nc=00000001, cnonce="c", opaque="o"'

const seeds = [
  right,
  `${right}, ${right.replace('MD5', 'SHA-256')}`,
  'Digest realm="r", nonce="n", algorithm=SHA-256, qop="auth,auth-int", stale=TRUE, opaque="\\"x\\\\"',
  'Basic dXNlcjpwYXNz, Digest realm="r",nonce="n"',
  'Digest',
  'Digest realm',
  'Digest realm=, nonce=',
  'Digest realm="unclosed, nonce="n"',
  `Digest username="${'x'.repeat(2000)}", realm="r"`,
  'Digest username=" or 1=1 --", realm="__proto__", constructor="x"',
]

function challenge(header: string, status: 401 | 407): void {
  const response = {
    status,
    reason: '',
    body: '',
    header: (name: string) => (/authenticate$/.test(name) ? header : undefined),
    address: '192.0.2.1',
    ack: () => undefined,
  }
  isStale(response)
  const request = { method: 'INVITE', uri: 'sip:h', cnonce: 'c' }
  const answer = answerChallenge(response, request, { username: 'u', password: 'secret' })
  const line = Object.values(answer ?? {}).join('')
  promise(!line.includes('secret'), 'the password does not leave')
  promise(
    line.length <= 4 * header.length + 1000,
    'credentials are not much longer than the question',
  )
}

export const digest: Target = {
  name: 'digest',
  about: 'credentials and challenges (Authorization, WWW-Authenticate, Proxy-Authenticate)',
  seeds,
  pieces: [
    'Digest ',
    ', Digest ',
    'realm="',
    'nonce=',
    ',a=b',
    'a',
    'a ',
    '-',
    'a=',
    '"\\"',
    ', ',
    ' =',
  ],
  mostBytes: 12_000,
  run(input) {
    for (const given of parseDigests(input)) {
      promise(Object.getPrototypeOf(given) === null, 'parameters are data alone')
      const algorithm = algorithmOf(given['algorithm'])
      if (algorithm !== undefined) {
        digestResponse({ algorithm, ha1: '0', method: 'X', uri: given['uri'] ?? '', nonce: '' })
      }
      promise(nonces.use(given['nonce'] ?? '', 1) === 'stale', 'nobody makes up a nonce')
    }
    challenge(input, 401)
    challenge(input, 407)
  },
}
