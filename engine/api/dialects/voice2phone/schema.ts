import { type TSchema, Type } from 'typebox'

const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])

/** Fields that are not known here are ignored, as the API's own service does. */
export const newCallSchema = Type.Object(
  {
    Phone: Type.Object({
      Number: Type.String({
        maxLength: 100,
        description: 'Whom to call, as people in that country dial it or in international format',
      }),
      CountryCode: Type.String({
        maxLength: 10,
        description: 'ISO 3166 code of two letters; it also says which language is spoken',
      }),
    }),
    Message: Type.String({ description: 'Spoken when the call is answered, 1 to 4096 characters' }),
    Dtmf: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        description:
          'By key (0-9, * or #): what is spoken when it is pressed, 1 to 1000 characters',
      }),
    ),
    MachineDetection: Type.Optional(
      Type.Enum(['Off', 'GreetingEnd'], {
        default: 'Off',
        description:
          'GreetingEnd: Message begins when it is known that a person has answered, or when the greeting of an answering machine is over',
      }),
    ),
  },
  {
    'x-name': 'OutboundCall',
    examples: [
      {
        Phone: { Number: '5005550111', CountryCode: 'US' },
        Message: 'Please press one',
        Dtmf: { '1': 'Thank you' },
      },
    ],
  },
)

export const madeSchema = Type.Object(
  { CallId: Type.String({ format: 'uuid' }) },
  { 'x-name': 'OutboundCallId' },
)

/** Our numbers: the API's document shows only that 2 is a call that is over. */
export const statuses = [
  'Queued',
  'InProgress',
  'Completed',
  'Busy',
  'NoAnswer',
  'Failed',
  'Canceled',
] as const
export type StatusText = (typeof statuses)[number]

const dateUtc = (description: string) =>
  Type.String({
    pattern: String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}$`,
    description: `${description}: UTC, without a zone`,
  })

export const callStatusSchema = Type.Object(
  {
    CallId: Type.String({ format: 'uuid' }),
    Status: Type.Integer({
      minimum: 0,
      maximum: statuses.length - 1,
      description: statuses.map((text, status) => `${status} ${text}`).join(', '),
    }),
    StatusText: Type.Enum([...statuses], { description: 'Status in a word' }),
    CreatedDateUtc: dateUtc('When the call was asked for'),
    UpdatedDateUtc: dateUtc('When its status last changed'),
    Dtmf: nullable(Type.String({ description: 'The key that was pressed' })),
    AnsweredBy: Type.Optional(
      Type.Enum(['Human', 'Machine', 'Unknown'], {
        description: 'With MachineDetection, as soon as it is known',
      }),
    ),
  },
  { 'x-name': 'OutboundCallStatus' },
)

export const callIdSchema = Type.Object({ callId: Type.String() })
