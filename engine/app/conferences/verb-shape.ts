import { type Static, Type } from 'typebox'
import {
  type ConferenceOptions,
  doorSounds,
  fewestMembers,
  mostMembers,
} from '../../core/conference.ts'
import { Failure } from '../../core/failures.ts'
import { type CallId, type ConferenceId, isUuid } from '../../core/ids.ts'
import { voiceNamePattern } from '../../core/ports/speech.ts'
import { languagePattern } from '../../core/spoken-in.ts'
import type { ConferenceVerb } from '../../core/verbs.ts'
import { phraseLanguages } from '../phrases/index.ts'
import { onwards } from '../verb-shapes/fields.ts'

// The verb `conference` as documents say it, and how it is read and written.

const flag = (description: string, byDefault = false) =>
  Type.Optional(Type.Boolean({ default: byDefault, description }))
const digits = (description: string) =>
  Type.Optional(Type.String({ pattern: '^[0-9]{1,32}$', description }))
const music = (who: string) =>
  Type.Optional(
    Type.String({
      maxLength: 2048,
      description: `What a member hears who ${who}: a WAV by URL, or prompt:<name>; "": nothing; a tune of our own if absent`,
    }),
  )
const sound = (description: string) =>
  Type.Optional(
    Type.Unsafe<(typeof doorSounds)[number]>({
      ...{ type: 'string', enum: [...doorSounds], default: 'tone' },
      description,
    }),
  )

const room = Type.Object(
  {
    language: Type.Optional(
      Type.String({
        pattern: languagePattern,
        description: `BCP 47, of what it says by itself: ${phraseLanguages.join(', ')}; default that of \`voice\`, or else of the default voice`,
      }),
    ),
    voice: Type.Optional(
      Type.String({
        pattern: voiceNamePattern,
        description: 'As in `say`, for what it says by itself',
      }),
    ),
    max_participants: Type.Optional(
      Type.Integer({ minimum: fewestMembers, maximum: mostMembers, default: mostMembers }),
    ),
    record: flag('Record it from the first member to the last'),
    trim_recordings: flag(
      'Silence at the beginning and at the end of its recordings of all members is left out',
    ),
    moderator_pin: digits('Whoever enters this one is a moderator'),
    start_on_moderator: flag('Members wait, with music, until a moderator is there'),
    end_on_moderator_exit: flag('It ends when the last moderator leaves'),
    wait_music_url: music('waits or is alone'),
    hold_music_url: music('is on hold'),
    entry_sound: sound('Heard when somebody comes'),
    exit_sound: sound('Heard when somebody leaves'),
    announce_count: flag('Whoever comes is told how many are there'),
    digit_menu: flag('Members use keys: mute, count, volume; moderators lock', true),
    max_duration: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 86_400, description: 'Seconds' }),
    ),
  },
  {
    additionalProperties: false,
    description: 'How a conference is made where there is none of that name yet',
  },
)

export const conferenceShape = Type.Object(
  {
    verb: Type.Literal('conference'),
    conference_id: Type.Optional(
      Type.String({ minLength: 1, maxLength: 64, description: 'One that there is already' }),
    ),
    name: Type.Optional(
      Type.String({
        ...{ minLength: 1, maxLength: 128 },
        description: 'The live conference of that name; where there is none it is made',
      }),
    ),
    pin: digits('Has to be entered first; three tries'),
    muted: flag('Nobody hears him'),
    deaf: flag('He hears nobody'),
    moderator: flag('For start_on_moderator, end_on_moderator_exit and the digit menu'),
    priority: flag('While he speaks the others are lowered'),
    label: Type.Optional(Type.String({ maxLength: 128, description: 'For people' })),
    coach: Type.Optional(
      Type.String({
        ...{ minLength: 1, maxLength: 64 },
        description: 'Call of the one member who hears him; he hears all',
      }),
    ),
    status_callback: Type.Optional(
      Type.String({
        ...{ minLength: 1, maxLength: 2048 },
        description: 'Told of everything in a conference that is made here',
      }),
    ),
    room: Type.Optional(room),
    end_on_exit: flag('When he leaves, the conference is over'),
    ...onwards('`dial_status`: completed'),
  },
  {
    ...{ title: 'conference', additionalProperties: false as const },
    description:
      'Into a conference, by conference_id or by name; answers the call if it is not answered yet. The list goes on when the conference is over, or when he is not let in, which he is told.',
  },
)

type Document = Static<typeof conferenceShape>
type RoomDocument = Static<typeof room>

const roomNames = {
  language: 'language',
  voice: 'voice',
  max_participants: 'maxParticipants',
  record: 'record',
  trim_recordings: 'trimRecordings',
  moderator_pin: 'moderatorPin',
  start_on_moderator: 'startOnModerator',
  end_on_moderator_exit: 'endOnModeratorExit',
  wait_music_url: 'waitMusic',
  hold_music_url: 'holdMusic',
  entry_sound: 'entrySound',
  exit_sound: 'exitSound',
  announce_count: 'announceCount',
  digit_menu: 'digitMenu',
} as const satisfies Partial<Record<keyof RoomDocument, keyof ConferenceOptions>>

/** Failure `invalid_request`. */
export function readConferenceVerb(given: Document): ConferenceVerb {
  const { conference_id, name, pin, status_callback, room: wanted, coach, verb, ...others } = given
  const { end_on_exit, action, method, ...options } = others
  if ((conference_id === undefined) === (name === undefined)) {
    throw new Failure('invalid_request', 'conference needs conference_id or name', 'verbs')
  }
  return {
    verb,
    ...(conference_id !== undefined && { conferenceId: idOf<ConferenceId>(conference_id) }),
    ...(name !== undefined && { name }),
    ...(pin !== undefined && { pin }),
    ...(status_callback !== undefined && { statusCallback: status_callback }),
    ...(wanted && { room: readRoom(wanted) }),
    ...(end_on_exit !== undefined && { endOnExit: end_on_exit }),
    ...(action !== undefined && { action }),
    ...(method !== undefined && { method }),
    options: { ...options, ...(coach !== undefined && { coaching: idOf<CallId>(coach) }) },
  }
}

function idOf<Id extends string>(text: string): Id {
  if (!isUuid(text)) throw new Failure('invalid_request', `${text} is not one of our ids`, 'verbs')
  return text as Id
}

function readRoom({ max_duration, ...given }: RoomDocument): Partial<ConferenceOptions> {
  const options = Object.entries(roomNames).flatMap(([field, name]) => {
    const value = given[field as keyof typeof roomNames]
    return value === undefined ? [] : [[name, value]]
  })
  return {
    ...(Object.fromEntries(options) as Partial<ConferenceOptions>),
    ...(max_duration !== undefined && { maxDurationMs: max_duration * 1_000 }),
  }
}

/** The reverse of `readConferenceVerb`. */
export function writeConferenceVerb(verb: ConferenceVerb): Record<string, unknown> {
  const { conferenceId, statusCallback, room: made, options, endOnExit, ...rest } = verb
  const { coaching, ...others } = options
  return {
    ...rest,
    ...(conferenceId !== undefined && { conference_id: conferenceId }),
    ...(statusCallback !== undefined && { status_callback: statusCallback }),
    ...others,
    ...(coaching && { coach: coaching }),
    ...(made && { room: writeRoom(made) }),
    ...(endOnExit !== undefined && { end_on_exit: endOnExit }),
  }
}

function writeRoom({ maxDurationMs, ...options }: Partial<ConferenceOptions>) {
  const fields = Object.entries(roomNames).flatMap(([field, name]) => {
    const value = options[name]
    return value === undefined ? [] : [[field, value]]
  })
  return {
    ...(Object.fromEntries(fields) as Record<string, unknown>),
    ...(typeof maxDurationMs === 'number' && { max_duration: maxDurationMs / 1_000 }),
  }
}
