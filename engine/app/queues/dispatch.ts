import type { Around } from './around.ts'
import { callAgent } from './call-agent.ts'
import { choose } from './free-agents.ts'
import type { LiveQueue } from './live-queue.ts'

/** Of what nobody tells (a phone is free, or registered again) the queue learns within this, while somebody waits. */
const lookAgainMs = 1_000

/** Brings callers and those who take them together; soon, and again for as long as somebody waits. */
export function look(around: Around, queue: LiveQueue): void {
  if (queue.isLookDue || queue.isDeleted) return
  queue.isLookDue = true
  queue.later(async () => {
    queue.isLookDue = false
    if (queue.isDeleted) return
    giveToDiallers(queue)
    await callAgents(around, queue)
    lookAgain(around, queue)
  })
}

function lookAgain(around: Around, queue: LiveQueue): void {
  queue.disarmLook?.()
  queue.disarmLook = undefined
  if (queue.isDeleted || queue.open().length === 0) return
  queue.disarmLook = around.ports.clock.after(lookAgainMs, () => {
    queue.disarmLook = undefined
    look(around, queue)
  })
}

/** Who dialled first gets who came first. */
function giveToDiallers(queue: LiveQueue): void {
  for (const waiting of queue.open()) {
    const dialler = queue.diallers.shift()
    if (!dialler) return
    if (!dialler.take(waiting)) queue.diallers.unshift(dialler)
  }
}

async function callAgents(around: Around, queue: LiveQueue): Promise<void> {
  const isRingAll = queue.record.options.strategy === 'ring-all'
  for (const waiting of queue.open()) {
    // One after the other is called for him; with ring-all whoever has become free, too.
    if (waiting.legs.size > 0 && !isRingAll) continue
    const agents = await choose(around, queue)
    if (agents.length === 0) return
    // Somebody has him by now, or he is gone: nobody's phone is to ring for him.
    if (!waiting.isOpen) continue
    for (const agent of agents) callAgent(around, queue, waiting, agent.target, agent.id)
  }
}
