import { expect, test } from 'vitest'
import { queueStrategies } from '../../../../engine/core/queue.ts'
import { openQueueLab, type QueueLab } from './queue-lab.ts'

/** Repeatable chance (mulberry32): 0 to less than 1. */
function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** One thing that may happen at any time. */
async function happen(lab: QueueLab, random: () => number): Promise<void> {
  const pick = <One>(list: readonly One[]): One | undefined =>
    list[Math.floor(random() * list.length)]
  const live = [...lab.calls.all()]
  const of = (direction: string) => live.filter(({ record }) => record.direction === direction)
  const agent = pick(of('outbound'))
  const caller = pick(of('inbound'))
  const record = pick(lab.queue().record.agents)
  const { account, id, desk } = lab
  const acts: (() => unknown)[] = [
    () => lab.caller({ priority: Math.floor(random() * 3), maxWaitMs: 40_000 }),
    () => lab.caller({}, [{ verb: 'pause', durationMs: 3_000 }]),
    () => agent && lab.sip.answered(agent.id, 'v=0', 'x@phone'),
    () => agent && lab.sip.answered(agent.id, 'v=0', 'x@phone'),
    () => agent?.state.at !== 'up' && agent && lab.sip.rejected(agent.id, 486, 'Busy'),
    () => agent?.state.at === 'up' && lab.sip.remoteHangup(agent.id, 'BYE'),
    () => caller && lab.sip.remoteHangup(caller.id, 'BYE'),
    () => record && desk.changeAgent(account.id, id, record.id, { paused: random() < 0.5 }),
    () => desk.dequeue(account.id, id, 'first', { is: 'hangup' }).catch(() => undefined),
    () => desk.dequeue(account.id, id, 'first', { is: 'agent', to: '1004' }).catch(() => undefined),
    () => caller && lab.centre.updateCall(account.id, caller.id, { url: 'https://a/' }),
    () => lab.clock.advance(random() * 15_000),
    // What has begun may not be over when the next thing happens.
    () => lab.settle(),
  ]
  const done = pick(acts)?.()
  await Promise.race([Promise.resolve(done).catch(() => undefined), lab.settle()])
}

const seeds = [1, 2, 3, 4, 5, 6]
test.each(seeds)('whatever happens, all is accounted for in the end (%d)', async (seed) => {
  const random = chance(seed)
  const strategy = queueStrategies[seed % queueStrategies.length] ?? 'linear'
  const wrapUpMs = 2_000
  const lab = await openQueueLab(
    { strategy, maxSize: 4, confirm: false },
    ['1001', { target: '1002', wrapUpMs }, { target: '1003', tier: 1, maxCalls: 2 }],
    { ports: { random } },
  )
  for (let i = 0; i < 120; i++) {
    await happen(lab, random)
    for (const agent of lab.queue().record.agents) {
      const { ringing, talks } = lab.queue().now(agent.id)
      // Nobody has more calls than he may have.
      expect(ringing.size + talks.size).toBeLessThanOrEqual(agent.maxCalls)
    }
  }
  await lab.settle()
  for (const { id } of lab.calls.all()) lab.calls.feed(id, { is: 'hangup', by: 'api' })
  await lab.settle()
  await lab.clock.advance(60_000)
  expect(lab.calls.size).toBe(0)
  expect(lab.calls.queues.waiting).toBe(0)
  expect(lab.queue().waiting).toEqual([])
  const now = await lab.desk.get(lab.account.id, lab.id)
  expect([now.ringing, now.talking]).toEqual([0, 0])
  const { entered, answered, abandoned, timedOut, left } = now.record.figures
  expect(answered + abandoned + timedOut + left).toBe(entered)
  expect(entered).toBeGreaterThan(10)
  expect(await lab.store.queues.all()).toMatchObject([{ figures: now.record.figures }])
  expect(await lab.store.queues.unfinished()).toEqual([])
  expect(lab.clock.pendingTimers).toBe(0)
  // Each who came in is told of once, and so is his end.
  const log = await lab.store.events.after(lab.account.id, 0, 10_000)
  const count = (type: string) => log.filter((event) => event.type === type).length
  expect([count('call.enqueued'), count('call.dequeued')]).toEqual([entered, entered])
  const { ['queue.agent-ringing']: rang = 0 } = Object.fromEntries(
    [...new Set(log.map(({ type }) => type))].map((type) => [type, count(type)]),
  )
  const answeredByAgents = log.filter(
    ({ type, data }) => type === 'queue.agent-answered' && data['agentCallId'] !== null,
  ).length
  expect(rang).toBeLessThanOrEqual(answeredByAgents + count('queue.agent-missed'))
})
