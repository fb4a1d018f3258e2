import {
  boxNow,
  createBox,
  getBox,
  listBoxes,
  removeBox,
  setGreeting,
  updateBox,
} from '../../../app/directory/voicemail-boxes.ts'
import { type Route, route } from '../../dialect.ts'
import {
  boxChangeSchema,
  boxIdSchema,
  boxListSchema,
  boxSchema,
  greetingIdSchema,
  newBoxSchema,
  newGreetingSchema,
} from './voicemail-box-schema.ts'
import { readBoxChange, readGreeting, readGreetingKind, renderBox } from './voicemail-box-values.ts'

export const voicemailBoxBase = '/v1/voice/voicemail-boxes'
const base = voicemailBoxBase
const tag = 'Voicemail boxes'
const notFound = { says: 'There is no such voicemail box, or greeting' }
const taken = { says: 'A device or number has another box (already_exists)' }
const bad = { says: 'A value that it can not have, or an address that may not be reached' }

const list = route({
  method: 'GET',
  path: base,
  operation: {
    id: 'listVoicemailBoxes',
    tag,
    summary: 'List the voicemail boxes of the account',
    replies: { 200: { says: 'The boxes, by when they were made', schema: boxListSchema } },
  },
  async run({ account }, { directory }) {
    const boxes = await listBoxes(directory, account.id)
    return { status: 200, body: { voicemail_boxes: boxes.map(renderBox), total: boxes.length } }
  },
})

const create = route({
  method: 'POST',
  path: base,
  body: newBoxSchema,
  needs: 'manage',
  operation: {
    id: 'createVoicemailBox',
    tag,
    summary: 'Create a voicemail box',
    description:
      'Calls come into it by `forwarding` of devices and numbers, by a number whose route it is, and by the verb `voicemail`. A device or number whose rule says `own` and that has no box gets one when the first call needs it.',
    replies: {
      201: { says: 'Box created', schema: boxSchema },
      400: bad,
      409: taken,
      429: { says: 'The account has as many as it may have (limit_reached)' },
    },
  },
  async run({ account, body }, { directory }) {
    const made = await createBox(directory, account.id, {
      ...readBoxChange(body),
      name: body.name,
    })
    const location = `${base}/${made.box.id}`
    return { status: 201, headers: { location }, body: renderBox(made) }
  },
})

const get = route({
  method: 'GET',
  path: `${base}/:box_id`,
  params: boxIdSchema,
  operation: {
    id: 'getVoicemailBox',
    tag,
    summary: 'Get a voicemail box, and how many messages are in it',
    replies: { 200: { says: 'The box', schema: boxSchema }, 404: notFound },
  },
  async run({ account, params }, { directory }) {
    const box = await getBox(directory, account.id, params.box_id)
    return { status: 200, body: renderBox(await boxNow(directory, box)) }
  },
})

const update = route({
  method: 'PATCH',
  path: `${base}/:box_id`,
  params: boxIdSchema,
  body: boxChangeSchema,
  needs: 'manage',
  operation: {
    id: 'updateVoicemailBox',
    tag,
    summary: 'Change a voicemail box',
    description:
      'Fields that are not given stay; `devices` and `numbers` are given as a whole. It counts for callers who come from then on.',
    replies: {
      200: { says: 'Box changed', schema: boxSchema },
      400: bad,
      404: notFound,
      409: taken,
    },
  },
  async run({ account, params, body }, { directory }) {
    const now = await updateBox(directory, account.id, params.box_id, readBoxChange(body))
    return { status: 200, body: renderBox(now) }
  },
})

const remove = route({
  method: 'DELETE',
  path: `${base}/:box_id`,
  params: boxIdSchema,
  needs: 'manage',
  operation: {
    id: 'deleteVoicemailBox',
    tag,
    summary: 'Delete a voicemail box with its messages and their audio, for good',
    replies: {
      204: { says: 'It is gone' },
      404: notFound,
      409: {
        says: 'A message is on legal hold: it stays, and the box with it (recording_on_hold)',
      },
    },
  },
  async run({ account, params }, { directory }) {
    await removeBox(directory, account.id, params.box_id)
    return { status: 204 }
  },
})

const putGreeting = route({
  method: 'PUT',
  path: `${base}/:box_id/greetings/:kind`,
  params: greetingIdSchema,
  body: newGreetingSchema,
  needs: 'manage',
  operation: {
    id: 'setVoicemailGreeting',
    tag,
    summary: 'Set what callers of a box hear first',
    description:
      '`unavailable`, `busy` (when the call came because of that), and `name`, which is heard inside the usual words where the other two are not set. A sound of your own: upload it at /v1/voice/prompts and give `prompt:<name>`.',
    replies: { 200: { says: 'The box', schema: boxSchema }, 400: bad, 404: notFound },
  },
  async run({ account, params: { box_id, kind }, body }, { directory }) {
    const now = await setGreeting(
      directory,
      account.id,
      box_id,
      readGreetingKind(kind),
      readGreeting(body),
    )
    return { status: 200, body: renderBox(now) }
  },
})

const deleteGreeting = route({
  method: 'DELETE',
  path: `${base}/:box_id/greetings/:kind`,
  params: greetingIdSchema,
  needs: 'manage',
  operation: {
    id: 'deleteVoicemailGreeting',
    tag,
    summary: 'Have the usual words spoken again',
    replies: { 200: { says: 'The box', schema: boxSchema }, 404: notFound },
  },
  async run({ account, params: { box_id, kind } }, { directory }) {
    const now = await setGreeting(directory, account.id, box_id, readGreetingKind(kind), undefined)
    return { status: 200, body: renderBox(now) }
  },
})

export const voicemailBoxRoutes: readonly Route[] = [
  list,
  create,
  get,
  update,
  remove,
  putGreeting,
  deleteGreeting,
]
