import { Type } from 'typebox'
import { shownModes } from '../../../app/recordings/mode.ts'
import {
  conferenceEnds,
  conferenceStatuses,
  doorSounds,
  fewestMembers,
  mostMembers,
} from '../../../core/conference.ts'
import { pageSchemas } from './call-schema.ts'
import { nullable } from './nullable.ts'
import { spokenInFields } from './spoken-in-schema.ts'

const time = (description: string) => nullable(Type.String({ format: 'date-time', description }))
const flag = (description: string, byDefault = false) =>
  Type.Boolean({ default: byDefault, description })

export const conferenceStatusSchema = Type.Enum([...conferenceStatuses], {
  description: 'init: nobody has come yet; completed: it is over, and nobody can come any more',
})

/** The music of those who wait or are on hold. */
const music = (who: string) =>
  nullable(
    Type.String({
      maxLength: 2048,
      description: `What a member hears who ${who}: a WAV by URL, or prompt:<name>; null: a tune of our own; "": nothing`,
    }),
  )
const pin = (what: string) =>
  nullable(
    Type.String({
      pattern: '^[0-9]{4,16}$',
      description: `${what}; 4 to 16 digits. Never shown again; null: none`,
    }),
  )

/** What may be changed while a conference goes on. */
const changeable = {
  ...spokenInFields('the conference'),
  record: flag('Record it from the first member to the last'),
  trim_recordings: flag(
    'Silence at the beginning and at the end of its recordings of all members is left out',
  ),
  pin: pin('Asked of whoever calls in'),
  moderator_pin: pin('Whoever enters this one is a moderator'),
  start_on_moderator: flag('Members wait, with music, until a moderator is there'),
  end_on_moderator_exit: flag('It ends when the last moderator leaves'),
  wait_music_url: music('waits or is alone'),
  hold_music_url: music('is on hold'),
  entry_sound: Type.Enum([...doorSounds], {
    default: 'tone',
    description: 'Heard when somebody comes: a tone, the name that he has spoken, or nothing',
  }),
  exit_sound: Type.Enum([...doorSounds], {
    default: 'tone',
    description: 'Heard when somebody leaves',
  }),
  announce_count: flag('Whoever comes is told how many are there'),
  locked: flag('Nobody else comes in'),
  digit_menu: flag('Members use keys of their phones: mute, count, volume; moderators lock', true),
  talkers: Type.Integer({
    ...{ minimum: 0, maximum: mostMembers, default: 3 },
    description: 'So many of the loudest are heard at a time; 0: all',
  }),
  gain_control: flag('Brings all members to one level'),
  noise_gate: flag('What is not speech is not heard'),
  speaking_events: flag('status_callback is also told who speaks, and who is the loudest'),
  max_duration: nullable(
    Type.Integer({
      ...{ minimum: 1, maximum: 86_400 },
      description: 'Seconds; null: as long as calls may last',
    }),
  ),
}
const maxParticipants = Type.Integer({
  ...{ minimum: fewestMembers, maximum: mostMembers, default: mostMembers },
  description: 'Maximum number of participants allowed',
})

/** None of them has to be given. */
const optional = Type.Partial(Type.Object(changeable)).properties

const statusCallback = Type.String({
  ...{ minLength: 1, maxLength: 2048 },
  description: 'Told about everything that happens in it; of who speaks with speaking_events',
})

const friendlyName = Type.String({ maxLength: 128, description: 'For people; need not be unique' })

/** What a conference is made with, besides its name. */
export const conferenceOptionFields = {
  max_participants: Type.Optional(maxParticipants),
  status_callback: Type.Optional(statusCallback),
  ...optional,
}

export const newConferenceSchema = Type.Object(
  {
    friendly_name: Type.Optional(friendlyName),
    ...conferenceOptionFields,
  },
  {
    ...{ additionalProperties: false, 'x-name': 'NewConference' },
    examples: [{ friendly_name: 'Monday', max_participants: 20, entry_sound: 'tone' }],
  },
)

export const conferenceChangeSchema = Type.Object(
  {
    status: Type.Optional(
      Type.Literal('completed', { description: 'Ends it, as DELETE does; goes alone' }),
    ),
    friendly_name: Type.Optional(friendlyName),
    status_callback: Type.Optional(nullable(statusCallback)),
    ...optional,
  },
  {
    ...{ additionalProperties: false, minProperties: 1, 'x-name': 'ConferenceUpdate' },
    examples: [{ locked: true }],
  },
)

export const levelSchema = Type.Object(
  {
    call_id: Type.String({ format: 'uuid' }),
    level_db: Type.Integer({ description: 'RMS of what he says, in dBFS; -127: nothing' }),
    speaking: Type.Boolean(),
  },
  { 'x-name': 'ParticipantLevel' },
)

const { pin: _pin, moderator_pin: _moderatorPin, ...shown } = changeable
const conferenceFields = {
  id: Type.String({ format: 'uuid' }),
  friendly_name: Type.String({ description: 'For people' }),
  status: conferenceStatusSchema,
  participant_count: Type.Integer({ description: 'Connected now' }),
  max_participants: maxParticipants,
  date_created: Type.String({ format: 'date-time' }),
  start_time: time('When the first member was connected'),
  end_time: time('When it was over'),
  end_reason: nullable(Type.Enum([...conferenceEnds])),
  peak_participants: Type.Integer({ description: 'The most that were there at a time' }),
  active_speaker: nullable(Type.String({ description: 'Call of the loudest now' })),
  recording_id: nullable(Type.String({ description: 'Of the recording that runs' })),
  recording_mode: nullable(
    Type.Enum([...shownModes], { description: 'What that recording does; null: there is none' }),
  ),
  status_callback: nullable(Type.String()),
  has_pin: Type.Boolean(),
  has_moderator_pin: Type.Boolean(),
  ...shown,
}

export const conferenceSchema = Type.Object(conferenceFields, { 'x-name': 'Conference' })

export const conferenceNowSchema = Type.Object(
  {
    ...conferenceFields,
    levels: Type.Array(levelSchema, { description: 'How loud each member is now' }),
  },
  { 'x-name': 'ConferenceNow' },
)

export const conferenceEventsSchema = Type.Object(
  {
    events: Type.Array(
      Type.Object({
        sequence: Type.Integer(),
        type: Type.String({ examples: ['participant.joined', 'conference.ended'] }),
        conference_id: Type.String({ format: 'uuid' }),
        at: Type.String({ format: 'date-time' }),
        data: Type.Object({}, { additionalProperties: true }),
      }),
    ),
  },
  { 'x-name': 'ConferenceEvents' },
)

export const conferenceListSchema = Type.Object(
  {
    conferences: Type.Array(conferenceSchema),
    total: Type.Integer({ description: 'Of all pages' }),
  },
  { 'x-name': 'ConferenceList' },
)

export const conferenceQuerySchema = Type.Object(
  {
    status: Type.Optional(conferenceStatusSchema),
    page: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
    page_size: pageSchemas.page_size,
  },
  { additionalProperties: false },
)

export const conferenceIdSchema = Type.Object({ conference_id: Type.String() })
