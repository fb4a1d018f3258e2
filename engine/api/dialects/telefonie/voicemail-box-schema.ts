import { Type } from 'typebox'
import { transcriptStatuses } from '../../../core/ports/recordings.ts'
import {
  greetingKinds,
  plainBox,
  voicemailFolders,
  voicemailReasons,
} from '../../../core/ports/voicemail.ts'
import { nullable } from './nullable.ts'
import { spokenInFields } from './spoken-in-schema.ts'

const closed = { additionalProperties: false as const }
const seconds = (minimum: number, maximum: number, byDefaultMs: number, description: string) =>
  Type.Number({
    minimum,
    maximum,
    default: byDefaultMs / 1_000,
    description: `Seconds. ${description}`,
  })
const time = (description: string) => Type.String({ format: 'date-time', description })
const count = (description: string) => Type.Integer({ minimum: 0, description })

const name = Type.String({ minLength: 1, maxLength: 100, description: 'For people' })

export const boxOptionFields = {
  ...spokenInFields('the box'),
  email: nullable(
    Type.String({ minLength: 3, maxLength: 254, description: 'Is written to for each message' }),
  ),
  email_audio: Type.Boolean({ default: true, description: 'The message goes along' }),
  after_email: Type.Enum(['keep', 'save', 'delete'], {
    default: 'keep',
    description: 'What becomes of a message that was sent by e-mail',
  }),
  webhook_url: nullable(
    Type.String({ minLength: 1, maxLength: 2048, description: 'Is told of each message' }),
  ),
  max_message_seconds: seconds(5, 3_600, plainBox.maxMessageMs, 'A message ends then'),
  min_message_seconds: seconds(0, 60, plainBox.minMessageMs, 'Shorter ones are not kept'),
  max_messages: Type.Integer({
    ...{ minimum: 1, maximum: 10_000, default: plainBox.maxMessages },
    description: 'New and saved ones; with so many the box is full',
  }),
  max_total_seconds: seconds(10, 1_000_000, plainBox.maxTotalMs, 'Of all new and saved messages'),
  silence_seconds: seconds(
    0,
    60,
    plainBox.silenceMs,
    'So much silence ends a message; 0: none does',
  ),
  retention_days: nullable(
    Type.Integer({
      ...{ minimum: 1, maximum: 36_500 },
      description: 'New and saved ones are deleted for good when they are so old; null: never',
    }),
  ),
  keep_deleted_days: Type.Integer({
    ...{ minimum: 0, maximum: 365, default: plainBox.keepDeletedDays },
    description: 'Deleted ones can be had back for so long',
  }),
  review: Type.Boolean({
    default: true,
    description: 'Callers may hear what they have said, say it anew and mark it urgent',
  }),
  transcribe: Type.Boolean({ default: false, description: 'Where the engine has a model for it' }),
  pin_on_own_phones: Type.Boolean({
    default: plainBox.pinOnOwnPhones,
    description: 'Phones of the box, too, have to enter the PIN, where there is one',
  }),
  operator: nullable(
    Type.String({
      ...{ minLength: 2, maxLength: 64 },
      description: 'Called for who presses 0 in the greeting: a device, or a number in E.164',
    }),
  ),
}
const given = Type.Partial(Type.Object(boxOptionFields)).properties
const served = {
  pin: Type.Optional(
    nullable(
      Type.String({
        pattern: '^[0-9]{4,10}$',
        description: 'With it the box is entered by phone; it is never shown. Null: none',
      }),
    ),
  ),
  devices: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
      maxItems: 100,
      description:
        'Ids or user names of those whose box it is and whose lamps it lights; each has one box',
    }),
  ),
  numbers: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
      maxItems: 100,
      description: 'Ids, or E.164, of numbers whose box it is; each has one',
    }),
  ),
}

export const newBoxSchema = Type.Object(
  { name, ...given, ...served },
  {
    ...{ ...closed, 'x-name': 'NewVoicemailBox' },
    examples: [{ name: 'Front desk', pin: '4711', devices: ['1001'] }],
  },
)
export const boxChangeSchema = Type.Object(
  { name: Type.Optional(name), ...given, ...served },
  {
    ...{ ...closed, minProperties: 1, 'x-name': 'VoicemailBoxChange' },
    examples: [{ max_message_seconds: 120, operator: '1002' }],
  },
)

const greetingSchema = Type.Object(
  {
    kind: Type.Enum(['text', 'url', 'file'], {
      description: 'file: recorded by phone',
    }),
    text: Type.Optional(Type.String()),
    url: Type.Optional(Type.String()),
  },
  { 'x-name': 'VoicemailGreeting' },
)
export const newGreetingSchema = Type.Object(
  {
    text: Type.Optional(Type.String({ minLength: 1, maxLength: 2_000, description: 'Is spoken' })),
    url: Type.Optional(
      Type.String({
        ...{ minLength: 1, maxLength: 2048 },
        description: 'A sound by URL, or prompt:<name> of one that was uploaded',
      }),
    ),
  },
  {
    ...{ ...closed, 'x-name': 'NewVoicemailGreeting' },
    description: 'One of text and url',
    examples: [{ text: 'You have reached the front desk. Please leave a message.' }],
  },
)

export const boxSchema = Type.Object(
  {
    id: Type.String({ description: 'VM and ten digits' }),
    name,
    ...boxOptionFields,
    has_pin: Type.Boolean(),
    locked_until: Type.Object(
      { own_phones: nullable(time('Those of its devices')), others: nullable(time('All others')) },
      {
        description:
          'After nine wrong PINs in a row nobody gets in by phone on that side until then; null: it is not locked. A `pin` that is set, or set again, ends it',
      },
    ),
    devices: Type.Array(Type.String({ format: 'uuid' })),
    numbers: Type.Array(Type.String({ format: 'uuid' })),
    greetings: Type.Object(
      Object.fromEntries(greetingKinds.map((kind) => [kind, nullable(greetingSchema)])),
      { description: 'Null: the usual words' },
    ),
    messages: Type.Object({
      new: count('Nobody has heard them'),
      saved: count('Heard'),
      urgent_new: count('Of the new ones'),
      urgent_saved: count('Of the saved ones'),
    }),
    date_created: time('When it was made'),
  },
  { 'x-name': 'VoicemailBox' },
)
export const boxListSchema = Type.Object({
  voicemail_boxes: Type.Array(boxSchema),
  total: Type.Integer(),
})

export const folderSchema = Type.Enum([...voicemailFolders])
export const messageSchema = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    box_id: Type.String(),
    folder: folderSchema,
    heard: Type.Boolean(),
    urgent: Type.Boolean({ description: 'The caller has marked it so' }),
    from: Type.String({ description: "E.164 or a device's user name" }),
    from_name: nullable(Type.String({ description: "As the caller's phone gave it" })),
    to: Type.String({ description: 'Whom the caller had called' }),
    reason: Type.Enum([...voicemailReasons], {
      description: 'Why the call came here; direct: it was for the box',
    }),
    call_id: nullable(Type.String({ format: 'uuid' })),
    recording_id: Type.String({ format: 'uuid', description: 'Its audio' }),
    received_at: time('When it was left'),
    heard_at: nullable(time('When it was first heard')),
    deleted_at: nullable(time('When it came among the deleted ones')),
    expires_at: nullable(time('When it is deleted for good')),
    duration: Type.Number({ description: 'Seconds' }),
    transcript_status: nullable(Type.Enum([...transcriptStatuses])),
    transcript: nullable(Type.String()),
  },
  { 'x-name': 'VoicemailMessage' },
)
export const messageListSchema = Type.Object({
  messages: Type.Array(messageSchema),
  total: Type.Integer(),
  page: Type.Integer(),
  page_size: Type.Integer(),
})
export const messageChangeSchema = Type.Object(
  {
    heard: Type.Optional(
      Type.Boolean({
        description: 'Heard ones are among the saved ones, others among the new ones',
      }),
    ),
    folder: Type.Optional(folderSchema),
  },
  {
    ...{ ...closed, 'x-name': 'VoicemailMessageChange' },
    description: 'One of heard and folder',
    examples: [{ heard: true }],
  },
)

export const boxIdSchema = Type.Object({ box_id: Type.String() })
export const greetingIdSchema = Type.Object({
  box_id: Type.String(),
  kind: Type.String({ description: greetingKinds.join(', ') }),
})
export const messageIdSchema = Type.Object({ box_id: Type.String(), message_id: Type.String() })
