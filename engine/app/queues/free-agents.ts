import { Failure } from '../../core/failures.ts'
import type { DeviceId } from '../../core/ids.ts'
import { inOrder, type QueueAgent } from '../../core/queue.ts'
import type { LiveCall } from '../live-call.ts'
import { route } from '../route.ts'
import type { Around } from './around.ts'
import type { LiveQueue } from './live-queue.ts'

/** Who is to be called for the next caller: one, or of `ring-all` all of a tier. */
export async function choose(around: Around, queue: LiveQueue): Promise<QueueAgent[]> {
  const { options, agents } = queue.record
  const chosen: QueueAgent[] = []
  for (const agent of inOrder(options.strategy, agents, () => around.ports.random())) {
    const [first] = chosen
    if (first && first.tier !== agent.tier) break
    if (!isWilling(around, queue, agent) || !(await isThere(around, queue, agent))) continue
    chosen.push(agent)
    if (options.strategy !== 'ring-all') break
  }
  return chosen
}

/** As far as the queue knows. */
function isWilling({ ports }: Around, queue: LiveQueue, agent: QueueAgent): boolean {
  const now = queue.now(agent.id)
  const atMs = ports.clock.monotonicMs()
  if (!agent.enabled || agent.paused || now.ringing.size > 0) return false
  return now.wrapUntilMs <= atMs && now.restUntilMs <= atMs
}

/** His phone can be called, and he has no more calls than he may have. */
export async function isThere(
  { ports, calls }: Around,
  { account }: LiveQueue,
  { target, maxCalls }: Pick<QueueAgent, 'target' | 'maxCalls'>,
): Promise<boolean> {
  try {
    const routed = await route(ports, account, target)
    const isDevice = routed.is === 'direct' && routed.target.kind === 'device'
    const deviceId = isDevice ? (routed.target as { deviceId: DeviceId }).deviceId : undefined
    // Those that no call stands for yet, too.
    let busy = calls.queues.calling(account.id, target)
    for (const call of calls.all()) {
      const isLive = call.state.at !== 'ended' && call.record.accountId === account.id
      if (isLive && isOf(call, target, deviceId)) busy += 1
    }
    return busy < maxCalls
  } catch (error) {
    if (error instanceof Failure) return false
    throw error
  }
}

/** A call with that device's phone, or with that number or address. */
function isOf({ record }: LiveCall, target: string, deviceId: DeviceId | undefined): boolean {
  if (deviceId !== undefined) return record.deviceId === deviceId
  return (record.direction === 'outbound' ? record.to : record.from) === target
}
