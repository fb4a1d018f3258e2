import { expect, test } from 'vitest'
import { withoutSipSecrets } from '../../../engine/core/sip-secrets.ts'

const digest =
  'Digest username="1001", realm="r", nonce="n", uri="sip:h", response="%", nc=00000001'

test.each([
  [`Authorization: ${digest}`, 'd41d8cd98f00b204'],
  [`Proxy-Authorization: ${digest}`, 'd41d8cd98f00b204'],
  [`AUTHORIZATION \t: ${digest}`, 'd41d8cd98f00b204'],
  ['Authorization: Digest username="a",\r\n response = "%"', 'd41d8cd98f00b204'],
  ['Authorization: Digest\r\n\tresponse=%, nonce="n"', 'd41d8cd98f00b204'],
  ['Authorization: Basic %', 'MTAwMTpzZWNyZXQ='],
  ['Authorization: Bearer %', 'abc.def-ghi_jkl'],
  ['Authentication-Info: rspauth="%", nc=00000001', 'd41d8cd98f00b204'],
  ['a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:%', 'WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9|2^20|1:4'],
  ['a=crypto:1 X inline:a|1:1 inline:%', 'WVNfX19z'],
  ['k=clear:%', 'secret'],
  ['a=ice-pwd:%', 'asd88fgpdd777uzjYhagZg'],
  ['To: <sip:bob:%@host>', 'hunter2'],
  ['To: <sip:us@192.0.2.1:5060;line=%>', 'lCs3ZZ0xNsTTxQW9aQpx2a'],
  ['Contact: <sip:us@localhost;transport=tcp;line=%;x=y>;expires=60', 'lCs3ZZ0xNsTTxQW9aQpx2a'],
])('%s', (line, secret) => {
  const raw = `INVITE sip:b@h SIP/2.0\r\n${line.replace('%', secret)}\r\nX: after\r\n\r\n`
  const masked = withoutSipSecrets(raw)
  expect(masked).not.toContain(secret)
  expect(masked).toHaveLength(raw.length)
  expect(masked.split('\r\n').length).toBe(raw.split('\r\n').length)
  expect(masked).toContain('\r\nX: after\r\n')
})

test.each([
  'WWW-Authenticate: Digest realm="r", nonce="n"',
  'From: <sip:1001@host:5060>;tag=1',
  'Subject: response="free text"',
  'Via: SIP/2.0/UDP [2001:db8::1]:5060',
  'Contact: <sip:1001@192.0.2.1:5060;line=abc123>',
])('%s stays', (line) => {
  const raw = `INVITE sip:b@h SIP/2.0\r\n${line}\r\nAuthorization: Digest nonce="n"\r\n\r\n`
  expect(withoutSipSecrets(raw)).toBe(raw)
})

test('64 KiB that is made to be slow is done with (the time limit of a test is what would fail)', () => {
  for (const piece of ['sip:', 'sip:a:', '\nk=', 'Authorization:\n ', 'response ', 'a=crypto:']) {
    const raw = `${piece.repeat(65_536 / piece.length)}@`
    expect(withoutSipSecrets(raw)).toHaveLength(raw.length)
  }
})

test.each([
  ['application/dtmf-relay', 'Signal=%\r\nDuration=160\r\n', '7'],
  ['application/dtmf-relay', 'signal = %\r\nduration = 160', '7'],
  ['application/dtmf', '%', '7'],
  ['application/dtmf', '%\r\n', '4711'],
])('keys by INFO: %s %j', (type, body, keys) => {
  const raw = (said: string) =>
    `INFO sip:b@h SIP/2.0\r\nContent-Type: ${type}\r\nCSeq: 2 INFO\r\n\r\n${body.replace('%', said)}`
  expect(withoutSipSecrets(raw(keys))).toBe(raw('*'.repeat(keys.length)))
})
