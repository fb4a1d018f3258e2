import { Type } from 'typebox'
import { expect, test } from 'vitest'
import { checker } from '../../../engine/api/frame/validate.ts'
import { Failure } from '../../../engine/core/failures.ts'

const strict = { additionalProperties: false }
const text = Type.String({ minLength: 3 })
const check = checker(
  Type.Object({
    way: Type.Optional(
      Type.Union([
        Type.Object(
          { by: Type.Literal('address'), hosts: Type.Optional(Type.Array(text)) },
          strict,
        ),
        Type.Object({ by: Type.Literal('digest'), user: text, password: text }, strict),
        Type.Null(),
      ]),
    ),
    either: Type.Optional(Type.Union([Type.String(), Type.Object({ name: text }, strict)])),
  }),
)

function refusal(value: object): string {
  try {
    check(value)
  } catch (error) {
    if (error instanceof Failure) return error.message
    throw error
  }
  return 'none'
}

test.each([
  [
    { by: 'digest', user: 'abc', password: 'ab' },
    'way.password must not have fewer than 3 characters',
  ],
  [{ by: 'digest', user: 'abc' }, 'way.password is required'],
  [{ by: 'digest', user: 'abc', password: 'abc', hosts: [] }, 'way.hosts is not known here'],
  [{ by: 'address', user: 'abc' }, 'way.user is not known here'],
  [{ by: 'address', hosts: ['ab'] }, 'way.hosts.0 must not have fewer than 3 characters'],
  [{ by: 'nobody' }, 'way.by must be one of address, digest'],
  [{}, 'way.by is required'],
  [{ by: 'digest', user: 'abc', password: 'abc' }, 'none'],
  [null, 'none'],
])('%j: %s', (way, message) => {
  expect(refusal({ way })).toBe(message)
})

test('a union without such a field is as before', () => {
  expect(refusal({ either: { name: 'ab' } })).toContain('either')
  expect(refusal({ either: 'text' })).toBe('none')
})
