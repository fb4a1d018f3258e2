import { expect, test } from 'vitest'
import { Sim } from './sim.ts'

const inNoDialog = { to: '<sip:b@192.0.2.9>;tag=none' }

test('a flood of requests leaves a bounded number that wait for repetitions, the newest', async () => {
  const sim = new Sim()
  const bound = 20_000
  const ask = (index: number): void => sim.request('BYE', `flood-${index}`, inNoDialog)
  for (let index = 0; index < bound + 5; index++) ask(index)
  expect(sim.context.transactions.count.server).toBe(bound)
  expect(sim.said).toHaveLength(bound + 5)

  // The last is repeated from its transaction, the first is asked anew: both hear 481.
  ask(bound + 4)
  ask(0)
  expect(sim.said.slice(-2).map(({ message }) => message.status)).toEqual([481, 481])
  expect(sim.context.counters.retransmitted).toBe(1)
  expect(sim.context.transactions.count.server).toBe(bound)

  await sim.wait(33)
  expect(sim.context.transactions.count.server).toBe(0)
  expect(sim.clock.pendingTimers).toBe(0)
})
