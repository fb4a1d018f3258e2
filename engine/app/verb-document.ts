import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { Failure } from '../core/failures.ts'
import type { Verb } from '../core/verbs.ts'

/**
 * The JSON document that tells a call what to do: a list of verbs, as an application returns it from its
 * `url`, as a number's route or as `verbs` of a new call. Durations are seconds here and milliseconds
 * behind `readVerbs`. Unknown verbs and fields are refused, not skipped: a typo must not be silence.
 */
const closed = { additionalProperties: false } as const
const seconds = (minimum: number, maximum: number) => Type.Number({ minimum, maximum })
const urlSchema = Type.String({ minLength: 1, maxLength: 2048 })
const loop = Type.Optional(Type.Integer({ minimum: 1, maximum: 100 }))
const method = Type.Optional(Type.Unsafe<'GET' | 'POST'>({ type: 'string', enum: ['GET', 'POST'] }))
const keys = Type.String({ pattern: '^[0-9*#]{1,32}$' })

const say = Type.Object(
  {
    verb: Type.Literal('say'),
    text: Type.String({ minLength: 1, maxLength: 4096 }),
    voice: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9+_-]{1,32}$' })),
    loop,
  },
  closed,
)
const play = Type.Object({ verb: Type.Literal('play'), url: urlSchema, loop }, closed)

const document = Type.Module({
  Verbs: Type.Array(Type.Ref('Verb'), { maxItems: 100 }),
  Verb: Type.Union([
    Type.Object({ verb: Type.Literal('answer') }, closed),
    say,
    play,
    Type.Object(
      {
        verb: Type.Literal('gather'),
        prompt: Type.Optional(Type.Union([say, play])),
        num_digits: Type.Optional(Type.Integer({ minimum: 1, maximum: 32 })),
        finish_on_key: Type.Optional(Type.String({ pattern: '^[0-9*#]?$' })),
        timeout: Type.Optional(seconds(0.1, 120)),
        attempts: Type.Optional(Type.Integer({ minimum: 1, maximum: 10 })),
        url: Type.Optional(urlSchema),
        branches: Type.Optional(Type.Record(keys, Type.Ref('Verbs'))),
      },
      closed,
    ),
    Type.Object(
      {
        verb: Type.Literal('dial'),
        to: Type.String({ minLength: 1, maxLength: 255 }),
        from: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
        timeout: Type.Optional(seconds(5, 600)),
        record: Type.Optional(Type.Boolean()),
      },
      closed,
    ),
    Type.Object(
      {
        verb: Type.Literal('record'),
        action: Type.Unsafe<'start' | 'stop'>({ type: 'string', enum: ['start', 'stop'] }),
      },
      closed,
    ),
    Type.Object({ verb: Type.Literal('pause'), length: seconds(0, 3600) }, closed),
    Type.Object(
      { verb: Type.Literal('send_digits'), digits: Type.String({ pattern: '^[0-9*#A-D]{1,64}$' }) },
      closed,
    ),
    Type.Object({ verb: Type.Literal('redirect'), url: urlSchema, method }, closed),
    Type.Object(
      {
        verb: Type.Literal('reject'),
        sip_status: Type.Optional(Type.Integer({ minimum: 400, maximum: 699 })),
      },
      closed,
    ),
    Type.Object({ verb: Type.Literal('hangup') }, closed),
  ]),
})

/** JSON schema of the document, for OpenAPI. */
export const verbsSchema = document.Verbs
type VerbsDocument = Static<typeof verbsSchema>
type VerbDocument = VerbsDocument[number]

const maxDepth = 40

/** Before anything recursive reads it. */
function isDeeperThan(limit: number, json: unknown): boolean {
  if (typeof json !== 'object' || json === null) return false
  return limit === 0 || Object.values(json).some((value) => isDeeperThan(limit - 1, value))
}

const compiled = Compile(verbsSchema)

/** Reads the document. Failure `invalid_request` naming the first fault and where it is. */
export function readVerbs(json: unknown): readonly Verb[] {
  if (isDeeperThan(maxDepth, json)) {
    throw new Failure('invalid_request', `verbs: nested deeper than ${maxDepth} levels`)
  }
  if (!compiled.Check(json)) {
    const [fault] = compiled.Errors(json)
    const where = fault?.instancePath || '/'
    throw new Failure(
      'invalid_request',
      `verbs${where}: ${fault?.message ?? 'not a list of verbs'}`,
    )
  }
  return (json as VerbsDocument).map(toVerb)
}

function toVerb(given: VerbDocument): Verb {
  switch (given.verb) {
    case 'gather':
      return toGather(given)
    case 'dial': {
      const { timeout, ...rest } = given
      return { ...rest, ...inMs('timeoutMs', timeout) } as Verb
    }
    case 'pause':
      return { verb: 'pause', durationMs: given.length * 1000 }
    case 'send_digits':
      return { verb: 'sendDigits', digits: given.digits }
    case 'reject':
      return given.sip_status === undefined
        ? { verb: 'reject' }
        : { verb: 'reject', sipStatus: given.sip_status }
    default:
      return given as Verb
  }
}

function toGather(given: Extract<VerbDocument, { verb: 'gather' }>): Verb {
  const { num_digits, finish_on_key, timeout, branches, ...rest } = given
  return {
    ...rest,
    ...(num_digits === undefined ? {} : { numDigits: num_digits }),
    ...(finish_on_key === undefined ? {} : { finishOnKey: finish_on_key }),
    ...inMs('timeoutMs', timeout),
    ...(branches === undefined
      ? {}
      : {
          branches: Object.fromEntries(
            Object.entries(branches).map(([key, verbs]) => [key, verbs.map(toVerb)]),
          ),
        }),
  } as Verb
}

const inMs = (name: string, lengthS: number | undefined) =>
  lengthS === undefined ? {} : { [name]: Math.round(lengthS * 1000) }
