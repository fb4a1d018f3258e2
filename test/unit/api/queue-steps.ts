import type { LiveCall } from '../../../engine/app/live-call.ts'
import { WaitingCall } from '../../../engine/app/queues/waiting-call.ts'
import type { CallRecord } from '../../../engine/core/call.ts'
import type { QueueId } from '../../../engine/core/ids.ts'
import { type ApiLab, ours } from './api-lab.ts'

/** Makes a queue where that call waits. @returns Its id, for the steps: `<queue>`. */
export async function queueWith(lab: ApiLab, record: CallRecord): Promise<QueueId> {
  const { id } = (await lab.queues.desk.create(ours, { name: 'there' })).record
  const queue = lab.queues.calls.queues.get(id)
  if (!queue) throw new Error('there is no queue')
  const call = { id: record.id, record, state: { at: 'up' } } as unknown as LiveCall
  queue.add(new WaitingCall(call, queue.nextSequence(), lab.time.nowMs, 0, { topic: 'x' }))
  return id
}

const members = '/v1/voice/queues/<queue>/members'
const queue = '/v1/voice/queues/<createQueue>'
const agent = `${queue}/agents/<addQueueAgent>`

/** A good request for each operation about queues. */
export const queueSteps: readonly (readonly [string, string, object?])[] = [
  ['listQueueMembers', `GET ${members}`],
  ['getQueueMember', `GET ${members}/first`],
  ['updateQueueMember', `PATCH ${members}/first`, { priority: 7 }],
  ['dequeueMember', `POST ${members}/first`, { url: 'https://app.example/x' }],
  ['createQueue', 'POST /v1/voice/queues', { name: 'support', agents: [{ target: '1001' }] }],
  ['listQueues', 'GET /v1/voice/queues'],
  ['getQueue', `GET ${queue}`],
  ['updateQueue', `POST ${queue}`, { max_size: 5 }],
  ['patchQueue', `PATCH ${queue}`, { announce_every: null }],
  ['resetQueueFigures', `DELETE ${queue}/figures`],
  ['addQueueAgent', `POST ${queue}/agents`, { target: '1002', name: 'Front desk' }],
  ['getQueueAgent', `GET ${agent}`],
  ['updateQueueAgent', `PATCH ${agent}`, { tier: 1, wrap_up: 15 }],
  ['pauseQueueAgent', `POST ${agent}/pause`, { reason: 'lunch' }],
  ['unpauseQueueAgent', `POST ${agent}/unpause`],
  ['removeQueueAgent', `DELETE ${agent}`],
  ['deleteQueue', `DELETE ${queue}`],
]
