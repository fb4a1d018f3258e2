import { expect, test } from 'vitest'
import type { QueueStrategy } from '../../../../engine/core/queue.ts'
import { openQueueLab } from './queue-lab.ts'

const crew = ['1001', '1002', '1003'] as const

/** Five callers, one after the other, each taken by whoever is called; who that was. */
async function takers(strategy: QueueStrategy, random: () => number = () => 0) {
  const lab = await openQueueLab({ strategy }, crew, { ports: { random } })
  const taken: string[] = []
  for (let i = 0; i < 5; i++) {
    const caller = await lab.caller()
    const [ringing = ''] = lab.atWork().split(' / ')
    taken.push(ringing)
    const agent = lab.ringing(ringing.split(' ')[0] ?? '')
    await lab.answers(agent)
    // The second talk is a long one.
    await lab.clock.advance(1_000)
    if (i !== 1) await lab.hangUp(caller)
  }
  return taken
}

const cases: readonly [QueueStrategy, readonly string[]][] = [
  ['linear', ['1001', '1001', '1002', '1002', '1002']],
  ['round-robin', ['1001', '1002', '1003', '1001', '1003']],
  // 1002 never ends his talk.
  ['longest-idle', ['1001', '1002', '1003', '1001', '1003']],
  ['fewest-calls', ['1001', '1002', '1003', '1001', '1003']],
  ['ring-all', ['1001 1002 1003', '1001 1002 1003', '1002 1003', '1002 1003', '1002 1003']],
]
test.each(cases)('%s', async (strategy, expected) => {
  expect(await takers(strategy)).toEqual(expected)
})

test('random: by chance alone', async () => {
  const chances = [0.9, 0.1, 0.5, 0.3, 0.2, 0.1, 0.9, 0.1, 0.9, 0.2, 0.3]
  const taken = await takers('random', () => chances.shift() ?? 0.5)
  expect(taken.slice(0, 2)).toEqual(['1002', '1003'])
  expect(taken.every((one) => !one.includes(' '))).toBe(true)
})

test('tiers: the next one is called when nobody of the first is free', async () => {
  const agents = [
    { target: '1001', tier: 1 },
    { target: '1002', tier: 0 },
    { target: '1003', tier: 1 },
  ]
  const lab = await openQueueLab({ strategy: 'ring-all', retryDelayMs: 60_000 }, agents)
  await lab.caller()
  expect(lab.atWork()).toBe('1002 / ')
  lab.sip.rejected(lab.ringing('1002')!, 486, 'Busy Here')
  await lab.settle()
  expect(lab.atWork()).toBe('1001 1003 / ')
})

test('ring-all: whoever becomes free rings too', async () => {
  const lab = await openQueueLab({ strategy: 'ring-all' }, ['1001', '1002'])
  const [, { id } = { id: undefined }] = lab.queue().record.agents
  await lab.desk.changeAgent(lab.account.id, lab.id, id!, { paused: true })
  await lab.caller()
  expect(lab.atWork()).toBe('1001 / ')
  await lab.desk.changeAgent(lab.account.id, lab.id, id!, { paused: false })
  await lab.settle()
  expect(lab.atWork()).toBe('1001 1002 / ')
})

test('an agent of two queues is called for one caller at a time', async () => {
  const lab = await openQueueLab({}, ['1001'])
  await lab.desk.create(lab.account, { name: 'sales', agents: [{ target: '1001' }] })
  const number = '+15005558001'
  await lab.addNumber(number, { kind: 'verbs', verbs: [{ verb: 'enqueue', queue: 'sales' }] })
  // At once: neither has heard of the other.
  await Promise.all([lab.caller(), lab.incoming(number)])
  await lab.settle()
  expect(lab.invited).toHaveLength(1)
})

test('an agent who may have two calls gets two', async () => {
  const lab = await openQueueLab({}, [{ target: '1001', maxCalls: 2 }])
  for (let i = 0; i < 3; i++) {
    await lab.caller()
    const agent = lab.ringing('1001')
    if (agent) await lab.answers(agent)
  }
  expect(lab.atWork()).toBe(' / 1001 1001')
  expect(lab.queue().waiting).toHaveLength(1)
})

test('removed while the phone rings: it is let go', async () => {
  const lab = await openQueueLab({}, ['1001'])
  const caller = await lab.caller()
  const [{ id } = { id: undefined }] = lab.queue().record.agents
  await lab.desk.removeAgent(lab.account.id, lab.id, id!)
  await lab.settle()
  expect(lab.atWork()).toBe(' / ')
  expect(lab.nowPlaying(caller)).toEqual({ kind: 'tone', tone: 'hold' })
})

test('a caller who is an agent of the queue is not called for himself', async () => {
  const lab = await openQueueLab({}, ['+61411111111'])
  await lab.caller()
  expect(lab.queue().waiting).toHaveLength(1)
  expect(lab.invited).toEqual([])
})
