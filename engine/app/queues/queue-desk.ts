import { Failure } from '../../core/failures.ts'
import type { AccountId, AgentId, CallId, QueueId } from '../../core/ids.ts'
import { type AgentOptions, freshFigures, type QueueAgent } from '../../core/queue.ts'
import { checkMusic } from '../music.ts'
import { checkSpokenIn } from '../phrases/check-language.ts'
import { route } from '../route.ts'
import type { Around } from './around.ts'
import { callAgent, letGo } from './call-agent.ts'
import {
  checkAgent,
  checkOptions,
  createQueue,
  newAgent,
  requireName,
  requireTarget,
} from './create.ts'
import type {
  AgentShown,
  Dequeue,
  QueueDesk,
  QueueFollower,
  QueueNow,
  QueueUpdate,
  WaitingNow,
} from './desk.ts'
import { look } from './dispatch.ts'
import { isThere } from './free-agents.ts'
import type { LiveQueue } from './live-queue.ts'
import { agentShown, queueNow } from './show.ts'
import type { WaitingCall } from './waiting-call.ts'

type AgentDesk = Pick<QueueDesk, 'agent' | 'addAgent' | 'changeAgent' | 'removeAgent'>
type WaitingDesk = Pick<QueueDesk, 'waiting' | 'waitingCall' | 'prioritise' | 'dequeue'>

/** The queues behind one object, as the APIs see them. */
export const queueDesk = (around: Around): QueueDesk => ({
  ...deskOfQueues(around),
  ...deskOfWaiting(around),
  ...deskOfAgents(around),
})

function deskOfQueues(around: Around): Omit<QueueDesk, keyof AgentDesk | keyof WaitingDesk> {
  const { ports, calls } = around
  const find = (account: AccountId, id: QueueId) => requireQueue(around, account, id)
  return {
    create: async (account, wanted) => queueNow(around, await createQueue(around, account, wanted)),
    get: async (account, id) => queueNow(around, find(account, id)),
    list: async (account) => calls.queues.of(account).map((queue) => queueNow(around, queue)),
    change: async (account, id, change) => changeQueue(around, find(account, id), change),
    remove: async (account, id) => remove(around, find(account, id)),
    resetFigures: async (account, id) => {
      const queue = find(account, id)
      const figures = freshFigures(ports.clock.nowMs())
      queue.record = { ...queue.record, figures: { ...figures, entered: queue.waiting.length } }
      queue.follow.changed()
      await queue.store()
      return queueNow(around, queue)
    },
    follow: async (account, id, follower) => {
      const queue = find(account, id)
      const stop = calls.queues.beginFollowing()
      const counted: QueueFollower = {
        tell: (news) => follower.tell(news),
        end: () => {
          stop()
          follower.end()
        },
      }
      queue.follow.add(counted)
      return () => {
        stop()
        queue.follow.remove(counted)
      }
    },
  }
}

function deskOfWaiting(around: Around): WaitingDesk {
  const find = (account: AccountId, id: QueueId) => requireQueue(around, account, id)
  return {
    waiting: async (account, id) => {
      const queue = find(account, id)
      return queue.waiting.map((one) => queue.shown(one))
    },
    waitingCall: async (account, id, callId) => {
      const queue = find(account, id)
      return queue.shown(waitingIn(queue, callId))
    },
    prioritise: async (account, id, callId, priority) => {
      const queue = find(account, id)
      const waiting = waitingIn(queue, callId)
      waiting.priority = priority
      queue.sort()
      look(around, queue)
      return queue.shown(waiting)
    },
    dequeue: async (account, id, callId, to) => dequeue(around, find(account, id), callId, to),
  }
}

function deskOfAgents(around: Around): AgentDesk {
  const { ports } = around
  const find = (account: AccountId, id: QueueId) => requireQueue(around, account, id)
  return {
    agent: async (account, id, agentId) => {
      const queue = find(account, id)
      return looked(around, queue, agentIn(queue, agentId))
    },
    addAgent: async (account, id, wanted) => {
      const queue = find(account, id)
      const agent = newAgent(ports, queue.record.agents, wanted)
      await setAgents(around, queue, [...queue.record.agents, agent], agent.id, 'added')
      return agentShown(around, queue, agent)
    },
    changeAgent: async (account, id, agentId, change) =>
      changeAgent(around, find(account, id), agentId, change),
    removeAgent: async (account, id, agentId) => {
      const queue = find(account, id)
      agentIn(queue, agentId)
      for (const waiting of queue.waiting) {
        for (const leg of waiting.legs) {
          if (leg.agentId === agentId && !leg.won) letGo(leg, 'answered-elsewhere')
        }
      }
      const left = queue.record.agents.filter((agent) => agent.id !== agentId)
      await setAgents(around, queue, left, agentId, 'removed')
      queue.forgetAgent(agentId)
    },
  }
}

/** Failure `not_found`. */
function requireQueue({ calls }: Around, account: AccountId, id: QueueId): LiveQueue {
  const queue = calls.queues.get(id)
  if (queue?.account.id !== account) throw new Failure('not_found', 'there is no such queue')
  return queue
}

/** Failure `not_found`. */
function waitingIn(queue: LiveQueue, callId: CallId | 'first'): WaitingCall {
  const waiting =
    callId === 'first' ? queue.open()[0] : queue.waiting.find((one) => one.callId === callId)
  if (waiting) return waiting
  const text = callId === 'first' ? 'nobody waits in the queue' : 'the call does not wait there'
  throw new Failure('not_found', text)
}

/** Failure `not_found`. */
function agentIn(queue: LiveQueue, id: AgentId): QueueAgent {
  const agent = queue.agent(id)
  if (!agent) throw new Failure('not_found', 'there is no such agent in the queue')
  return agent
}

/** As it is shown, after a look at its phone. */
async function looked(around: Around, queue: LiveQueue, agent: QueueAgent): Promise<AgentShown> {
  const shown = agentShown(around, queue, agent)
  if (shown.status !== 'idle' || (await isThere(around, queue, agent))) return shown
  return { ...shown, status: 'unavailable' }
}

async function changeQueue(
  around: Around,
  queue: LiveQueue,
  { name, ...options }: QueueUpdate,
): Promise<QueueNow> {
  const { ports, calls } = around
  checkOptions(ports.web, { ...queue.record.options, ...options })
  checkSpokenIn(ports.speech, options)
  await checkMusic(ports, options.waitMusic, queue.account.id, 'wait_music_url')
  if (queue.isDeleted) throw new Failure('not_found', 'there is no such queue')
  const before = queue.record.name
  const isNew = name !== undefined && name !== before
  if (isNew) requireName(calls, queue.account.id, name)
  const changed = { ...queue.record.options, ...options }
  checkOptions(ports.web, changed)
  // Before it is stored: of two who want one name the second is refused.
  if (isNew) calls.queues.rename(queue, name)
  try {
    await queue.change({ options: changed }, queue.told('queue.changed'))
  } catch (error) {
    if (isNew) calls.queues.rename(queue, before)
    throw error
  }
  look(around, queue)
  return queueNow(around, queue)
}

async function remove({ ports, calls }: Around, queue: LiveQueue): Promise<void> {
  queue.isDeleted = true
  calls.queues.remove(queue)
  queue.disarmLook?.()
  for (const waiting of queue.waiting) waiting.leave({ is: 'deleted' })
  for (const dialler of queue.diallers.splice(0)) dialler.end()
  await queue.stored()
  await ports.store.queues.remove(queue.record, [queue.told('queue.deleted')])
  queue.follow.end()
}

async function setAgents(
  around: Around,
  queue: LiveQueue,
  agents: readonly QueueAgent[],
  agentId: AgentId,
  change: string,
): Promise<void> {
  const target = [...agents, ...queue.record.agents].find(({ id }) => id === agentId)?.target
  await queue.change({ agents }, queue.told('queue.agent-changed', { agentId, target, change }))
  look(around, queue)
}

async function changeAgent(
  around: Around,
  queue: LiveQueue,
  agentId: AgentId,
  change: Partial<AgentOptions>,
): Promise<AgentShown> {
  const before = agentIn(queue, agentId)
  const after = { ...before, ...change }
  // Why he was away is of no interest once he is there again.
  const agent = after.paused ? after : { ...after, pauseReason: null }
  checkAgent(agent)
  if (queue.record.agents.some(({ id, target }) => id !== agentId && target === agent.target)) {
    throw new Failure('already_exists', `${agent.target} is an agent already`, 'target')
  }
  const agents = queue.record.agents.map((one) => (one.id === agentId ? agent : one))
  const isPause = before.paused !== agent.paused
  const what = agent.paused ? 'paused' : 'unpaused'
  await setAgents(around, queue, agents, agentId, isPause ? what : 'changed')
  return agentShown(around, queue, agent)
}

async function dequeue(
  around: Around,
  queue: LiveQueue,
  callId: CallId | 'first',
  to: Dequeue,
): Promise<WaitingNow> {
  const { ports } = around
  const waiting = waitingIn(queue, callId)
  const shown = queue.shown(waiting)
  if (to.is === 'agent') {
    requireTarget(to.to, 'to')
    await route(ports, queue.account, to.to)
    if (!waiting.isOpen) throw gone()
    callAgent(
      around,
      queue,
      waiting,
      to.to,
      queue.record.agents.find(({ target }) => target === to.to)?.id,
    )
    return queue.shown(waiting)
  }
  if (to.is === 'instructions') ports.web.checkUrl(to.url, 'url')
  if (!waiting.isOpen) throw gone()
  if (to.is === 'instructions') {
    waiting.leave({ is: 'redirected', to: { url: to.url, method: to.method } })
  } else waiting.call.feed({ is: 'hangup', by: 'api' })
  return shown
}

const gone = () => new Failure('call_busy', 'the call has left the queue just now')
