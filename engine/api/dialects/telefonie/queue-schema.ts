import { Type } from 'typebox'
import { mostAgents, mostWaiting, queueStrategies } from '../../../core/queue.ts'
import { nullable } from './nullable.ts'
import { spokenInFields } from './spoken-in-schema.ts'

const closed = { additionalProperties: false as const }
const seconds = (minimum: number, maximum: number, byDefault: number, description: string) =>
  Type.Number({ minimum, maximum, default: byDefault, description: `Seconds. ${description}` })
const count = (description: string) => Type.Integer({ minimum: 0, description })
const time = (description: string) => Type.String({ format: 'date-time', description })
const id = (description: string) => Type.String({ minLength: 1, maxLength: 64, description })

const name = Type.String({
  ...{ minLength: 1, maxLength: 128 },
  description: 'What verbs call it by; unique in the account',
})
const target = Type.String({
  ...{ minLength: 1, maxLength: 255 },
  description: "Whom to call: a device's user name, a number in E.164, or a SIP address",
})

const optionFields = {
  ...spokenInFields('the queue'),
  max_size: Type.Integer({
    ...{ minimum: 1, maximum: mostWaiting, default: 100 },
    description: 'Callers who wait at a time; whoever comes then is told `queue-full`',
  }),
  strategy: Type.Enum([...queueStrategies], {
    default: 'longest-idle',
    description:
      'Which agent is called next, within the lowest tier where anybody is free: all at once, the one who was called the longest time ago, whose last talk ended the longest time ago, who has answered the fewest, anybody, or the first in the list',
  }),
  wait_music_url: nullable(
    Type.String({
      maxLength: 2048,
      description: 'What callers hear: a WAV by URL, or prompt:<name>; null: a tune; "": nothing',
    }),
  ),
  wait_url: nullable(
    Type.String({
      ...{ minLength: 1, maxLength: 2048 },
      description:
        'Asked for verbs or TwiML that each caller hears instead, over and over, with queue_position, current_queue_size, queue_time and avg_queue_time',
    }),
  ),
  wait_method: Type.Enum(['GET', 'POST'], {
    default: 'POST',
    description: 'How wait_url is asked',
  }),
  announce_every: nullable(
    seconds(5, 3_600, 30, 'Callers are told their place at first, and again so often; null: never'),
  ),
  announce_wait: Type.Boolean({
    default: false,
    description:
      'With announce_every callers hear after their place how long they will probably wait, in whole minutes: their place times the mean length of a talk and of wrap_up, divided by the agents at work. Nothing before 3 talks, with nobody at work, and while it rings for them',
  }),
  max_wait: seconds(1, 86_400, 3_600, 'Then the wait is over: `timeout`'),
  ring_timeout: seconds(5, 600, 20, "How long an agent's phone rings"),
  retry_delay: seconds(0, 3_600, 5, 'An agent who has not taken a call is left alone for so long'),
  confirm: Type.Boolean({
    default: false,
    description: 'Agents hear that it is a call of the queue, and press 1 to take it',
  }),
  service_level_within: seconds(1, 3_600, 20, 'Who is answered within this is answered in time'),
}
const agentFields = {
  name: nullable(Type.String({ maxLength: 128, description: 'For people' })),
  tier: Type.Integer({
    minimum: 0,
    maximum: 100,
    default: 0,
    description: 'Lower ones come first',
  }),
  wrap_up: seconds(0, 3_600, 0, 'Left alone for so long after each talk'),
  max_calls: Type.Integer({
    ...{ minimum: 1, maximum: 100, default: 1 },
    description: 'With so many calls of any kind the agent is not called',
  }),
  enabled: Type.Boolean({ default: true, description: 'false: is never called' }),
  paused: Type.Boolean({ default: false, description: 'Away for a while' }),
  pause_reason: nullable(Type.String({ maxLength: 128, description: 'For people' })),
}
const options = Type.Partial(Type.Object(optionFields)).properties
const agentOptions = Type.Partial(Type.Object(agentFields)).properties

export const newAgentSchema = Type.Object(
  { target, ...agentOptions },
  {
    ...{ ...closed, 'x-name': 'NewQueueAgent' },
    examples: [{ target: '1001', name: 'Sarah', wrap_up: 10 }],
  },
)
export const agentChangeSchema = Type.Object(
  { target: Type.Optional(target), ...agentOptions },
  {
    ...closed,
    minProperties: 1,
    'x-name': 'QueueAgentChange',
    examples: [{ tier: 1, wrap_up: 15 }],
  },
)
export const pauseSchema = Type.Object(
  { reason: Type.Optional(Type.String({ maxLength: 128, description: 'For people' })) },
  { ...closed, examples: [{ reason: 'lunch' }] },
)
export const newQueueSchema = Type.Object(
  {
    name,
    ...options,
    agents: Type.Optional(Type.Array(newAgentSchema, { maxItems: mostAgents })),
  },
  {
    ...{ ...closed, 'x-name': 'NewQueue' },
    examples: [
      {
        name: 'support',
        strategy: 'round-robin',
        agents: [{ target: '1002', wrap_up: 10 }],
      },
    ],
  },
)
export const queueChangeSchema = Type.Object(
  { name: Type.Optional(name), ...options },
  {
    ...closed,
    minProperties: 1,
    'x-name': 'QueueChange',
    examples: [{ announce_every: 30, max_wait: 600 }],
  },
)

export const agentSchema = Type.Object(
  {
    id: id('Of the agent'),
    target,
    ...agentFields,
    status: Type.Enum(
      [
        ...['disabled', 'paused', 'talking', 'ringing', 'wrapping-up', 'resting'],
        ...['busy', 'unavailable', 'idle'],
      ],
      {
        description:
          'resting: has not taken a call just now; busy: has max_calls calls, of any kind, of his number or name, and is called when one is over; unavailable: not registered, told when this agent alone is asked for',
      },
    ),
    answered: count('Calls that the agent has taken'),
    missed: count('Calls that rang, and were not taken'),
    talk_time: Type.Number({ description: 'Seconds, of all talks' }),
    last_offered: nullable(time('When the phone last began to ring')),
    last_talk_ended: nullable(time('Of a call of this queue')),
  },
  { 'x-name': 'QueueAgent' },
)

const figuresSchema = Type.Object(
  {
    since: time('From when on it is counted'),
    entered: count('Came into the queue'),
    answered: count('Talked to somebody'),
    answered_in_time: count('Within service_level_within'),
    abandoned: count('Hung up while they waited'),
    timed_out: count('Waited for too long'),
    left: count('Left by a verb or by the API'),
    refused: count('It was full'),
    service_level: nullable(
      Type.Number({ description: '0 to 1: answered in time, of all who were answered or gave up' }),
    ),
    average_wait: Type.Number({ description: 'Seconds, of those who were answered' }),
    longest_wait: Type.Number({ description: 'Seconds, of those who wait no more' }),
  },
  { 'x-name': 'QueueFigures' },
)

export const queueSchema = Type.Object(
  {
    id: id('Of the queue'),
    name,
    ...optionFields,
    date_created: time('When it was made'),
    waiting: count('Callers who wait now'),
    longest_waiting: Type.Number({ description: 'Seconds, of those who wait now' }),
    ringing: count("Agents' phones that ring now"),
    talking: count('Talks of agents with callers of this queue'),
    figures: figuresSchema,
    agents: Type.Array(agentSchema),
  },
  { 'x-name': 'Queue' },
)
export const queueListSchema = Type.Object({
  queues: Type.Array(queueSchema),
  total: Type.Integer(),
})

export const memberSchema = Type.Object(
  {
    call_id: id('The call that waits'),
    queue_id: id('Of the queue'),
    position: count('1 is the next one'),
    from: Type.String({ description: 'As of the call' }),
    to: Type.String({ description: 'As of the call' }),
    priority: Type.Integer({ description: 'Higher ones come first' }),
    wait_time: Type.Number({ description: 'Seconds until now' }),
    date_enqueued: time('Since when it waits'),
    ringing: Type.Array(Type.String(), { description: 'Whose phones ring for it now' }),
    data: nullable(Type.Object({}, { additionalProperties: true, description: 'Of the verb' })),
  },
  { 'x-name': 'QueueMember' },
)
export const memberListSchema = Type.Object({
  members: Type.Array(memberSchema),
  total: Type.Integer(),
})
export const memberChangeSchema = Type.Object(
  {
    priority: Type.Integer({
      ...{ minimum: -1000, maximum: 1000 },
      description: 'Higher ones come first; among equals who came first',
    }),
  },
  { ...closed, examples: [{ priority: 10 }] },
)
export const dequeueSchema = Type.Object(
  {
    url: Type.Optional(
      Type.String({
        ...{ minLength: 1, maxLength: 2048 },
        description: 'Is asked what the call does next',
      }),
    ),
    method: Type.Optional(
      Type.Enum(['GET', 'POST'], { default: 'POST', description: 'How url is asked' }),
    ),
    to: Type.Optional(target),
    hangup: Type.Optional(Type.Literal(true, { description: 'The call is hung up' })),
  },
  {
    ...{ ...closed, 'x-name': 'Dequeue' },
    description: 'One of url, to and hangup',
    examples: [{ to: '1001' }],
  },
)

export const queueIdSchema = Type.Object({ queue_id: id('Of the queue') })
export const memberIdSchema = Type.Object({
  queue_id: id('Of the queue'),
  call_id: id('Of the call that waits; `first` for the one whose turn it is'),
})
export const agentIdSchema = Type.Object({
  queue_id: id('Of the queue'),
  agent_id: id('Of the agent'),
})
