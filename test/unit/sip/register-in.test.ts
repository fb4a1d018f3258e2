import Srf from 'drachtio-srf'
import { describe, expect, it } from 'vitest'
import { headerOf } from '../../../engine/sip/link/raw-headers.ts'
import { type ParsedRequest, registerIn } from '../../../engine/sip/link/register-in.ts'

const Library = Srf as unknown as { SipMessage: new (text: string) => ParsedRequest }

const lines = [
  'Via: SIP/2.0/UDP 192.0.2.1',
  'v: SIP/2.0/UDP 192.0.2.2',
  'f: <sip:a@r>;tag=1',
  'To: <sip:a@r>',
  'i: c1',
  'CSEQ: 7 REGISTER',
  'k: path',
  'X-Odd: 1',
  'P-Access: 2',
  'Diversion: <sip:d@r>',
  'P-Asserted-Identity: <sip:p@r>',
  'Content-Length: 0',
]
const textOf = (method: string): string =>
  `${method} sip:r SIP/2.0\r\n${lines.join('\r\n')}\r\n\r\n`
const messageOf = (method = 'REGISTER'): ParsedRequest => new Library.SipMessage(textOf(method))

interface Frame {
  readonly kind?: string
  readonly source?: string
  readonly place?: string
  readonly transactionId?: string
  readonly dialogId?: string
}
const frameOf = (frame: Frame = {}): string => {
  const { kind = 'sip', source = 'network', place = 'tcp|192.0.2.1|5070' } = frame
  const { transactionId = 't1', dialogId = '' } = frame
  return `s|${kind}|${source}|400|${place}|10:00:00|${transactionId}|${dialogId}|127.0.0.1|5060|\r\n`
}

const received = (frame: Frame = {}, method?: string) => {
  const sent: string[] = []
  const send = (text: string, done?: (error?: string) => void): void => {
    sent.push(text)
    done?.()
  }
  return { sent, request: registerIn(frameOf(frame), messageOf(method), send) }
}

describe('registerIn', () => {
  it('has the request and where it came from', () => {
    const { request } = received()
    expect(request).toMatchObject({
      ...{ method: 'REGISTER', uri: 'sip:r', dialogId: undefined, source: 'network' },
      ...{ protocol: 'tcp', address: '192.0.2.1', port: 5070 },
    })
    expect(request?.header('call-id')).toBe('c1')
  })

  it('takes what the server leaves out for UDP and the usual port', () => {
    const { request } = received({ place: '|192.0.2.1|' })
    expect(request).toMatchObject({ protocol: 'udp', port: 5060 })
  })

  it.each([
    ['another method', {}, 'OPTIONS'],
    ['one in a dialog', { dialogId: 'c1;from-tag=1' }, undefined],
    ['one that the server made', { source: 'application' }, undefined],
    ['one without a transaction', { transactionId: '' }, undefined],
    ['what is no SIP frame', { kind: 'response' }, undefined],
  ] as const)('leaves %s to the library', (_name, frame, method) => {
    expect(received(frame, method).request).toBeUndefined()
  })

  it('answers with what every response repeats and the headers given', () => {
    const { request, sent } = received()
    request?.respond(401, { headers: { 'WWW-Authenticate': 'Digest realm="r"' } })
    expect(sent).toEqual([
      'sip|t1|\r\nSIP/2.0 401 Unauthorized\r\ncall-id: c1\r\ncseq: 7 REGISTER\r\n' +
        'from: <sip:a@r>;tag=1\r\nto: <sip:a@r>\r\nWWW-Authenticate: Digest realm="r"\r\n' +
        'content-length: 0\r\n\r\n',
    ])
  })

  it('has the reason given, and counts the bytes of a body', () => {
    const { request, sent } = received()
    request?.respond(439, { reason: 'No', headers: { 'Content-Type': 'text/plain' }, body: 'ü' })
    expect(sent[0]).toContain('SIP/2.0 439 No\r\n')
    expect(sent[0]).toMatch(/content-length: 2\r\n\r\nü$/)
  })

  it('answers once', () => {
    const { request, sent } = received()
    const told: (string | undefined)[] = []
    request?.respond(200, {}, (error) => told.push(error))
    request?.respond(500, {}, (error) => told.push(error))
    request?.respond(500)
    expect(sent).toHaveLength(1)
    expect(told).toEqual([undefined, 'final response already sent'])
  })
})

describe('headerOf', () => {
  const names = [
    ...['via', 'from', 'f', 'to', 'call-id', 'i', 'cseq', 'supported', 'k', 'x-odd', 'X-Odd'],
    ...['p-access', 'diversion', 'p-asserted-identity', 'contact', 'expires', 'content-length'],
    ...['Call-ID', 'CONTACT', 'authorization', 'path', 'user-agent', 'unheard-of'],
  ]
  it.each(names)('finds what the library finds: %s', (name) => {
    const message = messageOf()
    expect(headerOf(message, name)).toBe(message.get(name))
  })
})
