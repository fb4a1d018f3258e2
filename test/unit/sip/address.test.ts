import { describe, expect, it } from 'vitest'
import {
  encodeUser,
  parseNameAddress,
  parseSipUri,
  quoteName,
  splitList,
} from '../../../engine/sip/address.ts'
import { nextHopOf } from '../../../engine/sip/call/routes.ts'
import { callerOf, partyOf } from '../../../engine/sip/party.ts'

describe('partyOf', () => {
  it.each([
    ['sip:+61400000001@host', { name: '+61400000001' }],
    ['sip:+61-400 000.001@host', { refuse: 400 }],
    ['sip:+61-400.(0)00001@host:5060;transport=udp', { name: '+61400000001' }],
    ['sip:%2B61400000001@host', { name: '+61400000001' }],
    ['sip:+61400000001;npdi;rn=5@host;user=phone', { name: '+61400000001' }],
    ['tel:+61-400-000-001', { name: '+61400000001' }],
    ['tel:7042;phone-context=example.com', { name: '7042' }],
    ['sip:0400000001@host', { name: '0400000001' }],
    ['sip:*97@host', { name: '*97' }],
    ['sips:alice@[::1]:5061', { name: 'alice' }],
    ['sip:alice.b-c_d@host', { name: 'alice.b-c_d' }],
    ['sip:10.1@host', { name: '10.1' }],
    ['sip:555-0123@host', { name: '5550123' }],
    ['sip:alice:secret@host', { name: 'alice' }],
    ['sip:host', { refuse: 404 }],
    ['sip:+0123456789@host', { refuse: 404 }],
    ['sip:+1234@host', { refuse: 404 }],
    [`sip:${'9'.repeat(33)}@host`, { refuse: 404 }],
    ['sip:a%20b@host', { refuse: 404 }],
    ['sip:%C3%A9@host', { refuse: 404 }],
    ['sip:%zz@host', { refuse: 400 }],
    ['sip:a@', { refuse: 400 }],
    ['sip:a@host:99999', { refuse: 400 }],
    [`sip:a@${'h'.repeat(2000)}`, { refuse: 400 }],
    ['nonsense', { refuse: 400 }],
    ['', { refuse: 400 }],
    ['mailto:a@b', { refuse: 416 }],
  ])('%s', (uri, expected) => {
    expect(partyOf(uri)).toEqual(expected)
  })

  it('calls a caller without a usable name anonymous', () => {
    expect(callerOf('sip:a b@c')).toBe('anonymous')
    expect(callerOf('sip:anonymous@anonymous.invalid')).toBe('anonymous')
  })
})

describe('parseNameAddress', () => {
  it.each([
    ['<sip:a@b>;tag=1', null, 'sip:a@b', { tag: '1' }],
    ['"A \\"B\\" <c>" <sip:a@b;x=1>;Expires=60', 'A "B" <c>', 'sip:a@b;x=1', { expires: '60' }],
    ['Alice B <sip:a@b>', 'Alice B', 'sip:a@b', {}],
    ['sip:a@b;tag=x', null, 'sip:a@b', { tag: 'x' }],
    ['<sip:a@b>;q="0,5";flag', null, 'sip:a@b', { q: '0,5', flag: '' }],
  ])('%s', (text, name, uri, params) => {
    const parsed = parseNameAddress(text)
    expect({ ...parsed, params: { ...parsed?.params } }).toEqual({ name, uri, params })
  })

  it.each(['', '<sip:a@b', '<>', '"a" sip:b', 'a b'])('refuses %j', (text) => {
    expect(parseNameAddress(text)).toBeUndefined()
  })

  it('is not led astray by names that objects have', () => {
    expect(parseNameAddress('<sip:a@b>')?.params['constructor']).toBeUndefined()
    const odd = parseNameAddress('<sip:a@b>;__proto__=x')
    expect(Object.keys(odd?.params ?? {})).toEqual(['__proto__'])
  })
})

describe('parseSipUri', () => {
  it.each([
    [
      'sip:a:pw@Host.Example:5070;transport=TCP?x=y',
      { user: 'a', host: 'host.example', port: 5070 },
    ],
    ['sips:[2001:db8::1]', { scheme: 'sips', user: '', host: '[2001:db8::1]', port: undefined }],
    ['sip:;x@h', { user: ';x', host: 'h' }],
  ])('%s', (text, expected) => {
    expect(parseSipUri(text)).toMatchObject(expected)
  })
  it.each(['sip:a@b c', 'sip:a@b>', 'sip:a@b:0', 'http://x', 'sip:a@-b'])('refuses %j', (text) => {
    expect(parseSipUri(text)).toBeUndefined()
  })
})

describe('small ones', () => {
  it('splits lists outside quotes and brackets', () => {
    expect(splitList('<sip:a,b@c>;q=1, "x, y" <sip:d@e> ,,f')).toEqual([
      '<sip:a,b@c>;q=1',
      '"x, y" <sip:d@e>',
      'f',
    ])
  })
  it('writes users and names so that nothing can break out of them', () => {
    expect(encodeUser('+1 <a>@b;c"\r\n')).toBe('+1%20%3Ca%3E%40b%3Bc%22%0D%0A')
    expect(quoteName('a"b\\c\r\nVia: x')).toBe('"a\\"b\\\\cVia: x" ')
    expect(quoteName(undefined)).toBe('')
    expect(quoteName('\r\n')).toBe('')
  })
  it.each([
    ['udp/192.0.2.1:5060', 'sip:192.0.2.1:5060;transport=udp'],
    ['tcp/[2001:db8::1]:5061', 'sip:[2001:db8::1]:5061;transport=tcp'],
    ['tls/192.0.2.1:40000', 'sip:192.0.2.1:40000;transport=tls'],
    ['wss/192.0.2.1:40000', 'sip:192.0.2.1:40000;transport=wss'],
    ['nonsense', undefined],
    ['sctp/192.0.2.1:5060', undefined],
  ])('next hop of %s', (source, expected) => {
    expect(nextHopOf(source)).toBe(expected)
  })
})
