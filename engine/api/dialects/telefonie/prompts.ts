import { Type } from 'typebox'
import {
  changePrompt,
  getPrompt,
  listPrompts,
  mostPrompts,
  promptMedia,
  removePrompt,
  storePrompt,
} from '../../../app/directory/prompts.ts'
import { Failure } from '../../../core/failures.ts'
import type { PromptFormat, PromptRecord } from '../../../core/ports/prompts.ts'
import { promptNameRule } from '../../../core/prompt-names.ts'
import { type Route, route } from '../../dialect.ts'
import { formParts } from '../../frame/form-parts.ts'
import { pageSchemas } from './call-schema.ts'
import { nullable } from './nullable.ts'
import { isoTime } from './values.ts'

const tag = 'Prompts'
const base = '/v1/voice/prompts'
const params = Type.Object({
  prompt_id: Type.String({ maxLength: 64, description: 'Its id, or its name' }),
})
const nameSchema = Type.String({ maxLength: 64, description: promptNameRule })
const audioSchema = Type.String({
  description:
    'The file in base64; or send the file itself as the body, with `name` in the query, or a form (multipart/form-data) with `name` and `audio`',
})
const uploadSchema = Type.Object(
  { name: Type.Optional(nameSchema), audio: audioSchema },
  {
    additionalProperties: false,
    'x-name': 'PromptUpload',
    examples: [{ name: 'welcome', audio: 'UklGRiQAAABXQVZF' }],
  },
)
const changeSchema = Type.Object(
  { name: Type.Optional(nameSchema), audio: Type.Optional(audioSchema) },
  { additionalProperties: false, 'x-name': 'PromptChange', examples: [{ name: 'greeting' }] },
)
const nameQuery = Type.Object({ name: Type.Optional(nameSchema) }, { additionalProperties: false })

const promptSchema = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    name: Type.String(),
    url: Type.String({ description: 'What plays it, wherever the URL of a sound is taken' }),
    format: Type.Enum(['wav', 'mp3', 'opus']),
    sample_rate: Type.Integer({ description: 'Of the file, in Hz' }),
    duration_ms: Type.Integer(),
    loudness: nullable(
      Type.Number({
        description:
          'Of the file as it came, in LUFS (EBU R 128); it is played as loud as all prompts are. Null: silence',
      }),
    ),
    bytes: Type.Integer(),
    date_created: Type.String({ format: 'date-time' }),
    date_updated: Type.String({ format: 'date-time' }),
  },
  { 'x-name': 'Prompt' },
)
const listSchema = Type.Object({
  prompts: Type.Array(promptSchema),
  total: Type.Integer(),
  page: Type.Integer(),
  page_size: Type.Integer(),
})

/** Base64 makes 4 of 3; and the name. */
const bodyBytes = 28_200_000
const types: Readonly<Record<PromptFormat, string>> = {
  wav: 'audio/wav',
  mp3: 'audio/mpeg',
  opus: 'audio/ogg',
}
/** Among them what programs send that do not know better: the file says what it is. */
const files = [
  ...['audio/wav', 'audio/x-wav', 'audio/wave', 'audio/vnd.wave', 'audio/mpeg', 'audio/mp3'],
  ...['audio/ogg', 'audio/opus', 'application/ogg', 'application/octet-stream'],
  'application/x-www-form-urlencoded',
].map((type) => ({
  type,
  readBytes: (bytes: Buffer) => ({ audio: bytes.toString('base64') }),
}))

/** As `curl -F` and forms of pages send it. */
function readForm(bytes: Buffer, contentType: string): Record<string, string> {
  const fields = [...formParts(bytes, contentType)].map(([field, part]): [string, string] => {
    if (field === 'audio') return [field, part.toString('base64')]
    if (field === 'name') return [field, part.toString('utf8')]
    throw new Failure('invalid_request', 'A form has the fields name and audio, no others', field)
  })
  return Object.fromEntries(fields)
}

const alsoReads = [...files, { type: 'multipart/form-data', readBytes: readForm }]

const render = (prompt: PromptRecord) => ({
  id: prompt.id,
  name: prompt.name,
  url: `prompt:${prompt.name}`,
  format: prompt.format,
  sample_rate: prompt.rateHz,
  duration_ms: prompt.durationMs,
  loudness: prompt.lufs,
  bytes: prompt.bytes,
  date_created: isoTime(prompt.createdAtMs),
  date_updated: isoTime(prompt.updatedAtMs),
})

/** Of 28 MB: what repeats groups of letters would run out of stack. */
const noBase64 = /[^A-Za-z0-9+/=]/

function bytesOf(audio: string): Buffer {
  if (noBase64.test(audio)) throw new Failure('invalid_request', 'audio must be base64', 'audio')
  return Buffer.from(audio, 'base64')
}

const create = route({
  method: 'POST',
  path: base,
  query: nameQuery,
  body: uploadSchema,
  alsoReads,
  bodyBytes,
  needs: 'calls',
  operation: {
    id: 'createPrompt',
    tag,
    summary: 'Store a file of sound',
    description: `WAV (PCM, float, mu-law, A-law), MP3 or Ogg Opus of at most 20 MiB and an hour, known by what is in it. Calls play it by the URL \`prompt:<name>\`. ${mostPrompts} prompts and 500 MiB at most.`,
    replies: { 201: { says: 'Stored', schema: promptSchema } },
  },
  async run({ account, query, body }, { directory }) {
    const name = query.name ?? body.name
    if (name === undefined) throw new Failure('missing_parameter', 'name is missing', 'name')
    const prompt = await storePrompt(directory, account.id, name, bytesOf(body.audio))
    return { status: 201, body: render(prompt) }
  },
})

const list = route({
  method: 'GET',
  path: base,
  query: Type.Object(pageSchemas, { additionalProperties: false }),
  operation: {
    id: 'listPrompts',
    tag,
    summary: 'List stored sounds',
    description:
      'By name. Those that were recorded at the microphone of the server are not among them.',
    replies: { 200: { says: 'Prompts', schema: listSchema } },
  },
  async run({ account, query: { page = 1, page_size = 50 } }, { directory }) {
    const { prompts, total } = await listPrompts(directory, account.id, {
      page,
      pageSize: page_size,
    })
    return { status: 200, body: { prompts: prompts.map(render), total, page, page_size } }
  },
})

const read = route({
  method: 'GET',
  path: `${base}/:prompt_id`,
  params,
  operation: {
    id: 'getPrompt',
    tag,
    summary: 'One stored sound',
    replies: { 200: { says: 'The prompt', schema: promptSchema } },
  },
  async run({ account, params: { prompt_id } }, { directory }) {
    return { status: 200, body: render(await getPrompt(directory, account.id, prompt_id)) }
  },
})

const media = route({
  method: 'GET',
  path: `${base}/:prompt_id/media`,
  params,
  operation: {
    id: 'getPromptMedia',
    tag,
    summary: 'The file as it was uploaded',
    description: 'Byte ranges are answered.',
    produces: 'audio/wav',
    alsoProduces: ['audio/mpeg', 'audio/ogg'],
    replies: { 200: { says: 'The file' }, 206: { says: 'The part that was asked for' } },
  },
  async run({ account, params: { prompt_id } }, { directory }) {
    const { prompt, path } = await promptMedia(directory, account.id, prompt_id)
    const name = `${prompt.name}.${prompt.format}`
    return { file: { path, type: types[prompt.format], name, from: directory.promptFiles } }
  },
})

const replace = route({
  method: 'PUT',
  path: `${base}/:prompt_id`,
  params,
  query: nameQuery,
  body: changeSchema,
  alsoReads,
  bodyBytes,
  needs: 'calls',
  operation: {
    id: 'updatePrompt',
    tag,
    summary: 'Replace the file of a stored sound, or its name',
    description: 'Whoever hears the old one hears it to its end. Takes what createPrompt takes.',
    replies: { 200: { says: 'The prompt', schema: promptSchema } },
  },
  async run({ account, params: { prompt_id }, query, body }, { directory }) {
    const name = query.name ?? body.name
    const bytes = body.audio === undefined ? undefined : bytesOf(body.audio)
    if (name === undefined && bytes === undefined)
      throw new Failure('missing_parameter', 'give name or audio', 'audio')
    const prompt = await changePrompt(directory, account.id, prompt_id, { name, bytes })
    return { status: 200, body: render(prompt) }
  },
})

const remove = route({
  method: 'DELETE',
  path: `${base}/:prompt_id`,
  params,
  needs: 'calls',
  operation: {
    id: 'deletePrompt',
    tag,
    summary: 'Delete a stored sound',
    description: 'Whoever hears it hears it to its end.',
    replies: { 204: { says: 'Deleted' } },
  },
  async run({ account, params: { prompt_id } }, { directory }) {
    await removePrompt(directory, account.id, prompt_id)
    return { status: 204 }
  },
})

export const promptRoutes: readonly Route[] = [create, list, read, media, replace, remove]
