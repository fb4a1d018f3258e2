import { expect, test } from 'vitest'
import { LiveCalls } from '../../../../engine/app/live-calls.ts'
import { queueDesk } from '../../../../engine/app/queues/queue-desk.ts'
import { restoreQueues } from '../../../../engine/app/queues/restore.ts'
import { recover } from '../../../../engine/app/recover.ts'
import type { CallId } from '../../../../engine/core/ids.ts'
import { openQueueLab } from './queue-lab.ts'

test('after a crash: who waited is counted, who talked stays counted, and nobody is busy', async () => {
  const lab = await openQueueLab({}, ['1001', '1002'])
  const { ports, account, clock, id } = lab
  await lab.caller()
  await lab.answers(lab.ringing('1001'))
  const waiting = await lab.caller()
  await clock.advance(4_000)
  // The process is gone here: nothing of it runs on.
  const afterwards = new LiveCalls(ports)
  await recover(ports, clock.nowMs())
  expect(await restoreQueues({ ports, calls: afterwards })).toEqual({ queues: 1, waited: 1 })
  const desk = queueDesk({ ports, calls: afterwards })
  const now = await desk.get(account.id, id)
  expect(now).toMatchObject({ waiting: 0, ringing: 0, talking: 0 })
  expect(now.agents.map(({ status, target }) => `${target} ${status}`)).toEqual([
    ...['1001 idle', '1002 idle'],
  ])
  expect(now.record.figures).toMatchObject({ entered: 2, answered: 1, abandoned: 1 })
  expect(await lab.told(waiting)).toContain('call.dequeued process_restarted')
  expect(await lab.store.queues.unfinished()).toEqual([])
  // Once more: nothing is counted twice.
  const again = new LiveCalls(ports)
  expect(await restoreQueues({ ports, calls: again })).toEqual({ queues: 1, waited: 0 })
  const { record } = await queueDesk({ ports, calls: again }).get(account.id, id)
  expect(record.figures).toMatchObject({ entered: 2, answered: 1, abandoned: 1 })
})

test('two hundred who wait: one timer looks for agents, and all are gone with the queue', async () => {
  const lab = await openQueueLab({ maxSize: 200, waitMusic: '' }, ['1009'])
  const number = '+15005558002'
  const verbs = [{ verb: 'enqueue', queue: 'support' } as const]
  await lab.addNumber(number, { kind: 'verbs', verbs })
  const callers: CallId[] = []
  for (let i = 0; i < 200; i += 50) {
    callers.push(...(await Promise.all(Array.from({ length: 50 }, () => lab.incoming(number)))))
  }
  await lab.settle()
  expect(lab.queue().waiting.length).toBe(200)
  const positions = lab.queue().waiting.map((one) => callers.indexOf(one.callId))
  expect(positions).toEqual(callers.map((_, at) => at))
  expect(await lab.caller({}, [])).toBeDefined()
  expect(lab.queue().record.figures).toMatchObject({ entered: 200, refused: 1 })
  // Of each: the limit of the call and that of its wait; and one for the agents.
  expect(lab.clock.pendingTimers).toBeLessThanOrEqual(2 * 200 + 10)
  await lab.desk.remove(lab.account.id, lab.id)
  for (let i = 0; i < 10; i++) await lab.settle()
  expect(lab.calls.queues.waiting).toBe(0)
  expect(lab.calls.size).toBe(0)
})
