import Srf from 'drachtio-srf'
import { describe, expect, it } from 'vitest'
import { screen } from '../../../engine/sip/link/screen.ts'

const Library = Srf as unknown as {
  SipMessage: new (text: string) => { get(name: string): string | undefined }
}
const parse = (text: string) => ({ callId: new Library.SipMessage(text).get('call-id') ?? '' })

const meta = 'network|400|udp|192.0.2.1|5060|10:00:00.000000'
const bye = 'BYE sip:x@y SIP/2.0\r\nCall-ID: c1\r\nCSeq: 1 BYE\r\n\r\n'

describe('screen', () => {
  it.each([
    ['an answer', 's|response|m|OK', { is: 'good' }],
    ['a CDR', `s|cdr:stop|network|t|x\r\n${bye}`, { is: 'good' }],
    ['a new request', `s|sip|${meta}|t1||127.0.0.1|5060|\r\n${bye}`, { is: 'good' }],
    ['a request in a dialog', `s|sip|${meta}|t1|c1;from-tag=a|\r\n${bye}`, { is: 'good' }],
    [
      'a header without a colon',
      `s|sip|${meta}|t1||\r\nOPTIONS sip:x SIP/2.0\r\nCall-ID: c1\r\nrubbish\r\n\r\n`,
      { is: 'refuse', transactionId: 't1' },
    ],
    [
      "another call's dialog id, cut out of a Call-ID with a bar",
      `s|sip|${meta}|t1|c2;from-tag=b|x;from-tag=a|\r\n${bye.replace('c1', 'c2;from-tag=b|x')}`,
      { is: 'refuse', transactionId: 't1' },
    ],
    [
      "another call's dialog id, cut out of a Call-ID with a bare CR",
      `s|sip|${meta}|t1|c1;from-tag=a|\rX${bye};from-tag=z|\r\nINFO sip:x SIP/2.0\r\n\r\n`,
      { is: 'refuse', transactionId: 't1' },
    ],
    ['an ACK that does not parse', `s|sip|${meta}|t1|d|\r\nACK sip:x  y\r\n\r\n`, { is: 'drop' }],
    ['a response that does not parse', `s|sip|${meta}|t1|d|\r\nSIP/2.0 x\r\n\r\n`, { is: 'drop' }],
    [
      "the server's own BYE that does not parse",
      `s|sip|application|0||||t|unsolicited|c1;from-tag=a|\r\nBYE sip:x y SIP/2.0\r\n\r\n`,
      { is: 'ended', dialogId: 'c1;from-tag=a' },
    ],
    ['an unknown kind', 's|what|x', { is: 'drop' }],
    ['nothing', '', { is: 'drop' }],
  ])('%s', (_name, frame, verdict) => {
    expect(screen(frame, parse)).toEqual(verdict)
  })

  it.each(['a\rb', 'a\nb', 'a\r\rb'])('half a line end in a header: %j', (tag) => {
    const text = bye.replace('CSeq', `From: <sip:a@b>;tag=${tag}\r\nCSeq`)
    const refused = { is: 'refuse', transactionId: 't1' }
    expect(screen(`s|sip|${meta}|t1||\r\n${text}`, parse)).toEqual(refused)
  })
})
