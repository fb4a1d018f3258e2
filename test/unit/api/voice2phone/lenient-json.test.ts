import { describe, expect, test } from 'vitest'
import {
  quoteBareKeys,
  readLenientJson,
} from '../../../../engine/api/dialects/voice2phone/lenient-json.ts'
import { Failure } from '../../../../engine/core/failures.ts'
import fc from '../../../support/property.ts'
import { printedSample } from './printed-sample.ts'

const read = (text: string): unknown => {
  try {
    return readLenientJson(text)
  } catch (error) {
    if (error instanceof Failure) return error.code
    throw error
  }
}

test('the printed sample', () => {
  expect(read(printedSample)).toEqual({
    Phone: { Number: '4252337837', CountryCode: 'US' },
    Message: 'Please press one',
    Dtmf: { '1': 'Thank you' },
  })
})

describe('bare names are taken as keys', () => {
  test.each([
    ['{a:1}', { a: 1 }],
    ['{ a : 1 , $b_2\t:\r\n2 }', { a: 1, $b_2: 2 }],
    ['[{a:[{b:null}]}]', [{ a: [{ b: null }] }]],
    ['{true:true,null:null}', { true: true, null: null }],
    ['{a:"{b:1,c:2}"}', { a: '{b:1,c:2}' }],
    [String.raw`{a:"\"{b:1","x\\":{y:2}}`, { a: '"{b:1', 'x\\': { y: 2 } }],
    ['\uFEFF{a:1}', { a: 1 }],
    ['\uFEFF{"a":1}', { a: 1 }],
  ])('%s', (text, value) => {
    expect(read(text)).toEqual(value)
  })
})

describe('nothing else is forgiven', () => {
  test.each([
    ...['', ' ', '{', '}', '{a}', '{a b:1}', '{a:1,}', '{,a:1}', '[1,]', "{'a':1}", "{a:'x'}"],
    ...['{a:b}', '{a:1}x', '{1:"x"}', '{*:1}', '{a-b:1}', '{ä:1}', '{a:1 /* x */}', '// x\n{a:1}'],
    ...['{a:undefined}', '{a:NaN}', '{a:+1}', '{a:01}', '{a:.5}', '{a:"\n"}', '{a=1}', 'a:1'],
    ...['[a:1]', '{"a":1,"b}', '{a:"\\', '{\u00a0a:1}', '{a:1;b:2}', '{a::1}', '(a:1)'],
  ])('%j', (text) => {
    expect(read(text)).toBe('invalid_json')
  })
})

describe('keys that reach for the prototype are refused', () => {
  test.each([
    '{"__proto__":{"a":1}}',
    '{__proto__:1}',
    String.raw`{"\u005f_proto__":1}`,
    '[{"a":{"__proto__":null}}]',
    '{"constructor":{"prototype":{}}}',
    '{constructor:{prototype:1}}',
  ])('%s', (text) => {
    expect(read(text)).toBe('invalid_json')
    expect(({} as { a?: unknown }).a).toBeUndefined()
  })

  test('a constructor that reaches for nothing is a key', () => {
    expect(read('{"constructor":{"a":1},"b":{"constructor":null}}')).toEqual({
      constructor: { a: 1 },
      b: { constructor: null },
    })
  })
})

/** JSON as text with some of its keys bare. */
function bare(value: unknown, nameless: () => boolean): string {
  if (Array.isArray(value)) return `[${value.map((one) => bare(one, nameless)).join(' , ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const fields = Object.entries(value).map(([key, field]) => {
    const isName = /^[A-Za-z_$][\w$]*$/.test(key) && nameless()
    return `\n${isName ? key : JSON.stringify(key)} : ${bare(field, nameless)}`
  })
  return `{${fields.join(',')}}`
}

const isPoison = (text: string) => /proto|constructor/.test(text)

test('whatever JSON with whichever keys bare is read as that JSON', () => {
  const key = fc.oneof(fc.string(), fc.stringMatching(/^[A-Za-z_$][\w$]{0,5}$/))
  const { json } = fc.letrec((tie) => ({
    json: fc.oneof(
      { maxDepth: 4 },
      fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)),
      fc.array(tie('json'), { maxLength: 4 }),
      fc.dictionary(key, tie('json'), { maxKeys: 4 }),
    ),
  }))
  fc.assert(
    fc.property(json, fc.infiniteStream(fc.boolean()), (value, bareness) => {
      const text = bare(value, () => bareness.next().value === true)
      fc.pre(!isPoison(text))
      expect(readLenientJson(text)).toEqual(JSON.parse(JSON.stringify(value)))
    }),
    { numRuns: 500 },
  )
})

test('whatever text is read as JSON reads it, or by nothing but quotes added, or refused', () => {
  const piece = fc.oneof(
    fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '\\', 'a', 'Phone', ' ', '\n', '1', "'"),
    fc.constantFrom('true', 'null', '"a"', '__proto__', '/*', '\u00a0', '\ud800'),
    fc.string({ maxLength: 3 }),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const text = pieces.join('')
      const quoted = quoteBareKeys(text)
      expect(quoted.replaceAll('"', '')).toBe(text.replaceAll('"', ''))
      const value = read(text)
      if (value !== 'invalid_json') expect(value).toEqual(read(quoted))
    }),
    { numRuns: 2_000 },
  )
})

/** Were a character looked at again for each before it, one of these would take hours. */
test.each([
  ['names', 'a'],
  ['names after a comma', ',a'],
  ['names in braces', '{a'],
  ['a name without end', '{', 'a'],
  ['keys', 'a:1,', '{'],
  ['spaces behind a name', ' ', '{a'],
  ['spaces behind names', '{a  '],
  ['open strings', '"\\'],
  ['escapes', '\\"', '{a:"'],
  ['braces', '{a:'],
  ['brackets', '['],
  ['commas and spaces', ', '],
])('a megabyte of %s', (_what, unit, before = '') => {
  expect(read(before + unit.repeat(1_048_576 / unit.length))).toBe('invalid_json')
})

test('a megabyte of good keys', () => {
  const fields = Array.from({ length: 100_000 }, (_, i) => `key${i}:1`)
  expect(Object.keys(read(`{${fields.join(',')}}`) as object)).toHaveLength(100_000)
})
