import { type Static, Type } from 'typebox'
import { getBox } from '../../../app/directory/voicemail-boxes.ts'
import { removeMessage, withRecording, withRecordings } from '../../../app/directory/voicemails.ts'
import {
  getMessage,
  markMessage,
  moveMessage,
  undeleteMessage,
} from '../../../app/voicemail/messages.ts'
import { Failure } from '../../../core/failures.ts'
import type { AccountId } from '../../../core/ids.ts'
import type { VoicemailRecord } from '../../../core/ports/voicemail.ts'
import { type Route, route } from '../../dialect.ts'
import type { Services } from '../../services.ts'
import {
  boxIdSchema,
  folderSchema,
  messageChangeSchema,
  messageIdSchema,
  messageListSchema,
  messageSchema,
} from './voicemail-box-schema.ts'
import { renderMessage } from './voicemail-box-values.ts'
import { voicemailBoxBase } from './voicemail-boxes.ts'

const base = `${voicemailBoxBase}/:box_id/messages`
const tag = 'Voicemail messages'
const notFound = { says: 'There is no such box or message' }
const one = { says: 'The message', schema: messageSchema }

const querySchema = Type.Object({
  folder: Type.Optional(folderSchema),
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
  page_size: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
})
const forGoodSchema = Type.Object({
  for_good: Type.Optional(
    Type.Boolean({ description: 'true: with its audio, at once; it can not be had back' }),
  ),
})

/** Failure `not_found`. */
async function found(
  { directory }: Services,
  accountId: AccountId,
  { box_id, message_id }: Static<typeof messageIdSchema>,
): Promise<VoicemailRecord> {
  const box = await getBox(directory, accountId, box_id)
  return getMessage(directory, accountId, message_id, box)
}

const answer = async ({ directory }: Services, message: VoicemailRecord) =>
  ({ status: 200, body: renderMessage(await withRecording(directory, message)) }) as const

const list = route({
  method: 'GET',
  path: base,
  params: boxIdSchema,
  query: querySchema,
  operation: {
    id: 'listVoicemailMessages',
    tag,
    summary: 'List the messages in a box',
    description: 'The newest first: those of one folder, or new and saved ones.',
    replies: { 200: { says: 'Messages', schema: messageListSchema }, 404: notFound },
  },
  async run({ account, params, query }, { directory }) {
    const box = await getBox(directory, account.id, params.box_id)
    const { folder, page = 1, page_size = 50 } = query
    const { voicemails, total } = await directory.store.voicemails.list(box.id, {
      ...{ page, pageSize: page_size, ...(folder && { folder }) },
    })
    const messages = (await withRecordings(directory, voicemails)).map(renderMessage)
    return { status: 200, body: { messages, total, page, page_size } }
  },
})

const get = route({
  method: 'GET',
  path: `${base}/:message_id`,
  params: messageIdSchema,
  operation: {
    id: 'getVoicemailMessage',
    tag,
    summary: 'Get a message',
    replies: { 200: one, 404: notFound },
  },
  run: async ({ account, params }, services) =>
    answer(services, await found(services, account.id, params)),
})

const media = route({
  method: 'GET',
  path: `${base}/:message_id/media`,
  params: messageIdSchema,
  operation: {
    id: 'getVoicemailMessageMedia',
    tag,
    summary: 'Hear a message',
    description: 'WAV; byte ranges are answered. That it was heard is told by `heard`.',
    produces: 'audio/wav',
    replies: {
      200: { says: 'The audio' },
      206: { says: 'The part that was asked for' },
      404: notFound,
      416: { says: 'The range is outside of the file' },
    },
  },
  async run({ account, params }, services) {
    const message = await found(services, account.id, params)
    const { recording } = await withRecording(services.directory, message)
    return { audio: { recording } }
  },
})

const change = route({
  method: 'PATCH',
  path: `${base}/:message_id`,
  params: messageIdSchema,
  body: messageChangeSchema,
  needs: 'calls',
  operation: {
    id: 'updateVoicemailMessage',
    tag,
    summary: 'Mark a message as heard or not, or move it into another folder',
    description: 'The message lamps of the phones of the box follow.',
    replies: {
      200: one,
      400: { says: 'Neither or both were given, or it is deleted and can not be marked' },
      404: notFound,
    },
  },
  async run({ account, params, body: { heard, folder } }, services) {
    const message = await found(services, account.id, params)
    const { directory } = services
    if (heard !== undefined && folder === undefined) {
      return answer(services, await markMessage(directory, message, heard, 'api'))
    }
    if (folder === undefined || heard !== undefined) {
      throw new Failure('invalid_request', 'Give one of heard and folder', 'folder')
    }
    return answer(services, await moveMessage(directory, message, folder, 'api'))
  },
})

const undelete = route({
  method: 'POST',
  path: `${base}/:message_id/undelete`,
  params: messageIdSchema,
  needs: 'calls',
  operation: {
    id: 'undeleteVoicemailMessage',
    tag,
    summary: 'Have a deleted message back where it was',
    replies: { 200: one, 400: { says: 'It is not deleted' }, 404: notFound },
  },
  async run({ account, params }, services) {
    const message = await found(services, account.id, params)
    return answer(services, await undeleteMessage(services.directory, message, 'api'))
  },
})

const remove = route({
  method: 'DELETE',
  path: `${base}/:message_id`,
  params: messageIdSchema,
  query: forGoodSchema,
  // as for deleting a recording, which goes with it
  needs: 'manage',
  operation: {
    id: 'deleteVoicemailMessage',
    tag,
    summary: 'Delete a message',
    description:
      'It can be had back for `keep_deleted_days` of the box. One that is deleted already goes for good, as with `for_good`.',
    replies: {
      204: { says: 'Deleted' },
      404: notFound,
      409: { says: 'It is on legal hold and can not go for good (recording_on_hold)' },
    },
  },
  async run({ account, params, query }, services) {
    const { directory } = services
    const message = await found(services, account.id, params)
    const isForGood = query.for_good === true || message.folder === 'deleted'
    if (isForGood) await removeMessage(directory, message, 'api')
    else await moveMessage(directory, message, 'deleted', 'api')
    return { status: 204 }
  },
})

export const voicemailMessageRoutes: readonly Route[] = [list, get, media, change, undelete, remove]
