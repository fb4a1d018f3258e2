/** Messages that have troubled SIP programs; each is a case of its own. Byte strings. */

const request = (method: string, fields: readonly string[], body = '', uri = 'sip:bob@192.0.2.2') =>
  [
    `${method} ${uri} SIP/2.0`,
    'Via: SIP/2.0/UDP 192.0.2.1:5066;branch=z9hG4bKq;rport',
    'Max-Forwards: 70',
    'From: "A" <sip:alice@192.0.2.1>;tag=a',
    'To: <sip:bob@192.0.2.2>',
    'Call-ID: fuzz@192.0.2.1',
    `CSeq: 1 ${method}`,
    ...fields,
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n')

const bytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')
const contact = 'Contact: <sip:alice@192.0.2.1:5066>'
const sdp =
  'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n'
const withLength = (text: string, length: string) =>
  text.replace(/(Content-Length: )\d+/, `$1${length}`)
const multipart = (boundary: string, inside: string) =>
  request('INVITE', [contact, `Content-Type: multipart/mixed;boundary="${boundary}"`], inside)

const nested = (depth: number): string => {
  let inside = sdp
  for (let i = 0; i < depth; i++) {
    inside = `--b${i}\r\nContent-Type: multipart/mixed;boundary=b${i - 1}\r\n\r\n${inside}\r\n--b${i}--\r\n`
  }
  return inside
}

const digest =
  'Authorization: Digest username="1001", realm="ringdown", nonce="n.n.n", uri="sip:192.0.2.2", ' +
  'response="0123456789abcdef0123456789abcdef", algorithm=MD5, qop=auth, nc=00000001, cnonce="c"'

export const messageSeeds: Readonly<Record<string, string>> = {
  invite: request(
    'INVITE',
    [contact, 'Content-Type: application/sdp', 'Supported: timer, 100rel'],
    sdp,
  ),
  'many fields': request('INVITE', [
    contact,
    'Record-Route: <sip:192.0.2.9;lr>, "x, y" <sip:192.0.2.8;lr>',
    'Route: <sip:192.0.2.2;lr>',
    'Session-Expires: 90;refresher=uac',
    'Subject: folded\r\n and again',
    'P-Asserted-Identity: "B" <sip:+12025550100@192.0.2.1>',
    'User-Agent: x (y "z")',
    digest,
  ]),
  register: request('REGISTER', [
    `${contact};expires=60;q=0.5`,
    digest,
    'Path: <sip:192.0.2.9;lr>',
  ]),
  'REGISTER with Contact: %': request('REGISTER', ['Contact: %']),
  'REGISTER with Contact: None': request('REGISTER', ['Contact: None']),
  'REGISTER with Contact star': request('REGISTER', ['Contact: *', 'Expires: 0']),
  'REGISTER with star and another': request('REGISTER', ['Contact: *, <sip:a@b>', 'Expires: 0']),
  'stray response': request('INVITE', [contact]).replace(/^.*/, 'SIP/2.0 200 OK'),
  'response without reason': request('BYE', []).replace(/^.*/, 'SIP/2.0 481'),
  'length below the body': withLength(request('MESSAGE', [], 'hello'), '2'),
  'length beyond the body': withLength(request('MESSAGE', [], 'hello'), '9999'),
  'length that is negative': withLength(request('MESSAGE', [], 'hello'), '-1'),
  'length that is no number': withLength(request('MESSAGE', [], 'hello'), '5x'),
  'length beyond every number': withLength(request('MESSAGE', [], 'x'), '18446744073709551617'),
  'two lengths': request('MESSAGE', ['l: 3'], 'hello'),
  'field names with dots': request('OPTIONS', ['X.Custom.Name: 1', 'P-.-x: 2', '.: 3']),
  'UTF-8 everywhere': request('REGISTER', [
    bytes('Contact: "鈴木 太郎" <sip:鈴木@192.0.2.1>'),
    bytes('Subject: Grüße, 日本語'),
    bytes('User-Agent: телефон'),
  ]),
  'half a UTF-8 character': request('OPTIONS', ['Subject: \xe9\x88']),
  'a field over 8 KiB': request('OPTIONS', [`X-Long: ${'x'.repeat(9000)}`]),
  'boundary longer than the body': multipart('b'.repeat(70), '--b'),
  'boundary that never comes': multipart('zzz', `--other\r\n\r\n${sdp}`),
  'boundary of nothing': multipart('', sdp),
  'parts within parts': request(
    'INVITE',
    [contact, 'Content-Type: multipart/mixed;boundary=b19'],
    nested(20),
  ),
  'SDP of one byte': request('INVITE', [contact, 'Content-Type: application/sdp'], 'v'),
  'SDP line of one byte': request(
    'INVITE',
    [contact, 'Content-Type: application/sdp'],
    'v=0\r\nm\r\n',
  ),
  'CANCEL of nothing': request('CANCEL', []),
  'ACK of nothing': request('ACK', []),
  'BYE of nothing': request('BYE', []).replace('To: <sip:bob@192.0.2.2>', 'To: <sip:b@c>;tag=x'),
  'PRACK of nothing': request('PRACK', ['RAck: 1 1 INVITE']),
  'REFER to a trunk': request('REFER', ['Refer-To: <sip:+12025550100@192.0.2.7?Replaces=a%3Bb>']),
  notify: request('NOTIFY', ['Event: refer', 'Subscription-State: active', contact]),
  subscribe: request('SUBSCRIBE', ['Event: message-summary', 'Expires: 60', contact]),
  publish: request('PUBLISH', ['Event: presence', 'SIP-If-Match: x', 'Expires: 60']),
  info: request('INFO', ['Content-Type: application/dtmf-relay'], 'Signal=1\r\nDuration=160\r\n'),
  'no line end at all': 'OPTIONS sip:a@b SIP/2.0',
  'only line ends': '\r\n\r\n\r\n',
  'LF alone': request('OPTIONS', []).replaceAll('\r\n', '\n'),
  'folding of everything': request('OPTIONS', []).replaceAll(': ', ':\r\n '),
  'escaped and odd URI': request(
    'INVITE',
    [contact],
    '',
    'sip:%00%61;x=y@[2001:db8::1]:5060;lr?a=b',
  ),
  'tel URI': request('INVITE', [contact], '', 'tel:+1-202-555-0100;phone-context=x'),
  'unknown scheme': request('OPTIONS', [], '', 'nobodyKnowsThisScheme:totally opaque'),
  'NUL and controls': request('OPTIONS', ['Subject: a\0b\x07c\x1b[31md']),
}
