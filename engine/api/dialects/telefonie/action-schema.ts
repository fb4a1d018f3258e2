import { type Static, Type } from 'typebox'
import { listenModes } from '../../../app/actions/listen-room.ts'
import { mutables } from '../../../app/actions/mute.ts'
import type { CallSound } from '../../../app/actions/play.ts'
import { recordActionShape, recordWishShape } from '../../../app/verb-shapes/record.ts'
import { Failure } from '../../../core/failures.ts'
import { voiceNamePattern } from '../../../core/ports/speech.ts'

const party = (description: string) => Type.String({ minLength: 1, maxLength: 256, description })
const url = (description: string) => Type.String({ minLength: 1, maxLength: 2048, description })
const callIdIn = (description: string) => Type.String({ maxLength: 64, description })

export const muteSchema = Type.Object(
  {
    what: Type.Optional(
      Type.Enum([...mutables], {
        default: 'says',
        description: 'What its phone says, what it hears, or both',
      }),
    ),
  },
  { additionalProperties: false, 'x-name': 'Mute', examples: [{ what: 'says' }] },
)

const sounds = {
  url: Type.Optional(url('Where the WAV file is, or prompt:<name>')),
  text: Type.Optional(
    Type.String({ minLength: 1, maxLength: 4096, description: 'What is spoken, instead of url' }),
  ),
  markup: Type.Optional(Type.Literal('ssml', { description: '`text` is SSML' })),
  voice: Type.Optional(
    Type.String({ pattern: voiceNamePattern, description: 'Its id or name, or a language' }),
  ),
  loop: Type.Optional(
    Type.Integer({
      ...{ minimum: 0, maximum: 100, default: 1 },
      description: 'How many times; 0: until it is stopped',
    }),
  ),
  queue: Type.Optional(
    Type.Boolean({
      default: false,
      description: 'After what waits to be played already, 20 at most; else in place of it',
    }),
  ),
}

export const playSchema = Type.Object(
  {
    ...sounds,
    over: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          'Mixed with what the phone hears; else in place of it, so that it does not hear the other side meanwhile, which hears it',
      }),
    ),
    both: Type.Optional(
      Type.Boolean({ default: false, description: 'Whom the call talks to hears it too' }),
    ),
  },
  {
    ...{ additionalProperties: false, 'x-name': 'CallSound' },
    examples: [{ text: 'One minute is left.', over: true }],
  },
)

export const whisperSchema = Type.Object(sounds, {
  ...{ additionalProperties: false, 'x-name': 'Whisper' },
  examples: [{ text: 'He is a new customer.' }],
})

export const playbackSchema = Type.Object(
  {
    playback_id: Type.String({
      format: 'uuid',
      description: 'In the events playback.started and playback.ended, and to stop it',
    }),
  },
  { 'x-name': 'Playback' },
)

export const stopSchema = Type.Object(
  {
    playback_id: Type.Optional(
      Type.String({ maxLength: 64, description: 'That one alone; else all' }),
    ),
  },
  { additionalProperties: false, 'x-name': 'StopPlaying', examples: [{}] },
)

export const digitsSchema = Type.Object(
  {
    digits: Type.String({
      pattern: '^[0-9*#A-DwW,]{1,64}$',
      description: 'The keys, one after the other; w and , wait half a second, W one second',
    }),
  },
  { additionalProperties: false, 'x-name': 'SendDigits', examples: [{ digits: '12w34#' }] },
)

export const bridgeSchema = Type.Object(
  { call_id: callIdIn('The other call, of yours and up') },
  {
    ...{ additionalProperties: false, 'x-name': 'BridgeCalls' },
    examples: [{ call_id: '3f0c1f0e-6f0f-4a6b-9d57-0f3c6c1f5a10' }],
  },
)

export const recordingActionSchema = recordActionShape

export const recordingControlSchema = Type.Object(
  {
    action: recordActionShape,
    recording_id: Type.Optional(
      Type.String({
        description:
          'Of all but start: which one; if absent as `of` says, and without that `stop` means that of the call, the others all that run',
      }),
    ),
    ...recordWishShape,
  },
  {
    ...{ additionalProperties: false, 'x-name': 'RecordingControl' },
    examples: [{ action: 'start', format: 'opus', beep_every: 15 }],
  },
)

export const parkSchema = Type.Object(
  {
    slot: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9_-]{1,32}$',
        description: 'On which slot; if absent the lowest that is free from 701 on',
      }),
    ),
    timeout: Type.Optional(
      Type.Number({ minimum: 1, maximum: 86_400, default: 300, description: 'Seconds' }),
    ),
    timeout_url: Type.Optional(
      url('Asked what the call is to do when nobody has picked it up; else it is hung up'),
    ),
    music_url: Type.Optional(url('A WAV in place of the usual music on hold')),
  },
  { additionalProperties: false, 'x-name': 'ParkCall', examples: [{ slot: '701' }] },
)

export const pickUpSchema = Type.Object(
  {
    call_id: Type.Optional(callIdIn('A call of yours that is up gets it')),
    to: Type.Optional(
      party("Instead: who is called and gets it when he answers; a device's user name, a number"),
    ),
  },
  { additionalProperties: false, 'x-name': 'PickUp', examples: [{ to: '1002' }] },
)

export const listenSchema = Type.Object(
  {
    to: party("The supervisor, who is called: a device's user name, a number, or a SIP address"),
    mode: Type.Optional(
      Type.Enum([...listenModes], {
        default: 'listen',
        description:
          "listen: nobody hears him; whisper: the call's phone alone does; barge: both who talk do",
      }),
    ),
    beep: Type.Optional(
      Type.Boolean({ default: false, description: 'Both who talk hear a tone when he comes' }),
    ),
  },
  { additionalProperties: false, 'x-name': 'Listen', examples: [{ to: '1003', mode: 'listen' }] },
)

/** Failures `missing_parameter`, `invalid_request`. */
export function readCallSound(body: Static<typeof playSchema>): CallSound {
  if (body.url === undefined && body.text === undefined) {
    throw new Failure('missing_parameter', 'Give url or text', 'url')
  }
  if (body.url !== undefined) {
    const wrong = (['text', 'markup', 'voice'] as const).find((name) => body[name] !== undefined)
    if (wrong !== undefined) {
      throw new Failure('invalid_request', `${wrong} does not go with url`, wrong)
    }
  }
  return body
}
