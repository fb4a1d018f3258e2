import { type Route, route } from '../../dialect.ts'
import {
  dequeueSchema,
  memberChangeSchema,
  memberIdSchema,
  memberListSchema,
  memberSchema,
  queueIdSchema,
} from './queue-schema.ts'
import { memberId, queueId, readDequeue, renderMember } from './queue-values.ts'
import { base } from './queues.ts'

const path = `${base}/:queue_id/members`
const tag = 'Queues'
const notThere = { says: 'There is no such queue, or the call does not wait there' }

const list = route({
  method: 'GET',
  path,
  params: queueIdSchema,
  operation: {
    id: 'listQueueMembers',
    tag,
    summary: 'List those who wait, the next one first',
    replies: {
      200: { says: 'Those who wait', schema: memberListSchema },
      404: { says: 'There is no such queue' },
    },
  },
  async run({ account, params }, { queues }) {
    const id = queueId(params.queue_id)
    const waiting = await queues.waiting(account.id, id)
    const members = waiting.map((one) => renderMember(id, one))
    return { status: 200, body: { members, total: members.length } }
  },
})

const get = route({
  method: 'GET',
  path: `${path}/:call_id`,
  params: memberIdSchema,
  operation: {
    id: 'getQueueMember',
    tag,
    summary: 'Get a call that waits: its place, and for how long it has waited',
    replies: { 200: { says: 'The member', schema: memberSchema }, 404: notThere },
  },
  async run({ account, params }, { queues }) {
    const id = queueId(params.queue_id)
    const member = await queues.waitingCall(account.id, id, memberId(params.call_id))
    return { status: 200, body: renderMember(id, member) }
  },
})

const change = route({
  method: 'PATCH',
  path: `${path}/:call_id`,
  params: memberIdSchema,
  body: memberChangeSchema,
  operation: {
    id: 'updateQueueMember',
    tag,
    summary: 'Move a call that waits',
    replies: { 200: { says: 'It has its new place', schema: memberSchema }, 404: notThere },
  },
  async run({ account, params, body }, { queues }) {
    const id = queueId(params.queue_id)
    const call = memberId(params.call_id)
    const member = await queues.prioritise(account.id, id, call, body.priority)
    return { status: 200, body: renderMember(id, member) }
  },
})

const dequeue = route({
  method: 'POST',
  path: `${path}/:call_id`,
  params: memberIdSchema,
  body: dequeueSchema,
  operation: {
    id: 'dequeueMember',
    tag,
    summary: 'Take a call out of the queue',
    description:
      'To instructions (url), to somebody who is called for it at once, agent of the queue or not (to; until he answers it waits on), or hung up. Answers as it was before.',
    replies: {
      200: { says: 'It goes there, or is being offered there', schema: memberSchema },
      400: { says: 'Not one of url, to and hangup; nobody can be called by that name or number' },
      404: notThere,
      409: { says: 'Somebody has the call by now (call_busy); the device is not registered' },
    },
  },
  async run({ account, params, body }, { queues }) {
    const id = queueId(params.queue_id)
    const to = readDequeue(body)
    const member = await queues.dequeue(account.id, id, memberId(params.call_id), to)
    return { status: 200, body: renderMember(id, member) }
  },
})

export const queueMemberRoutes: readonly Route[] = [list, get, change, dequeue]
