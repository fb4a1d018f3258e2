import { type Static, Type } from 'typebox'
import type {
  ConferenceSound,
  RunningRecordingNow,
  WantedRecordingMode,
} from '../../../app/conferences/desk.ts'
import { shownModes } from '../../../app/recordings/mode.ts'
import { Failure } from '../../../core/failures.ts'
import { voiceNamePattern } from '../../../core/ports/speech.ts'
import { type Route, route } from '../../dialect.ts'
import { conferenceIdSchema } from './conference-schema.ts'
import { conferenceId } from './conference-values.ts'
import { base } from './conferences.ts'
import { participantIdSchema } from './participant-schema.ts'
import { memberId } from './participant-values.ts'

const tag = 'Conferences'
const notThere = { says: 'There is no such conference, or no such member in it' }
const over = { says: 'The conference is over (conference_ended)' }

const soundSchema = Type.Object(
  {
    url: Type.Optional(
      Type.String({
        ...{ minLength: 1, maxLength: 2048 },
        description: 'Where the WAV file is, or prompt:<name>',
      }),
    ),
    text: Type.Optional(
      Type.String({ minLength: 1, maxLength: 4096, description: 'What is spoken, instead of url' }),
    ),
    markup: Type.Optional(Type.Literal('ssml', { description: '`text` is SSML' })),
    voice: Type.Optional(
      Type.String({ pattern: voiceNamePattern, description: 'Its id or name, or a language' }),
    ),
    loop: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 100, default: 1, description: 'How many times' }),
    ),
    to: Type.Optional(
      Type.String({ maxLength: 64, description: 'Call of the one member who hears it; else all' }),
    ),
  },
  {
    ...{ additionalProperties: false, 'x-name': 'ConferenceSound' },
    examples: [{ text: 'The conference ends in five minutes.' }],
  },
)

/** Failures `missing_parameter`, `invalid_request`, `not_found`. */
function readSound(body: Static<typeof soundSchema>): ConferenceSound {
  const { to, ...sound } = body
  if (sound.url === undefined && sound.text === undefined) {
    throw new Failure('missing_parameter', 'Give url or text', 'url')
  }
  if (sound.url !== undefined) {
    const wrong = (['text', 'markup', 'voice'] as const).find((name) => sound[name] !== undefined)
    if (wrong !== undefined) {
      throw new Failure('invalid_request', `${wrong} does not go with url`, wrong)
    }
  }
  return { ...sound, ...(to !== undefined && { to: memberId(to, 'to') }) }
}

const play = route({
  method: 'POST',
  path: `${base}/:conference_id/play`,
  params: conferenceIdSchema,
  body: soundSchema,
  operation: {
    id: 'playToConference',
    tag,
    summary: 'Play or say something to all members, or to one',
    description:
      'Begins it. All hear it with what is said meanwhile; one member alone hears it in place of the others. A new sound ends the one before.',
    replies: {
      204: { says: 'It is heard' },
      400: { says: 'No audio that can be played, or not reachable; the message says which' },
      404: notThere,
      409: over,
      503: { says: 'There is no speech program (speech_unavailable)' },
    },
  },
  async run({ account, params, body }, { conferences }) {
    await conferences.play(account.id, conferenceId(params.conference_id), readSound(body))
    return { status: 204 }
  },
})

const stop = route({
  method: 'DELETE',
  path: `${base}/:conference_id/play`,
  params: conferenceIdSchema,
  query: Type.Object(
    { to: Type.Optional(Type.String({ maxLength: 64, description: 'What this member hears' })) },
    { additionalProperties: false },
  ),
  operation: {
    id: 'stopPlayingToConference',
    tag,
    summary: 'Stop what is played',
    description: 'It is no fault when nothing is.',
    replies: { 204: { says: 'Nothing is played' }, 404: notThere, 409: over },
  },
  async run({ account, params, query: { to } }, { conferences }) {
    const id = conferenceId(params.conference_id)
    await conferences.stopPlaying(account.id, id, ...(to === undefined ? [] : [memberId(to)]))
    return { status: 204 }
  },
})

const startedSchema = Type.Object(
  { recording_id: Type.String({ format: 'uuid', description: 'Below /v1/voice/recordings' }) },
  { 'x-name': 'ConferenceRecording' },
)
const started = {
  201: { says: 'It is recorded', schema: startedSchema },
  404: notThere,
  409: { says: 'Recorded already (already_exists), or over (conference_ended)' },
  502: { says: 'The recording could not be begun (call_failed)' },
  507: { says: 'The disk of the recordings is nearly full (disk_low)' },
}
const stopped = {
  204: { says: 'It is not recorded any more; the recording is completed a moment later' },
  404: notThere,
  409: over,
}
const startedReply = (id: string) => ({
  status: 201,
  headers: { location: `/v1/voice/recordings/${id}` },
  body: { recording_id: id },
})

const record = route({
  method: 'POST',
  path: `${base}/:conference_id/recording`,
  params: conferenceIdSchema,
  operation: {
    id: 'startConferenceRecording',
    tag,
    summary: 'Record a conference',
    description: 'What everybody together says, as one WAV file.',
    replies: started,
  },
  async run({ account, params }, { conferences }) {
    const id = conferenceId(params.conference_id)
    return startedReply(await conferences.startRecording(account.id, id))
  },
})

const stopRecord = route({
  method: 'DELETE',
  path: `${base}/:conference_id/recording`,
  params: conferenceIdSchema,
  operation: {
    id: 'stopConferenceRecording',
    tag,
    summary: 'Stop recording a conference',
    replies: stopped,
  },
  async run({ account, params }, { conferences }) {
    await conferences.stopRecording(account.id, conferenceId(params.conference_id))
    return { status: 204 }
  },
})

const ofMember = `${base}/:conference_id/participants/:call_id/recording`

const recordMember = route({
  method: 'POST',
  path: ofMember,
  params: participantIdSchema,
  operation: {
    id: 'startConferenceParticipantRecording',
    tag,
    summary: 'Record one member of a conference',
    description: 'What he says and what he hears, on two channels.',
    replies: started,
  },
  async run({ account, params }, { conferences }) {
    const id = conferenceId(params.conference_id)
    const member = memberId(params.call_id)
    return startedReply(await conferences.startRecording(account.id, id, member))
  },
})

const stopRecordMember = route({
  method: 'DELETE',
  path: ofMember,
  params: participantIdSchema,
  operation: {
    id: 'stopConferenceParticipantRecording',
    tag,
    summary: 'Stop recording one member of a conference',
    replies: stopped,
  },
  async run({ account, params }, { conferences }) {
    const id = conferenceId(params.conference_id)
    await conferences.stopRecording(account.id, id, memberId(params.call_id))
    return { status: 204 }
  },
})

const modeSchema = Type.Object(
  {
    action: Type.Enum(['pause', 'mask', 'resume'], {
      description:
        'pause: the file waits; mask: it goes on with silence or a tone; resume ends both',
    }),
    mask_with: Type.Optional(
      Type.Enum(['silence', 'tone'], {
        default: 'silence',
        description: 'What is heard in place of what is masked',
      }),
    ),
  },
  {
    ...{ additionalProperties: false, 'x-name': 'ConferenceRecordingMode' },
    examples: [{ action: 'mask', mask_with: 'tone' }],
  },
)
const runningSchema = Type.Object(
  {
    recording_id: Type.String({ format: 'uuid', description: 'Below /v1/voice/recordings' }),
    mode: Type.Enum([...shownModes]),
  },
  { 'x-name': 'RunningConferenceRecording' },
)
const changed = {
  200: { says: 'It is so', schema: runningSchema },
  404: notThere,
  409: { says: 'It is not recorded (not_recording), or over (conference_ended)' },
}

function readMode({ action, mask_with }: Static<typeof modeSchema>): WantedRecordingMode {
  if (mask_with === undefined) return { action }
  if (action === 'mask') return { action, maskWith: mask_with }
  throw new Failure('invalid_request', 'mask_with goes with mask', 'mask_with')
}

const renderRunning = ({ recordingId, mode }: RunningRecordingNow) => ({
  status: 200,
  body: { recording_id: recordingId, mode },
})

const changeRecord = route({
  method: 'PATCH',
  path: `${base}/:conference_id/recording`,
  params: conferenceIdSchema,
  body: modeSchema,
  operation: {
    id: 'updateConferenceRecording',
    tag,
    summary: 'Pause, mask or resume the recording of a conference',
    description:
      'While it is paused the file waits, and is shorter for it; while it is masked it goes on with silence or a tone. What is so already stays. Where the recording did not hear is in its `spans`. Events conference.recording-paused with `mode`, and conference.recording-resumed.',
    replies: changed,
  },
  async run({ account, params, body }, { conferences }) {
    const id = conferenceId(params.conference_id)
    return renderRunning(await conferences.setRecording(account.id, id, readMode(body)))
  },
})

const changeRecordMember = route({
  method: 'PATCH',
  path: ofMember,
  params: participantIdSchema,
  body: modeSchema,
  operation: {
    id: 'updateConferenceParticipantRecording',
    tag,
    summary: "Pause, mask or resume a member's recording",
    description: 'As of all; its events have his `call_id`, and his call has its own.',
    replies: changed,
  },
  async run({ account, params, body }, { conferences }) {
    const id = conferenceId(params.conference_id)
    const wanted = { ...readMode(body), callId: memberId(params.call_id) }
    return renderRunning(await conferences.setRecording(account.id, id, wanted))
  },
})

export const conferenceSoundRoutes: readonly Route[] = [
  play,
  stop,
  record,
  changeRecord,
  stopRecord,
  recordMember,
  changeRecordMember,
  stopRecordMember,
]
