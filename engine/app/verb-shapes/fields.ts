import { Type } from 'typebox'

// Fields that several verbs have.

export const seconds = (minimum: number, maximum: number, byDefault: number, description: string) =>
  Type.Number({ minimum, maximum, default: byDefault, description: `Seconds. ${description}` })
export const url = (description: string) =>
  Type.String({ minLength: 1, maxLength: 2048, description })
export const party = (description: string) =>
  Type.String({ minLength: 1, maxLength: 255, description })
export const loop = Type.Optional(
  Type.Integer({ minimum: 1, maximum: 100, default: 1, description: 'How many times it is heard' }),
)
export const early = Type.Optional(
  Type.Boolean({
    default: true,
    description:
      'false: the caller of an inbound call hears it before the call is answered (early media); skipped where his INVITE had no SDP',
  }),
)
export const keys = Type.String({ pattern: '^[0-9*#]{1,32}$' })

/** Fields that are not known are refused: a typo must not be silence. */
export const about = (title: string, description: string) => ({
  ...{ title, description },
  additionalProperties: false as const,
})

/** What an application may put on an INVITE. */
export const sipHeadersSchema = Type.Record(
  Type.String({ pattern: "^(?:[Xx]-[A-Za-z0-9_.!%*+`'~-]{1,62}|[Uu]ser-[Tt]o-[Uu]ser)$" }),
  Type.String({ maxLength: 1024, pattern: '^[^\\u0000-\\u001f\\u007f]*$' }),
  {
    ...{ additionalProperties: false, maxProperties: 32 },
    description:
      'SIP headers of the INVITE: X-... and User-to-User, 32 at most and 4096 bytes in all',
  },
)

/** How an address is asked, whose field is `of`. */
export const methodOf = (of: string) =>
  Type.Optional(
    Type.Unsafe<'GET' | 'POST'>({
      ...{ type: 'string', enum: ['GET', 'POST'], default: 'POST' },
      description: `How \`${of}\` is asked: GET, the fields in the query; POST`,
    }),
  )

/** `action` and `method` of a verb; `told`: what the application is told there. */
export const onwards = (told: string) => ({
  action: Type.Optional(
    url(`Is told ${told}, and answers the next verbs in place of the rest of the list`),
  ),
  method: methodOf('action'),
})

export const onFailure = (byDefault: string) =>
  Type.Optional(
    Type.Unsafe<'end' | 'next'>({
      ...{ type: 'string', enum: ['end', 'next'] },
      description: `Where it can not be done: \`end\`, the call fails; \`next\`, the list goes on. ${byDefault}`,
    }),
  )
