import { expect, test } from 'vitest'
import { type AgentAtWork, expectedWaitMs } from '../../../../engine/app/queues/expected-wait.ts'
import { freshTally } from '../../../../engine/core/queue.ts'

/** Has had so many talks, and one more where he talks; each took 100 s. */
const agent = (
  status: AgentAtWork['status'],
  talks: number,
  over: Partial<AgentAtWork> = {},
): AgentAtWork => {
  const talking = status === 'talking' ? 1 : 0
  const tally = { ...freshTally, answered: talks + talking, talkedMs: talks * 100_000 }
  return { status, tally, wrapUpMs: 0, talking, ...over }
}

test('the mean talk, times the turns, divided by the agents at work', () => {
  expect(expectedWaitMs(1, [agent('talking', 3)])).toBe(100_000)
  expect(expectedWaitMs(4, [agent('talking', 3)])).toBe(400_000)
  const two = [agent('talking', 2), agent('wrapping-up', 1)]
  expect([expectedWaitMs(1, two), expectedWaitMs(4, two)]).toEqual([50_000, 200_000])
  const long = agent('talking', 1, { tally: { ...freshTally, answered: 2, talkedMs: 500_000 } })
  expect(expectedWaitMs(1, [long, agent('busy', 3)])).toBe(100_000)
})

test('what agents have to do after a talk counts', () => {
  const slow = agent('talking', 3, { wrapUpMs: 60_000 })
  expect(expectedWaitMs(2, [slow])).toBe(320_000)
  expect(expectedWaitMs(2, [slow, agent('resting', 0)])).toBe(130_000)
})

test('who is away or can not be reached is not at work', () => {
  const away = (['disabled', 'paused', 'unavailable', 'idle'] as const).map((is) => agent(is, 50))
  expect(expectedWaitMs(1, away)).toBeUndefined()
  expect(expectedWaitMs(3, [agent('talking', 3), ...away])).toBe(300_000)
})

test('for whom it rings there is nothing to expect', () => {
  const agents = [agent('ringing', 3), agent('talking', 3)]
  expect(expectedWaitMs(0, agents)).toBeUndefined()
  expect(expectedWaitMs(1, agents)).toBe(50_000)
})

test('fewer than three talks tell nothing', () => {
  expect(expectedWaitMs(1, [agent('talking', 2)])).toBeUndefined()
  expect(expectedWaitMs(1, [agent('talking', 1), agent('talking', 1)])).toBeUndefined()
  expect(expectedWaitMs(1, [])).toBeUndefined()
})
