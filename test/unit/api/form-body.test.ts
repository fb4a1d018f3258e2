import { expect, test } from 'vitest'
import { formBody } from '../../../engine/api/form-body.ts'
import fc from '../../support/property.ts'

test.each<[string, Record<string, string>]>([
  [
    'to=%2B15005550140&service_id=Hello%2C+world',
    { to: '+15005550140', service_id: 'Hello, world' },
  ],
  ['a', { a: '' }],
  ['a=&=b&', { a: '', '': 'b' }],
  ['a=b=c', { a: 'b=c' }],
  ['a=%zz', { a: '%zz' }],
  ['n=G%C3%BCnter', { n: 'Günter' }],
])('%s', (text, wanted) => {
  expect(formBody.read(text)).toEqual(wanted)
})

test.each(['a=1&a=1', 'a=1&b=2&%61=3', '__proto__=1&__proto__=2'])('a name twice: %s', (text) => {
  expect(() => formBody.read(text)).toThrow(
    expect.objectContaining({
      code: 'invalid_request',
      field: text.startsWith('a') ? 'a' : '__proto__',
    }),
  )
})

test('names that objects have are names like others', () => {
  const read = formBody.read('__proto__=x&constructor=y&toString=z') as object
  expect(Object.getPrototypeOf(read)).toBe(Object.prototype)
  expect(Object.entries(read)).toEqual([
    ['__proto__', 'x'],
    ['constructor', 'y'],
    ['toString', 'z'],
  ])
  expect(({} as Record<string, unknown>)['x']).toBeUndefined()
})

test('what is written is read', () => {
  const fields = fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }))
  fc.assert(
    fc.property(fields, (given) => {
      const read = formBody.read(new URLSearchParams(given).toString()) as object
      expect(Object.entries(read)).toEqual(Object.entries(given))
    }),
  )
})
