import { Type } from 'typebox'
import { sipHeadersSchema } from '../../../app/verb-schema.ts'
import { participantStatuses } from '../../../core/conference.ts'
import { nullable } from './nullable.ts'

const member = (description: string) =>
  nullable(
    Type.String({ maxLength: 64, description: `Call of a member; null: none. ${description}` }),
  )
const volume = (description: string) =>
  Type.Number({ minimum: -40, maximum: 20, default: 0, description: `dB. ${description}` })
const flag = (description: string) => Type.Boolean({ default: false, description })

/** What may be changed about a member while he is there. */
const changeable = {
  muted: flag('Nobody hears him'),
  deaf: flag('He hears nobody'),
  hold: flag('He hears music, and nobody hears him'),
  coaching: member('He hears all, and is heard by this one only'),
  private_with: member('The two hear each other, and nobody else hears them'),
  volume_db: volume('How much louder others hear him'),
  listen_volume_db: volume('How much louder he hears others'),
  priority: flag('While he speaks the others are lowered'),
  moderator: flag('For start_on_moderator, end_on_moderator_exit and the digit menu'),
  label: nullable(Type.String({ maxLength: 128, description: 'For people' })),
}
const { muted, hold, ...others } = changeable
const optional = Type.Partial(Type.Object(changeable)).properties

export const newParticipantSchema = Type.Object(
  {
    to: Type.Optional(
      Type.String({
        ...{ minLength: 1, maxLength: 256 },
        description: "Whom to call: a number in E.164, a device's user name, or a SIP address",
      }),
    ),
    from: Type.Optional(
      Type.String({
        ...{ minLength: 1, maxLength: 256 },
        description: 'Caller ID to use for the outbound dial: a number or a device of yours',
      }),
    ),
    call_id: Type.Optional(
      Type.String({
        maxLength: 64,
        description: 'A call that is up and joins out of whatever it does, instead of to and from',
      }),
    ),
    timeout: Type.Optional(
      Type.Integer({ minimum: 5, maximum: 600, default: 30, description: 'Seconds to ring' }),
    ),
    early_media: Type.Optional(flag('The conference hears his phone ring')),
    headers: Type.Optional(sipHeadersSchema),
    ...optional,
  },
  {
    ...{ additionalProperties: false, 'x-name': 'NewParticipant' },
    description: 'Either to and from, or call_id',
    examples: [{ to: '+15005550140', from: '+15005550100', label: 'Sarah' }],
  },
)

export const participantChangeSchema = Type.Object(optional, {
  ...{ additionalProperties: false, minProperties: 1, 'x-name': 'ParticipantUpdate' },
  examples: [{ muted: true }],
})

export const participantSchema = Type.Object(
  {
    call_id: Type.String({ format: 'uuid' }),
    conference_id: Type.String({ format: 'uuid' }),
    muted,
    hold,
    status: Type.Enum([...participantStatuses], {
      description: 'connected: he is in the conference, or waits for its moderator',
    }),
    ...others,
    waiting: Type.Boolean({ description: 'For the moderator or for another member, with music' }),
    speaking: Type.Boolean(),
    recording: Type.Boolean({ description: 'He is recorded alone' }),
    party: Type.String({ description: 'Number or name of the other side' }),
    joined_at: nullable(Type.String({ format: 'date-time' })),
  },
  { 'x-name': 'Participant' },
)

export const participantListSchema = Type.Object({ participants: Type.Array(participantSchema) })

export const participantIdSchema = Type.Object({
  conference_id: Type.String(),
  call_id: Type.String(),
})
