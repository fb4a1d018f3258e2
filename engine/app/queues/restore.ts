import type { Account } from '../../core/ports/store.ts'
import { figuresAfter } from '../../core/queue.ts'
import type { Around } from './around.ts'
import { LiveQueue } from './live-queue.ts'

/**
 * Opens the queues that are stored. Whoever waited when the process ended has been hung up: he is counted as one
 * who was not answered, and his call's log says so. Run once, after `recover`. Returns how many queues there are.
 */
export async function restoreQueues(around: Around): Promise<{ queues: number; waited: number }> {
  const { ports, calls } = around
  const accounts = new Map<string, Account | undefined>()
  const records = await ports.store.queues.all()
  for (const record of records) {
    const { accountId } = record
    if (!accounts.has(accountId)) {
      accounts.set(accountId, await ports.store.accounts.get(accountId))
    }
    const account = accounts.get(accountId)
    if (account) calls.queues.add(new LiveQueue(around, account, record))
  }
  const waits = await ports.store.queues.unfinished()
  for (const wait of waits) await close(around, wait)
  return { queues: records.length, waited: waits.length }
}

type Wait = Awaited<ReturnType<Around['ports']['store']['queues']['unfinished']>>[number]

async function close({ ports, calls }: Around, wait: Wait): Promise<void> {
  const { callId, queueId, accountId, enteredAtMs } = wait
  const queue = calls.queues.get(queueId)
  const call = await ports.store.calls.get(accountId, callId)
  const untilMs = call?.endedAtMs ?? ports.clock.nowMs()
  const waitMs = Math.max(0, untilMs - enteredAtMs)
  if (call) {
    const data = { queueId, reason: 'process_restarted', waitMs }
    const atMs = ports.clock.nowMs()
    await ports.store.calls.commit(call, [{ type: 'call.dequeued', callId, atMs, data }])
  }
  if (!queue) return
  const { figures, options } = queue.record
  const after = figuresAfter(figures, 'hangup', waitMs, options.serviceLevelMs)
  queue.record = { ...queue.record, figures: after }
  await queue.store({ left: callId })
}
