import { expect, it } from 'vitest'
import { checkExtraHeaders, extraHeadersOf } from '../../../engine/core/sip-headers.ts'

it('tells an application what is its business, names as they came', () => {
  const all = [
    ['From', '<sip:a@b>'],
    ['X-Customer', '42'],
    ['x-lower', 'a, b'],
    ['User-to-User', '56a3;encoding=hex'],
    ['X-', 'no name'],
    ['X Y', 'no token'],
    ['Xylophone', 'no X-'],
  ] as const
  expect(extraHeadersOf(all)).toEqual({
    ...{ 'X-Customer': '42', 'x-lower': 'a, b', 'User-to-User': '56a3;encoding=hex' },
  })
})

it('leaves out what is over 32 headers or 4 KB', () => {
  const many = Array.from({ length: 40 }, (_, n) => [`X-${n}`, 'v'] as const)
  expect(Object.keys(extraHeadersOf(many))).toHaveLength(32)
  const long = [['X-A', 'a'.repeat(4000)] as const, ['X-B', 'b'.repeat(200)] as const]
  expect(Object.keys(extraHeadersOf(long))).toEqual(['X-A'])
  expect(
    extraHeadersOf([
      ['X-__proto__', 'a'],
      ['__proto__', 'b'],
    ]),
  ).toEqual({ 'X-__proto__': 'a' })
})

it.each([
  ['another name', { Route: '<sip:evil>' }],
  ['a name that is no token', { 'X-A: b\r\nVia': '1' }],
  ['no name', { 'X-': '1' }],
  ['a second line', { 'X-A': '1\r\nRoute: <sip:evil>' }],
  ['half a line end', { 'X-A': '1\n2' }],
  ['a NUL', { 'X-A': '1\0' }],
  ['too many', Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`X-${n}`, '']))],
  ['too long in all', { 'X-A': 'é'.repeat(2047) }],
])('refuses %s', (_name, headers) => {
  expect(() => checkExtraHeaders(headers, 'headers')).toThrow(
    expect.objectContaining({ code: 'invalid_request', field: 'headers' }),
  )
})

it('takes what is right', () => {
  checkExtraHeaders(
    { 'X-A': '', 'x-b.c': 'Ünïcode, "quoted"; <x>', 'User-To-User': '1' },
    'headers',
  )
})
