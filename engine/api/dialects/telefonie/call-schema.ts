import { type TSchema, Type } from 'typebox'
import { sipHeadersSchema, verbsSchema } from '../../../app/verb-schema.ts'
import { machineDetectionSchema } from '../../../app/verb-shapes/machine-detection.ts'
import { answerers } from '../../../core/answerer.ts'
import { callStatuses } from '../../../core/call.ts'
import { digitsSchema, playSchema, recordingActionSchema } from './action-schema.ts'
import { askingSchemas } from './asking.ts'
import { qualitySchema } from './call-quality.ts'

const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const time = (description: string) => nullable(Type.String({ format: 'date-time', description }))

export const statusSchema = Type.Enum([...callStatuses], { description: 'Filter by call status' })
export const directionSchema = Type.Enum(['inbound', 'outbound'])
export const methodSchema = Type.Enum(['GET', 'POST'])

export const callSchema = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    status: Type.Enum([...callStatuses], { description: 'Current status of the call' }),
    direction: directionSchema,
    from: Type.String(),
    to: Type.String(),
    duration: nullable(Type.Integer({ description: 'Seconds since the answer' })),
    start_time: time('When the INVITE was sent or came'),
    answered_at: time('When it was answered'),
    end_time: time('When it ended'),
    price: nullable(Type.String({ description: 'A charge is negative' })),
    price_unit: nullable(Type.String({ description: 'ISO 4217' })),
    recording_url: nullable(Type.String()),
    url: nullable(Type.String()),
    status_callback: nullable(Type.String()),
    answered_by: nullable(Type.Enum(['human', 'machine', 'unknown'])),
    answered_by_detail: nullable(
      Type.Enum([...answerers], {
        description: 'How far a machine had come when that was told, or that it is a fax',
      }),
    ),
    end_reason: nullable(Type.String({ description: 'Why it ended, e.g. hangup:remote, busy' })),
    gathered_digits: nullable(
      Type.String({ description: 'The keys that a gather of the call collected last' }),
    ),
    parent_call_id: nullable(Type.String({ description: 'The call whose dial made this one' })),
    sip_headers: Type.Record(Type.String(), Type.String(), {
      description: 'X- headers and User-to-User of the INVITE that came',
    }),
    diversion: Type.Array(
      Type.Object({ from: Type.String(), reason: Type.String(), counter: Type.Integer() }),
      { description: 'Who was called before, the newest first' },
    ),
    quality: nullable(qualitySchema),
    created_at: Type.String({ format: 'date-time' }),
    test: Type.Optional(
      Type.Literal(true, {
        description: 'Asked for with a test key: reaches the lab carrier alone',
      }),
    ),
  },
  { 'x-name': 'Call' },
)

/** A call, and what was just said of its recordings. */
export const recordedCallSchema = Type.Object(
  {
    ...callSchema.properties,
    recording_ids: Type.Array(Type.String({ format: 'uuid' }), {
      description: 'The recording that has begun, or those of which it is so now',
    }),
  },
  { 'x-name': 'RecordedCall' },
)

/** A call as it is asked for alone. */
export const callNowSchema = Type.Object(
  {
    ...callSchema.properties,
    live: nullable(
      Type.Object(
        {
          muted: Type.Boolean({ description: 'Its phone is not heard' }),
          deaf: Type.Boolean({ description: 'Its phone hears nobody' }),
          held: Type.Boolean({ description: 'By us or by its phone' }),
          parked_on: nullable(Type.String({ description: 'The slot' })),
          connected_with: nullable(
            Type.String({ description: 'The call that it talks to; null in a conference' }),
          ),
          recording: nullable(Type.Enum(['running', 'paused', 'masked'])),
          listened_to: Type.Boolean({ description: 'A supervisor listens in' }),
        },
        { 'x-name': 'LiveState', description: 'What goes on just now; null when it is over' },
      ),
    ),
  },
  { 'x-name': 'CallNow' },
)

export const callListSchema = Type.Object(
  {
    calls: Type.Array(callSchema),
    total: Type.Integer(),
    page: Type.Integer(),
    page_size: Type.Integer(),
  },
  { 'x-name': 'CallList' },
)

export const pageSchemas = {
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1 })),
  page_size: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 50 })),
}

export const callQuerySchema = Type.Object(
  {
    status: Type.Optional(statusSchema),
    direction: Type.Optional(directionSchema),
    from: Type.Optional(Type.String({ maxLength: 256, description: 'Calls from this number' })),
    to: Type.Optional(Type.String({ maxLength: 256, description: 'Calls to this number' })),
    start_time: Type.Optional(
      Type.String({ maxLength: 40, description: 'Started on this day (YYYY-MM-DD, UTC)' }),
    ),
    start_time_after: Type.Optional(Type.String({ maxLength: 40, description: 'ISO 8601' })),
    start_time_before: Type.Optional(Type.String({ maxLength: 40, description: 'ISO 8601' })),
    ...pageSchemas,
  },
  { additionalProperties: false },
)

const url = (description: string) => Type.String({ minLength: 1, maxLength: 2048, description })

export const newCallSchema = Type.Object(
  {
    to: Type.String({
      minLength: 1,
      maxLength: 256,
      description: "Whom to call: a number in E.164, a device's user name, or a SIP address",
    }),
    from: Type.String({
      minLength: 1,
      maxLength: 256,
      description: 'Caller ID: a number or a device of yours',
    }),
    url: Type.Optional(url('Asked for instructions when the call is answered')),
    method: Type.Optional(Type.Enum(['GET', 'POST'], { default: 'POST' })),
    ...askingSchemas,
    status_callback: Type.Optional(url('Told about every change of status')),
    timeout: Type.Optional(
      Type.Integer({ minimum: 5, maximum: 600, default: 30, description: 'Seconds to ring' }),
    ),
    record: Type.Optional(Type.Boolean({ default: false })),
    machine_detection: Type.Optional(machineDetectionSchema),
    headers: Type.Optional(sipHeadersSchema),
    verbs: Type.Optional(
      Type.Unsafe<unknown>({
        'x-doc': verbsSchema,
        description: 'What the call does when it is answered, instead of url',
      }),
    ),
  },
  {
    additionalProperties: false,
    'x-name': 'NewCall',
    examples: [
      {
        to: '+15005550140',
        from: '+15005550100',
        record: true,
        verbs: [
          { verb: 'say', text: 'Hello, echo.' },
          { verb: 'pause', length: 2 },
        ],
      },
    ],
  },
)

export const transferSchema = Type.Object(
  {
    to: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 256,
        description: "Who is called: a number in E.164, a device's user name, or a SIP address",
      }),
    ),
    mode: Type.Optional(
      Type.Enum(['blind', 'attended', 'refer', 'bridge'], {
        default: 'blind',
        description:
          'blind: the engine calls and connects, whom the phone talked to is hung up on the answer; attended: whom the phone talks to talks to the target first, while the phone hears music; refer: the phone is asked to call by itself (SIP REFER); bridge: the same as blind',
      }),
    ),
    action: Type.Optional(
      Type.Enum(['complete', 'cancel'], {
        description:
          'Of an attended transfer that is under way, without `to`: complete connects the phone to the target, at once or as soon as that answers, and hangs up whom it talked to (who completes it too by hanging up); cancel hangs up the target, and the two talk again',
      }),
    ),
  },
  { additionalProperties: false, 'x-name': 'Transfer', examples: [{ to: '+15005550140' }] },
)

export const updateCallSchema = Type.Object(
  {
    status: Type.Optional(
      Type.Enum(['completed', 'canceled'], {
        description: 'completed hangs up an answered call, canceled stops one that is not',
      }),
    ),
    url: Type.Optional(url('Goes on with instructions from here')),
    method: Type.Optional(methodSchema),
    ...askingSchemas,
    hold: Type.Optional(Type.Boolean({ description: 'As hold and unhold of the call do' })),
    hold_url: Type.Optional(url('With hold: a WAV that is heard in place of the usual music')),
    muted: Type.Optional(
      Type.Boolean({ description: 'Nobody hears its phone; as mute and unmute of the call do' }),
    ),
    play: Type.Optional(playSchema),
    dtmf: Type.Optional(digitsSchema.properties.digits),
    recording: Type.Optional(recordingActionSchema),
    transfer: Type.Optional(transferSchema),
    conference_id: Type.Optional(
      Type.String({
        maxLength: 64,
        description: 'An answered call joins this conference, out of whatever it was doing',
      }),
    ),
  },
  { additionalProperties: false, 'x-name': 'CallUpdate', examples: [{ status: 'completed' }] },
)

export const callIdSchema = Type.Object({ call_id: Type.String() })

export const eventListSchema = Type.Object(
  {
    events: Type.Array(
      Type.Object({
        sequence: Type.Integer(),
        type: Type.String(),
        call_id: Type.String(),
        at: Type.String({ format: 'date-time' }),
        data: Type.Object({}, { additionalProperties: true }),
      }),
    ),
    legs: Type.Array(callSchema, { description: 'The call, then the calls that it dialed' }),
  },
  { 'x-name': 'Timeline' },
)
