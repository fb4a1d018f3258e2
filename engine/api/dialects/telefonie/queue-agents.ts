import { type Route, route } from '../../dialect.ts'
import {
  agentChangeSchema,
  agentIdSchema,
  agentSchema,
  newAgentSchema,
  pauseSchema,
  queueIdSchema,
} from './queue-schema.ts'
import { agentId, queueId, readAgent, readAgentChange, renderAgent } from './queue-values.ts'
import { base } from './queues.ts'

const path = `${base}/:queue_id/agents`
const tag = 'Queues'
const notThere = { says: 'There is no such queue, or no such agent in it' }

const add = route({
  method: 'POST',
  path,
  params: queueIdSchema,
  body: newAgentSchema,
  needs: 'manage',
  operation: {
    id: 'addQueueAgent',
    tag,
    summary: 'Add an agent to a queue',
    replies: {
      201: { says: 'Agent added', schema: agentSchema },
      400: { says: 'Nobody can be called by that name or number' },
      404: { says: 'There is no such queue' },
      409: { says: 'Is an agent of the queue already (already_exists)' },
      429: { says: 'The queue has as many as it may have (limit_reached)' },
    },
  },
  async run({ account, params, body }, { queues }) {
    const id = queueId(params.queue_id)
    const agent = await queues.addAgent(account.id, id, readAgent(body))
    const headers = { location: `${base}/${id}/agents/${agent.id}` }
    return { status: 201, headers, body: renderAgent(agent) }
  },
})

const get = route({
  method: 'GET',
  path: `${path}/:agent_id`,
  params: agentIdSchema,
  operation: {
    id: 'getQueueAgent',
    tag,
    summary: 'Get an agent, and what he does now',
    replies: { 200: { says: 'The agent', schema: agentSchema }, 404: notThere },
  },
  async run({ account, params }, { queues }) {
    const id = queueId(params.queue_id)
    const agent = await queues.agent(account.id, id, agentId(params.agent_id))
    return { status: 200, body: renderAgent(agent) }
  },
})

const change = route({
  method: 'PATCH',
  path: `${path}/:agent_id`,
  params: agentIdSchema,
  body: agentChangeSchema,
  needs: 'manage',
  operation: {
    id: 'updateQueueAgent',
    tag,
    summary: 'Change an agent',
    description: 'Fields that are not given stay.',
    replies: {
      200: { says: 'Agent changed', schema: agentSchema },
      400: { says: 'Nothing to change, or a value that can not be' },
      404: notThere,
      409: { says: 'Another agent has that target (already_exists)' },
    },
  },
  async run({ account, params, body }, { queues }) {
    const [id, agent] = [queueId(params.queue_id), agentId(params.agent_id)]
    const changed = await queues.changeAgent(account.id, id, agent, readAgentChange(body))
    return { status: 200, body: renderAgent(changed) }
  },
})

const pause = route({
  method: 'POST',
  path: `${path}/:agent_id/pause`,
  params: agentIdSchema,
  body: pauseSchema,
  bodyIsOptional: true,
  operation: {
    id: 'pauseQueueAgent',
    tag,
    summary: 'No more calls for an agent until further notice',
    description: 'A phone that rings goes on ringing; a talk goes on.',
    replies: { 200: { says: 'Paused', schema: agentSchema }, 404: notThere },
  },
  async run({ account, params, body }, { queues }) {
    const [id, agent] = [queueId(params.queue_id), agentId(params.agent_id)]
    const away = { paused: true, pauseReason: body.reason ?? null }
    return { status: 200, body: renderAgent(await queues.changeAgent(account.id, id, agent, away)) }
  },
})

const unpause = route({
  method: 'POST',
  path: `${path}/:agent_id/unpause`,
  params: agentIdSchema,
  operation: {
    id: 'unpauseQueueAgent',
    tag,
    summary: 'An agent takes calls again',
    replies: { 200: { says: 'There again', schema: agentSchema }, 404: notThere },
  },
  async run({ account, params }, { queues }) {
    const [id, agent] = [queueId(params.queue_id), agentId(params.agent_id)]
    const there = { paused: false, pauseReason: null }
    return {
      status: 200,
      body: renderAgent(await queues.changeAgent(account.id, id, agent, there)),
    }
  },
})

const remove = route({
  method: 'DELETE',
  path: `${path}/:agent_id`,
  params: agentIdSchema,
  needs: 'manage',
  operation: {
    id: 'removeQueueAgent',
    tag,
    summary: 'Remove an agent from a queue',
    description: 'A phone that rings is let go; a talk goes on.',
    replies: { 204: { says: 'Is no agent of it any more' }, 404: notThere },
  },
  async run({ account, params }, { queues }) {
    await queues.removeAgent(account.id, queueId(params.queue_id), agentId(params.agent_id))
    return { status: 204 }
  },
})

export const queueAgentRoutes: readonly Route[] = [add, get, change, pause, unpause, remove]
