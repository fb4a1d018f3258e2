import { type TSchema, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { FailureCode } from '../../../core/failures.ts'
import type { Fault } from './error.ts'
import { directions, statuses, type Words } from './words.ts'

/** Told of fields that are not known. */
const maxUnknown = 50
const maxNameChars = 100

/** One field of a body: its schema, and what it has to be in words. */
interface Field {
  readonly schema: TSchema
  readonly must: string
  readonly code: FailureCode
}
export type Fields = Readonly<Record<string, Field>>

const field = (schema: TSchema, must: string, code: FailureCode = 'invalid_request'): Field => ({
  schema,
  must,
  code,
})
const orNull = ({ schema, must, code }: Field): Field =>
  field(Type.Union([schema, Type.Null()]), `${must}, or null`, code)

/** Without control characters, and not of spaces alone. */
const text = (maxLength: number, description: string): Field =>
  field(
    Type.String({
      ...{ minLength: 1, maxLength, description },
      pattern: '^(?=[\\s\\S]*\\S)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f]+$',
    }),
    `must be a text of 1 to ${maxLength} characters`,
  )
const id = (whose: string): Field => text(255, `Identifies ${whose}; any text`)
const number = (whose: string): Field =>
  field(
    Type.String({
      pattern: '^\\+[1-9]\\d{6,14}$',
      description: `${whose}, E.164 with its plus`,
      examples: ['+14155550148'],
    }),
    'must be a telephone number in E.164 format, such as +14155550148',
    'invalid_phone_number',
  )
const oneOf = (words: readonly string[], description: string): Field =>
  field(Type.Enum([...words], { description }), `must be one of ${words.join(', ')}`)
const money = (description: string): Field =>
  field(
    Type.String({ pattern: '^\\d{1,15}(\\.\\d{1,6})?$', description, examples: ['0.05'] }),
    'must be a decimal number as text, such as "0.05", with 6 places at most',
  )

/** What a call is recorded with: all of it is needed. */
export const newCallFields = ({ providers }: Words): Fields => ({
  staff_uid: id('the member of staff'),
  client_uid: id('the client'),
  from_number: number('Who called'),
  to_number: number('Who was called'),
  direction: oneOf(directions, 'As the business sees it'),
  status: oneOf(statuses, 'How the call stands; the two words for a voicemail mean the same'),
  rate: money('Price of a minute; "0" for none'),
  provider: oneOf(providers, 'Who carried the call'),
  source_id: id('the call at its source; unique in the business'),
  external_uuid: id(
    'the call outside; unique in the business. The id of a call of this system makes the record one about that call',
  ),
  business_uid: id('the business'),
})

/** What can be changed later: any part of it. */
export const updateFields = (words: Words): Fields => {
  const { business_uid: _, ...fields } = newCallFields(words)
  return {
    ...fields,
    handled_by_staff_uid: id('who saw to a missed call; goes with that status'),
    price: orNull(money('What the call cost')),
    duration: orNull(
      field(
        Type.Integer({ minimum: 0, maximum: 31_536_000, description: 'Seconds' }),
        'must be a whole number of seconds',
      ),
    ),
    call_summary: orNull(text(10_000, 'What was said')),
    external_app_name: orNull(text(255, 'The application that has more')),
    external_app_url: orNull(
      field(
        Type.String({
          ...{ maxLength: 2048, pattern: '^https?://[^\\s"<>\\\\^`{|}]+$' },
          description: 'Where that is',
        }),
        'must be an http(s) address',
      ),
    ),
    recording_id: orNull(id('the recording')),
  }
}

/** The documentation of a body; the check is `checkerOf`, which tells every fault and not the first. */
export const bodySchema = (
  fields: Fields,
  { name, isPartial, example }: { name: string; isPartial: boolean; example: object },
): TSchema =>
  Type.Unknown({
    'x-doc': Type.Object(
      Object.fromEntries(
        Object.entries(fields).map(([key, { schema }]) => [
          key,
          isPartial ? Type.Optional(schema) : schema,
        ]),
      ),
      { additionalProperties: false, 'x-name': name, examples: [example] },
    ),
  })

export type Body = Readonly<Record<string, unknown>>

/** A JSON object, or nothing; undefined when it is something else. */
export function objectOf(body: unknown): Body | undefined {
  if (body === undefined) return {}
  return typeof body === 'object' && body !== null && !Array.isArray(body)
    ? (body as Body)
    : undefined
}

/** Finds all that is wrong with a body, in the order of the fields. */
export function checkerOf(fields: Fields): (body: Body, isPartial: boolean) => Fault[] {
  const checks = Object.entries(fields).map(([name, field]) => {
    const compiled = Compile(field.schema)
    return (body: Body, isPartial: boolean): Fault[] => {
      if (!Object.hasOwn(body, name)) return isPartial ? [] : [missing(name)]
      const value = body[name]
      const isRight = compiled.Check(value) && (typeof value !== 'string' || value.isWellFormed())
      return isRight ? [] : [{ code: field.code, field: name, message: `${name} ${field.must}` }]
    }
  })
  return (body, isPartial) => [
    ...checks.flatMap((check) => check(body, isPartial)),
    ...Object.keys(body)
      .filter((name) => !Object.hasOwn(fields, name))
      .slice(0, maxUnknown)
      .map(unknown),
  ]
}

const missing = (name: string): Fault => ({
  ...{ code: 'missing_parameter', field: name, message: `${name} is required` },
})

function unknown(key: string): Fault {
  const name = key.length > maxNameChars ? `${key.slice(0, maxNameChars)}…` : key
  return { code: 'unknown_parameter', field: name, message: `${name} can not be set here` }
}
