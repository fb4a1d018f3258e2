import type { Static } from 'typebox'
import type {
  AgentShown,
  Dequeue,
  NewAgent,
  NewQueue,
  QueueNow,
  QueueUpdate,
  WaitingNow,
} from '../../../app/queues/desk.ts'
import { Failure } from '../../../core/failures.ts'
import { type AgentId, type CallId, isUuid, type QueueId } from '../../../core/ids.ts'
import {
  type AgentOptions,
  averageWaitMs,
  type QueueFigures,
  type QueueOptions,
  serviceLevel,
} from '../../../core/queue.ts'
import type {
  agentChangeSchema,
  dequeueSchema,
  newQueueSchema,
  queueChangeSchema,
} from './queue-schema.ts'
import { isoTime } from './values.ts'

/** Anything that is not one of our ids is of something that does not exist. */
export function queueId(text: string): QueueId {
  if (!isUuid(text)) throw new Failure('not_found', 'There is no such queue')
  return text as QueueId
}
export function agentId(text: string): AgentId {
  if (!isUuid(text)) throw new Failure('not_found', 'There is no such agent in the queue')
  return text as AgentId
}
export function memberId(text: string): CallId | 'first' {
  if (text === 'first') return text
  if (!isUuid(text)) throw new Failure('not_found', 'The call does not wait there')
  return text as CallId
}

/** Of each field of a body, the option that it sets; those of a duration are seconds there. */
const optionNames = {
  language: 'language',
  voice: 'voice',
  max_size: 'maxSize',
  strategy: 'strategy',
  wait_music_url: 'waitMusic',
  wait_url: 'waitUrl',
  wait_method: 'waitMethod',
  announce_every: 'announceEveryMs',
  announce_wait: 'announceWait',
  max_wait: 'maxWaitMs',
  ring_timeout: 'ringTimeoutMs',
  retry_delay: 'retryDelayMs',
  confirm: 'confirm',
  service_level_within: 'serviceLevelMs',
} as const satisfies Record<string, keyof QueueOptions>

const agentNames = {
  target: 'target',
  name: 'name',
  tier: 'tier',
  wrap_up: 'wrapUpMs',
  max_calls: 'maxCalls',
  enabled: 'enabled',
  paused: 'paused',
  pause_reason: 'pauseReason',
} as const satisfies Record<string, keyof AgentOptions>

type Names = Readonly<Record<string, string>>

const isDuration = (name: string): boolean => name.endsWith('Ms')

function read(names: Names, body: object): Record<string, unknown> {
  const given = Object.entries(body).flatMap(([field, value]) => {
    const name = names[field]
    if (name === undefined) return []
    const isSeconds = isDuration(name) && typeof value === 'number'
    return [[name, isSeconds ? Math.round(value * 1_000) : value]]
  })
  return Object.fromEntries(given) as Record<string, unknown>
}

function write(names: Names, options: object): Record<string, unknown> {
  const values = options as Readonly<Record<string, unknown>>
  const written = Object.entries(names).map(([field, name]) => {
    const value = values[name]
    return [field, isDuration(name) && typeof value === 'number' ? value / 1_000 : value]
  })
  return Object.fromEntries(written) as Record<string, unknown>
}

export const readAgent = (body: object): NewAgent => read(agentNames, body) as unknown as NewAgent
export const readAgentChange = (body: Static<typeof agentChangeSchema>): Partial<AgentOptions> =>
  read(agentNames, body)

export function readNewQueue({ name, agents, ...fields }: Static<typeof newQueueSchema>): NewQueue {
  return { name, options: read(optionNames, fields), agents: (agents ?? []).map(readAgent) }
}

export function readQueueChange({
  name,
  ...fields
}: Static<typeof queueChangeSchema>): QueueUpdate {
  return { ...read(optionNames, fields), ...(name !== undefined && { name }) }
}

/** Failure `invalid_request`. */
export function readDequeue(body: Static<typeof dequeueSchema>): Dequeue {
  const { url, method = 'POST', to, hangup } = body
  if ([url, to, hangup].filter((one) => one !== undefined).length !== 1) {
    throw new Failure('invalid_request', 'Give one of url, to and hangup', 'url')
  }
  if (url !== undefined)
    return { is: 'instructions', url, method: method === 'GET' ? 'GET' : 'POST' }
  return to === undefined ? { is: 'hangup' } : { is: 'agent', to }
}

export const renderAgent = ({ tally, ...agent }: AgentShown): Record<string, unknown> => ({
  id: agent.id,
  ...write(agentNames, agent),
  status: agent.status,
  answered: tally.answered,
  missed: tally.missed,
  talk_time: tally.talkedMs / 1_000,
  last_offered: isoTime(tally.lastOfferedAtMs),
  last_talk_ended: isoTime(tally.lastTalkEndedAtMs),
})

export const renderQueue = (now: QueueNow): Record<string, unknown> => ({
  ...{ id: now.record.id, name: now.record.name },
  ...write(optionNames, now.record.options),
  date_created: isoTime(now.record.createdAtMs),
  waiting: now.waiting,
  longest_waiting: now.longestWaitingMs / 1_000,
  ringing: now.ringing,
  talking: now.talking,
  figures: renderFigures(now.record.figures),
  agents: now.agents.map(renderAgent),
})

const renderFigures = (figures: QueueFigures) => ({
  since: isoTime(figures.sinceMs),
  entered: figures.entered,
  answered: figures.answered,
  answered_in_time: figures.answeredInTime,
  abandoned: figures.abandoned,
  timed_out: figures.timedOut,
  left: figures.left,
  refused: figures.refused,
  service_level: serviceLevel(figures),
  average_wait: averageWaitMs(figures) / 1_000,
  longest_wait: figures.longestWaitMs / 1_000,
})

export const renderMember = (id: QueueId, waiting: WaitingNow): Record<string, unknown> => ({
  ...{ call_id: waiting.callId, queue_id: id, position: waiting.position },
  ...{ from: waiting.from, to: waiting.to, priority: waiting.priority },
  wait_time: waiting.waitedMs / 1_000,
  date_enqueued: isoTime(waiting.enteredAtMs),
  ringing: waiting.ringing,
  data: waiting.data,
})
