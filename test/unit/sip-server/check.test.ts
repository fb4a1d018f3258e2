/** Requests that are refused before anybody sees them, and odd ones that are not. */
import { expect, test } from 'vitest'
import { parseMessage } from '../../../engine/sip-server/index.ts'
import { refusalOf } from '../../../engine/sip-server/message/check.ts'

const good = [
  'OPTIONS sip:bob@example.test SIP/2.0',
  'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa',
  'Max-Forwards: 70',
  'From: <sip:a@example.test>;tag=1',
  'To: <sip:bob@example.test>',
  'Call-ID: c1',
  'CSeq: 1 OPTIONS',
  'Contact: <sip:a@192.0.2.1>',
] as const

/** The good request with one line replaced (by its beginning), removed or added. */
const changed = (begins: string, ...by: readonly string[]): string => {
  const lines = good.flatMap((line) => (line.startsWith(begins) && begins !== '' ? by : [line]))
  return [...lines, ...(begins === '' ? by : []), '', ''].join('\r\n')
}

const start = (line: string): string => changed('OPTIONS', line)

const rows: readonly (readonly [string, string, number | undefined, string?])[] = [
  ['nothing', changed(''), undefined],
  ['SIP/3.0', start('OPTIONS sip:x@h SIP/3.0'), 505],
  [
    'SIP/7.0 in the Via too',
    start('OPTIONS sip:x@h SIP/7.0').replace('SIP/2.0/U', 'SIP/7.0/U'),
    505,
  ],
  ['a blank in the Request-URI', start('OPTIONS sip:a b@h SIP/2.0'), 400, 'Bad Request-URI'],
  ['a bracketed Request-URI', start('OPTIONS <sip:x@h> SIP/2.0'), 400, 'Bad Request-URI'],
  ['two blanks in the start line', start('OPTIONS  sip:x@h SIP/2.0'), 400, 'Bad Request-URI'],
  [
    'bare IPv6 in the Request-URI',
    start('OPTIONS sip:2001:db8::1 SIP/2.0'),
    400,
    'Bad Request-URI',
  ],
  ['IPv6 in brackets', start('OPTIONS sip:[2001:db8::1]:5070 SIP/2.0'), undefined],
  ['a trailing blank after the version', start('OPTIONS sip:x@h SIP/2.0 '), undefined],
  ['another scheme', start('OPTIONS tel:+15005550001 SIP/2.0'), undefined],
  ['no scheme', start('OPTIONS example.test SIP/2.0'), 400, 'Bad Request-URI'],
  ['no From', changed('From'), 400],
  ['no To', changed('To'), 400],
  ['no Call-ID', changed('Call-ID'), 400],
  ['an empty Call-ID', changed('Call-ID', 'Call-ID:'), 400, 'Bad Call-ID Header'],
  ['no CSeq', changed('CSeq'), 400],
  ['two CSeq lines', changed('', 'CSeq: 2 OPTIONS'), 400],
  ['two From lines, one compact', changed('', 'f: <sip:b@h>;tag=2'), 400],
  ['two Subject lines', changed('', 'Subject: a', 's: b'), 400],
  ['two lines of an unknown header', changed('', 'X-Any: a', 'X-Any: b'), undefined],
  ['CSeq without a number', changed('CSeq', 'CSeq: OPTIONS'), 400, 'Bad CSeq Header'],
  ['CSeq of 33 bits', changed('CSeq', 'CSeq: 4294967296 OPTIONS'), 400, 'Bad CSeq Header'],
  ['CSeq with leading zeros', changed('CSeq', 'CSeq: 0009 OPTIONS'), undefined],
  ['CSeq of another method', changed('CSeq', 'CSeq: 1 INVITE'), 400],
  [
    'an unclosed quote in From',
    changed('From', 'From: "A <sip:a@h>;tag=1'),
    400,
    'Bad From Header',
  ],
  ['an unclosed bracket in To', changed('To', 'To: <sip:b@h'), 400, 'Bad To Header'],
  ['Max-Forwards 0', changed('Max', 'Max-Forwards: 0'), undefined],
  ['Max-Forwards 0068', changed('Max', 'Max-Forwards: 0068'), undefined],
  ['Max-Forwards 256', changed('Max', 'Max-Forwards: 256'), 400, 'Bad Max-Forwards Header'],
  ['Max-Forwards of a word', changed('Max', 'Max-Forwards: many'), 400, 'Bad Max-Forwards Header'],
  ['no Max-Forwards', changed('Max'), undefined],
  ['no Contact', changed('Contact'), undefined],
  ['a broken Contact', changed('Contact', 'Contact: <<<'), 400, 'Bad Contact Header'],
  ['gaps in Contact', changed('Contact', 'Contact: <sip:a@h>;;;'), 400, 'Bad Contact Header'],
  ['gaps in Via', changed('Via', 'Via: SIP/2.0/UDP 192.0.2.1;;,;,,'), 400, 'Bad Via Header'],
  ['a second Via value', changed('Via', 'Via: SIP/2.0/UDP h;branch=a, SIP/2.0/UDP i'), undefined],
  [
    'a quoted value before another parameter',
    changed('Contact', 'Contact: <sip:a@h>;+sip.instance="<urn:uuid:0>";expires=60'),
    undefined,
  ],
  ['a semicolon in a display name', changed('Contact', 'Contact: "a;;b" <sip:a@h>'), undefined],
  [
    'a star beside a contact',
    changed('Contact', 'Contact: *, <sip:a@h>'),
    400,
    'Bad Contact Header',
  ],
  ['a negative Content-Length', changed('', 'Content-Length: -9'), 400],
  ['two Content-Lengths', changed('', 'l: 0', 'Content-Length: 0'), 400],
  ['a line that is no header', changed('', 'nonsense'), 400],
]

for (const [title, text, status, reason] of rows) {
  test(title, () => {
    const refusal = refusalOf(parseMessage(text)!)
    expect(refusal?.status).toBe(status)
    if (status === 400) expect(refusal?.reason).toBe(reason ?? 'Bad Request')
  })
}

test.each([
  ['*', '0', undefined],
  ['*', '60', 400],
  ['<sip:a@h>', '60', undefined],
])('REGISTER with Contact %s and Expires %s', (contact, expires, status) => {
  const text = changed('Contact', `Contact: ${contact}`, `Expires: ${expires}`)
  const message = parseMessage(text.replaceAll('OPTIONS', 'REGISTER'))!
  expect(refusalOf(message)?.status).toBe(status)
})
