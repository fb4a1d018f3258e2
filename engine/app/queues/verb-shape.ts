import { type Static, Type } from 'typebox'
import { mostWaiting } from '../../core/queue.ts'
import type { EnqueueVerb } from '../../core/verbs.ts'

// The verbs `enqueue` and `leave` as documents say them, and how they are read and written.

const url = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 2048, description }))
const method = (of: string) =>
  Type.Optional(
    Type.Unsafe<'GET' | 'POST'>({
      ...{ type: 'string', enum: ['GET', 'POST'], default: 'POST' },
      description: `How \`${of}\` is asked: GET, the fields in the query; POST`,
    }),
  )

export const enqueueShape = Type.Object(
  {
    verb: Type.Literal('enqueue'),
    queue: Type.String({
      ...{ minLength: 1, maxLength: 128 },
      description: 'Name or id of a queue; where there is none of that name it is made',
    }),
    wait_url: url(
      'Answers what the caller hears while he waits, over and over, in place of the music of the queue; is told his place and for how long he has waited',
    ),
    wait_method: method('wait_url'),
    priority: Type.Optional(
      Type.Integer({
        ...{ minimum: -1000, maximum: 1000, default: 0 },
        description: 'Higher ones come first',
      }),
    ),
    max_wait: Type.Optional(
      Type.Number({
        ...{ minimum: 1, maximum: 86_400 },
        description: 'Seconds, if that is shorter than what the queue allows',
      }),
    ),
    max_size: Type.Optional(
      Type.Integer({
        ...{ minimum: 1, maximum: mostWaiting },
        description: 'Where so many wait it is as full, if that is less than what the queue allows',
      }),
    ),
    action: url('Is told how it went, and answers the next verbs'),
    method: method('action'),
    data: Type.Optional(
      Type.Record(Type.String({ maxLength: 64 }), Type.Unknown(), {
        maxProperties: 32,
        description: 'Of yours: shown with the waiting call and told in its events',
      }),
    ),
  },
  {
    ...{ title: 'enqueue', additionalProperties: false as const },
    description:
      'Waits in a queue until an agent takes the call; answers it if it is not answered yet. The list goes on when their talk is over, when the wait was too long, or when it did not come into the queue.',
  },
)

export const leaveShape = Type.Object(
  { verb: Type.Literal('leave') },
  {
    ...{ title: 'leave', additionalProperties: false as const },
    description: 'In what `wait_url` answers: ends the wait; the list with `enqueue` goes on.',
  },
)

export function readEnqueueVerb(given: Static<typeof enqueueShape>): EnqueueVerb {
  const { wait_url, wait_method, max_wait, max_size, ...rest } = given
  return {
    ...rest,
    ...(wait_url !== undefined && { waitUrl: wait_url }),
    ...(wait_method !== undefined && { waitMethod: wait_method }),
    ...(max_wait !== undefined && { maxWaitMs: Math.round(max_wait * 1_000) }),
    ...(max_size !== undefined && { maxSize: max_size }),
  }
}

/** The reverse of `readEnqueueVerb`. */
export function writeEnqueueVerb(verb: EnqueueVerb): Record<string, unknown> {
  const { waitUrl, waitMethod, maxWaitMs, maxSize, ...rest } = verb
  return {
    ...rest,
    ...(waitUrl !== undefined && { wait_url: waitUrl }),
    ...(waitMethod !== undefined && { wait_method: waitMethod }),
    ...(maxWaitMs !== undefined && { max_wait: maxWaitMs / 1_000 }),
    ...(maxSize !== undefined && { max_size: maxSize }),
  }
}
