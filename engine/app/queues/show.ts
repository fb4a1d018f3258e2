import type { QueueAgent } from '../../core/queue.ts'
import type { LiveCalls } from '../live-calls.ts'
import type { Ports } from '../ports.ts'
import type { AgentShown, AgentStatus, QueueNow } from './desk.ts'
import type { LiveQueue } from './live-queue.ts'

/** What is looked at. */
export interface Seen {
  readonly ports: Pick<Ports, 'clock'>
  readonly calls: Pick<LiveCalls, 'all' | 'queues'>
}

/** How many calls an account has with each number, address and device of its own, by name. */
type Parties = ReadonlyMap<string, number>

function partiesOf({ calls }: Seen, { account }: LiveQueue): Parties {
  const parties = new Map<string, number>()
  for (const { record, made, state, isOwnPhone } of calls.all()) {
    if (state.at === 'ended' || record.accountId !== account.id) continue
    const party = record.direction === 'outbound' ? record.to : record.from
    const username = isOwnPhone ? made.device?.username : undefined
    for (const name of new Set([party, username ?? party])) {
      parties.set(name, (parties.get(name) ?? 0) + 1)
    }
  }
  return parties
}

/** What an agent does, as far as it is known without a look at his phone. */
function statusOf(seen: Seen, queue: LiveQueue, agent: QueueAgent, parties: Parties): AgentStatus {
  const now = queue.now(agent.id)
  const atMs = seen.ports.clock.monotonicMs()
  if (now.talks.size > 0) return 'talking'
  if (now.ringing.size > 0) return 'ringing'
  if (!agent.enabled) return 'disabled'
  if (agent.paused) return 'paused'
  if (now.wrapUntilMs > atMs) return 'wrapping-up'
  if (now.restUntilMs > atMs) return 'resting'
  const calling = seen.calls.queues.calling(queue.account.id, agent.target)
  return calling + (parties.get(agent.target) ?? 0) >= agent.maxCalls ? 'busy' : 'idle'
}

export const agentShown = (
  seen: Seen,
  queue: LiveQueue,
  agent: QueueAgent,
  parties = partiesOf(seen, queue),
): AgentShown => ({
  ...agent,
  status: statusOf(seen, queue, agent, parties),
})

export function queueNow(seen: Seen, queue: LiveQueue): QueueNow {
  const { record, waiting } = queue
  const parties = partiesOf(seen, queue)
  const nowMs = seen.ports.clock.nowMs()
  const entered = waiting.map(({ enteredAtMs }) => enteredAtMs)
  const live = record.agents.map(({ id }) => queue.now(id))
  return {
    record,
    agents: record.agents.map((agent) => agentShown(seen, queue, agent, parties)),
    waiting: waiting.length,
    ringing: live.reduce((sum, { ringing }) => sum + ringing.size, 0),
    talking: live.reduce((sum, { talks }) => sum + talks.size, 0),
    longestWaitingMs: entered.length === 0 ? 0 : nowMs - Math.min(...entered),
  }
}
