import { Type } from 'typebox'
import { listVoices, voiceSample } from '../../../app/directory/voices.ts'
import type { Voice } from '../../../core/ports/speech.ts'
import { type Route, route } from '../../dialect.ts'
import { nullable } from './nullable.ts'

const tag = 'Voices'
const base = '/v1/voice/voices'

const voiceSchema = Type.Object(
  {
    id: Type.String({ description: 'Taken wherever a voice is named' }),
    name: Type.String({ description: "The provider's own; taken too, as is a language tag" }),
    language: Type.String({ description: 'BCP 47' }),
    gender: nullable(Type.Enum(['female', 'male'])),
    provider: Type.String(),
    sample_rate: Type.Integer({ description: 'What it speaks at, in Hz' }),
    default: Type.Boolean({ description: 'Speaks where no voice is named' }),
    sample_url: Type.String({ description: 'Path of a sentence to hear' }),
  },
  { 'x-name': 'Voice' },
)
const querySchema = Type.Object(
  {
    language: Type.Optional(
      Type.String({ maxLength: 35, description: '`de` with all its regions, or `de-AT` alone' }),
    ),
    provider: Type.Optional(Type.String({ maxLength: 40 })),
  },
  { additionalProperties: false },
)

const render = (voice: Voice, first: Voice | undefined) => ({
  id: voice.id,
  name: voice.name,
  language: voice.language,
  gender: voice.gender ?? null,
  provider: voice.provider,
  sample_rate: voice.rateHz,
  default: voice.id === first?.id,
  sample_url: `${base}/${encodeURIComponent(voice.id)}/sample`,
})

const list = route({
  method: 'GET',
  path: base,
  query: querySchema,
  operation: {
    id: 'listVoices',
    tag,
    summary: 'List voices',
    description:
      'Of all who can make speech here, the default voice first. Empty when nobody can: `unavailable` says why.',
    replies: {
      200: {
        says: 'Voices',
        schema: Type.Object({
          voices: Type.Array(voiceSchema),
          total: Type.Integer(),
          unavailable: nullable(Type.String()),
        }),
      },
    },
  },
  async run({ query }, { voices }) {
    const [first] = voices.voices()
    const found = listVoices(voices, query)
    const unavailable = voices.unavailableBecause() ?? null
    const body = { voices: found.map((voice) => render(voice, first)), total: found.length }
    return { status: 200, body: { ...body, unavailable } }
  },
})

const sample = route({
  method: 'GET',
  path: `${base}/:voice_id/sample`,
  params: Type.Object({ voice_id: Type.String({ maxLength: 130 }) }),
  operation: {
    id: 'getVoiceSample',
    tag,
    summary: 'Hear a voice',
    description: 'A sentence in its language, as calls hear it. Byte ranges are served.',
    produces: 'audio/wav',
    replies: {
      200: { says: 'The sentence' },
      206: { says: 'A part of it' },
      416: { says: 'The range is outside of it' },
      503: { says: 'It can not be made (speech_unavailable)' },
    },
  },
  async run({ params }, { voices, speechFiles }) {
    const { path } = await voiceSample(voices, params.voice_id)
    return { file: { path, type: 'audio/wav', name: 'sample.wav', from: speechFiles } }
  },
})

export const voiceRoutes: readonly Route[] = [list, sample]
