import { type HttpMethod, type Route, route } from '../../dialect.ts'
import {
  newQueueSchema,
  queueChangeSchema,
  queueIdSchema,
  queueListSchema,
  queueSchema,
} from './queue-schema.ts'
import { queueId, readNewQueue, readQueueChange, renderQueue } from './queue-values.ts'

export const base = '/v1/voice/queues'
const tag = 'Queues'
const notFound = { says: 'There is no such queue' }

const list = route({
  method: 'GET',
  path: base,
  operation: {
    id: 'listQueues',
    tag,
    summary: 'List the queues of the account, as they are now',
    replies: { 200: { says: 'The queues, by when they were made', schema: queueListSchema } },
  },
  async run({ account }, { queues }) {
    const found = await queues.list(account.id)
    return { status: 200, body: { queues: found.map(renderQueue), total: found.length } }
  },
})

const create = route({
  method: 'POST',
  path: base,
  body: newQueueSchema,
  needs: 'manage',
  operation: {
    id: 'createQueue',
    tag,
    summary: 'Create a queue',
    description:
      'Calls come into it by the verb `enqueue`, which makes a queue with the defaults where there is none of its name. Its agents are called for those who wait; whoever dials the queue (verb `dial` with `queue`) takes them, too.',
    replies: {
      201: { says: 'Queue created', schema: queueSchema },
      400: { says: 'A value that it can not have, or an address that may not be reached' },
      409: { says: 'There is a queue of that name (already_exists)' },
      429: { says: 'The account has as many as it may have (limit_reached)' },
    },
  },
  async run({ account, body }, { queues }) {
    const now = await queues.create(account, readNewQueue(body))
    const location = `${base}/${now.record.id}`
    return { status: 201, headers: { location }, body: renderQueue(now) }
  },
})

const get = route({
  method: 'GET',
  path: `${base}/:queue_id`,
  params: queueIdSchema,
  operation: {
    id: 'getQueue',
    tag,
    summary: 'Get a queue, its agents and its figures',
    description:
      'To follow it as it changes: WebSocket /v1/voice/ws, command `follow` with `queue_id`.',
    replies: { 200: { says: 'The queue', schema: queueSchema }, 404: notFound },
  },
  async run({ account, params }, { queues }) {
    return {
      status: 200,
      body: renderQueue(await queues.get(account.id, queueId(params.queue_id))),
    }
  },
})

/** POST as for calls, and PATCH for those who expect it. */
const update = (method: HttpMethod, id: string) =>
  route({
    method,
    path: `${base}/:queue_id`,
    params: queueIdSchema,
    body: queueChangeSchema,
    needs: 'manage',
    operation: {
      id,
      tag,
      summary: 'Change a queue',
      description:
        'Fields that are not given stay. What callers hear and how long they wait changes for those who come from now on.',
      replies: {
        200: { says: 'Queue changed', schema: queueSchema },
        400: { says: 'Nothing to change, or a value that it can not have' },
        404: notFound,
        409: { says: 'There is another queue of that name (already_exists)' },
      },
    },
    async run({ account, params, body }, { queues }) {
      const now = await queues.change(account.id, queueId(params.queue_id), readQueueChange(body))
      return { status: 200, body: renderQueue(now) }
    },
  })

const remove = route({
  method: 'DELETE',
  path: `${base}/:queue_id`,
  params: queueIdSchema,
  needs: 'manage',
  operation: {
    id: 'deleteQueue',
    tag,
    summary: 'Delete a queue',
    description:
      'Whoever waits goes on with what comes after `enqueue`, which is told `error`. Talks go on.',
    replies: { 204: { says: 'It is gone' }, 404: notFound },
  },
  async run({ account, params }, { queues }) {
    await queues.remove(account.id, queueId(params.queue_id))
    return { status: 204 }
  },
})

const reset = route({
  method: 'DELETE',
  path: `${base}/:queue_id/figures`,
  params: queueIdSchema,
  needs: 'manage',
  operation: {
    id: 'resetQueueFigures',
    tag,
    summary: "Count a queue's figures anew from now on",
    description: 'What its agents have done stays.',
    replies: { 200: { says: 'The queue', schema: queueSchema }, 404: notFound },
  },
  async run({ account, params }, { queues }) {
    const now = await queues.resetFigures(account.id, queueId(params.queue_id))
    return { status: 200, body: renderQueue(now) }
  },
})

export const queueRoutes: readonly Route[] = [
  list,
  create,
  get,
  update('POST', 'updateQueue'),
  update('PATCH', 'patchQueue'),
  remove,
  reset,
]
