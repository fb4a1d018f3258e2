import type { AgentId, CallId } from '../../core/ids.ts'
import type { Around } from './around.ts'
import { look } from './dispatch.ts'
import type { LiveQueue } from './live-queue.ts'

/** An agent and a caller are connected. */
export function beginTalk(queue: LiveQueue, agentId: AgentId | undefined, callId: CallId): void {
  if (agentId === undefined) return
  queue.now(agentId).talks.add(callId)
  queue.tally(agentId, ({ answered }) => ({ answered: answered + 1 }))
}

/** The agent's side of the talk is over: now comes what has to be written down. */
export async function endTalk(
  around: Around,
  queue: LiveQueue,
  agentId: AgentId | undefined,
  callId: CallId,
  talkedMs: number,
): Promise<void> {
  const agent = agentId === undefined ? undefined : queue.agent(agentId)
  if (agent === undefined) return
  const { clock } = around.ports
  const now = queue.now(agent.id)
  now.talks.delete(callId)
  now.wrapUntilMs = clock.monotonicMs() + agent.wrapUpMs
  queue.tally(agent.id, (tally) => ({
    talkedMs: tally.talkedMs + talkedMs,
    lastTalkEndedAtMs: clock.nowMs(),
  }))
  await queue.store()
  look(around, queue)
}
