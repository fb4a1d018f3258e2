/** The parser: what is read, what is refused, what is never lost. */
import { describe, expect, test } from 'vitest'
import {
  messageLimits,
  param,
  parseAddress,
  parseCSeq,
  parseMessage,
  parseUri,
  parseVia,
  printMessage,
  splitList,
  tagOf,
} from '../../../engine/sip-server/index.ts'
import { withSource } from '../../../engine/sip-server/message/via.ts'

const options = (lines: readonly string[], eol = '\r\n'): string =>
  [
    'OPTIONS sip:bob@example.test SIP/2.0',
    'Via: SIP/2.0/UDP 192.0.2.1:5066;branch=z9hG4bKa',
    'From: "A, B" <sip:a@example.test>;tag=1',
    'To: sip:bob@example.test;tag=zz',
    'Call-ID: c1',
    'CSeq: 0007 OPTIONS',
    ...lines,
    '',
    '',
  ].join(eol)

describe('start line', () => {
  const rows: readonly (readonly [string, object | undefined])[] = [
    ['INVITE sip:a@b SIP/2.0', { method: 'INVITE', uri: 'sip:a@b', status: 0 }],
    ['OPTIONS sip:a@b SIP/2.0  ', { method: 'OPTIONS', version: 'SIP/2.0' }],
    ['OPTIONS sip:a b SIP/2.0', { uri: 'sip:a b' }],
    ['SIP/2.0 200 OK', { status: 200, reason: 'OK', method: '' }],
    ['SIP/2.0 486 So  Busy', { status: 486, reason: 'So  Busy' }],
    ['SIP/2.0 200', { status: 200, reason: '' }],
    ['SIP/2.0 99 Low', undefined],
    ['SIP/2.0 2000 High', undefined],
    ['hello world', undefined],
    ['INVITE sip:a@b', undefined],
    ['IN(VITE sip:a@b SIP/2.0', undefined],
    ['', undefined],
  ]
  test.each(rows)('%s', (line, wanted) => {
    const message = parseMessage(`${line}\r\nVia: SIP/2.0/UDP h\r\n\r\n`)
    if (wanted === undefined) expect(message).toBeUndefined()
    else expect(message?.start).toMatchObject(wanted)
  })
})

describe('fields', () => {
  test('are found by any spelling and keep their order', () => {
    const message = parseMessage(
      options(['m: <sip:1@h>, <sip:2@h>', 'CONTACT: <sip:3@h>', 'X-Odd: 1', 'x-odd: 2']),
    )
    expect(message?.list('contact')).toEqual(['<sip:1@h>', '<sip:2@h>', '<sip:3@h>'])
    expect(message?.headers('x-odd')).toEqual(['1', '2'])
    expect(message?.fromTag).toBe('1')
    expect(message?.toTag).toBe('zz')
    expect(message?.cseq).toEqual({ number: 7, method: 'OPTIONS' })
  })
  test('fold, and blanks around colons and values are not part of them', () => {
    const message = parseMessage(options(['Subject  :   one\r\n two\r\n\tthree  ']))
    expect(message?.header('subject')).toBe('one two three')
  })
  test('may end with a bare LF; the text is then whole again', () => {
    const message = parseMessage(options(['Subject: x'], '\n'))
    expect(message?.header('subject')).toBe('x')
    expect(message?.text).toBe(options(['Subject: x']))
  })
  test('keep every byte of their values and of the body', () => {
    const body = Buffer.from([0, 1, 0x7f, 0x80, 0xff, 13, 10])
    const head = options([`Content-Length: ${body.length}`, 'Subject: \u00e9\u{1f600}'])
    const message = parseMessage(Buffer.concat([Buffer.from(head), body]))
    expect(Buffer.from(message?.body ?? '', 'latin1')).toEqual(body)
    expect(Buffer.from(message?.header('subject') ?? '', 'latin1').toString()).toBe('é😀')
  })
  test('a change of the first one leaves the rest as it was', () => {
    const before = parseMessage(`${options(['Subject:x', 'Content-Length: 2'])}ab`)
    const after = before?.withFirst('via', 'SIP/2.0/UDP other;branch=b')
    expect(after?.header('via')).toBe('SIP/2.0/UDP other;branch=b')
    expect(after?.header('subject')).toBe('x')
    expect(after?.body).toBe('ab')
    expect(after?.bytes).toBe(before?.text.length)
    expect(parseMessage(after?.text ?? '')?.text).toBe(after?.text)
    expect(after?.withoutFirst('via')).not.toContain('Via')
  })
})

describe('bounds and faults', () => {
  const many = Array.from({ length: messageLimits.headerLines + 1 }, (_, i) => `X-${i}: 1`)
  const rows: readonly (readonly [string, string, string | undefined])[] = [
    ['nothing wrong', options([]), undefined],
    ['a line without a colon', options(['no colon here']), 'Bad Request'],
    ['a blank inside a name', options(['a b: c']), 'Bad Request'],
    ['more body announced than sent', options(['Content-Length: 9']), 'Bad Request'],
    ['a negative length', options(['Content-Length: -1']), 'Bad Request'],
    ['no end of the headers', options([]).slice(0, -2), 'Bad Request'],
    ['too many lines', options(many), 'Too Many Header Lines'],
  ]
  test.each(rows)('%s', (_title, text, defect) => {
    expect(parseMessage(text)?.defect).toBe(defect)
  })
  test('a body longer than announced is cut', () => {
    expect(parseMessage(`${options(['l: 3'])}abcdef`)?.body).toBe('abc')
  })
  test('a message above the limit is not read at all', () => {
    const big = options([`X: ${'x'.repeat(messageLimits.messageBytes)}`])
    expect(parseMessage(big)).toBeUndefined()
  })
})

describe('URI', () => {
  const rows: readonly (readonly [string, object | undefined])[] = [
    ['sip:h', { user: undefined, host: 'h', port: undefined }],
    ['sip:bob:pw@h:5070;transport=tcp?a=b', { user: 'bob:pw', port: 5070, headers: '?a=b' }],
    ['sip:u;a=b?c@h', { user: 'u;a=b?c', host: 'h' }],
    ['sips:x@[2001:db8::1]:5061', { scheme: 'sips', host: '[2001:db8::1]', port: 5061 }],
    ['SIP:[::1]', { host: '[::1]' }],
    ['sip:2001:db8::1', undefined],
    ['sip:h:99999', undefined],
    ['sip:h:', undefined],
    ['sip:@h', undefined],
    ['sip:', undefined],
    ['sip:a b@h', undefined],
    ['tel:+1', undefined],
  ]
  test.each(rows)('%s', (text, wanted) => {
    if (wanted === undefined) expect(parseUri(text)).toBeUndefined()
    else expect(parseUri(text)).toMatchObject(wanted)
  })
})

describe('addresses and lists', () => {
  const rows: readonly (readonly [string, object | undefined])[] = [
    ['"A <b>, \\"c\\"" <sip:x@h;p>;tag=t', { uri: 'sip:x@h;p', params: ';tag=t' }],
    ['sip:x@h;tag=t', { uri: 'sip:x@h', params: ';tag=t' }],
    ['Bell, Alexander <sip:a@h>', { display: 'Bell, Alexander', uri: 'sip:a@h' }],
    ['<sip:x@h', undefined],
    ['"open <sip:x@h>', undefined],
    ['<>', undefined],
    ['', undefined],
  ]
  test.each(rows)('%s', (text, wanted) => {
    if (wanted === undefined) expect(parseAddress(text)).toBeUndefined()
    else expect(parseAddress(text)).toMatchObject(wanted)
  })
  test('a tag inside the brackets is not the tag', () => {
    expect(tagOf('<sip:x@h;tag=no>')).toBeUndefined()
    expect(tagOf('<sip:x@h>;x;TAG = yes')).toBe('yes')
  })
  test('commas in quotes and brackets do not split', () => {
    expect(splitList('"a,b" <sip:c,d@h> , <sip:e@h>')).toEqual(['"a,b" <sip:c,d@h>', '<sip:e@h>'])
  })
  test('parameters', () => {
    expect(param(';a=1;b;c="x;y"', 'b')).toBe('')
    expect(param(';a=1;b;c="x;y"', 'c')).toBe('x;y')
    expect(param(';a=1', 'z')).toBeUndefined()
  })
  test.each([
    ['1 INVITE', { number: 1, method: 'INVITE' }],
    ['4294967295 A', { number: 4294967295, method: 'A' }],
    ['4294967296 A', undefined],
    ['-1 A', undefined],
    ['1', undefined],
    ['1 A B', undefined],
  ])('CSeq %s', (text, wanted) => {
    expect(parseCSeq(text)).toEqual(wanted)
  })
})

describe('Via', () => {
  test.each([
    ['SIP/2.0/UDP h:5060;branch=b', { transport: 'UDP', host: 'h', port: 5060, branch: 'b' }],
    ['SIP / 2.0 / tcp  h : 4000 ;ttl=1', { transport: 'TCP', host: 'h', port: 4000 }],
    ['SIP/2.0/UDP [::1]:5;branch=b', { host: '[::1]', port: 5 }],
    ['SIP/2.0/UDP', undefined],
    ['UDP h', undefined],
  ])('%s', (text, wanted) => {
    if (wanted === undefined) expect(parseVia(text)).toBeUndefined()
    else expect(parseVia(text)).toMatchObject(wanted)
  })
  test.each([
    ['SIP/2.0/UDP h;branch=b', '192.0.2.9', 'SIP/2.0/UDP h;branch=b;rport=7;received=192.0.2.9'],
    ['SIP/2.0/UDP 1.2.3.4;rport;branch=b', '1.2.3.4', 'SIP/2.0/UDP 1.2.3.4;branch=b;rport=7'],
    ['SIP/2.0/UDP [::1];received=x', '::1', 'SIP/2.0/UDP [::1];rport=7'],
    ['SIP/2.0/UDP h , SIP/2.0/UDP j', 'h', 'SIP/2.0/UDP h;rport=7, SIP/2.0/UDP j'],
  ])('source noted in %s', (text, address, wanted) => {
    expect(withSource(text, parseVia(text)!, address, 7)).toBe(wanted)
  })
})

test('what is printed reads back', () => {
  const text = printMessage({
    start: 'SIP/2.0 200 OK',
    fields: [
      ['Via', 'SIP/2.0/UDP h;branch=b'],
      ['CSeq', '1 INVITE'],
    ],
    body: 'v=0\r\n',
  })
  const message = parseMessage(text)
  expect(message?.text).toBe(text)
  expect(message?.method).toBe('INVITE')
  expect(message?.body).toBe('v=0\r\n')
})
