import { describe, expect, test } from 'vitest'
import type { AgentId, CallId } from '../../../engine/core/ids.ts'
import {
  type AgentTally,
  averageWaitMs,
  byTurn,
  figuresAfter,
  freshFigures,
  freshTally,
  inOrder,
  plainAgent,
  type QueueAgent,
  type QueueResult,
  type QueueStrategy,
  serviceLevel,
} from '../../../engine/core/queue.ts'

const agent = (name: string, tally: Partial<AgentTally> = {}, tier = 0): QueueAgent => ({
  ...plainAgent,
  ...{ id: name as AgentId, target: name, tier, tally: { ...freshTally, ...tally } },
})

describe('who is called first', () => {
  const crew = [
    agent('ann', { answered: 2, lastOfferedAtMs: 30, lastTalkEndedAtMs: 20 }),
    agent('bob', { answered: 1, lastOfferedAtMs: 10, lastTalkEndedAtMs: 40 }),
    agent('cid', { answered: 1, lastOfferedAtMs: 20, lastTalkEndedAtMs: 30 }),
    agent('dot'),
    agent('eve', { answered: 0, lastOfferedAtMs: 1, lastTalkEndedAtMs: 1 }, 1),
  ]
  const cases: readonly [QueueStrategy, string][] = [
    ['linear', 'ann bob cid dot eve'],
    ['ring-all', 'ann bob cid dot eve'],
    ['round-robin', 'dot bob cid ann eve'],
    ['longest-idle', 'dot ann cid bob eve'],
    ['fewest-calls', 'dot cid bob ann eve'],
    ['random', 'dot cid bob ann eve'],
  ]
  test.each(cases)('%s: %s', (strategy, order) => {
    const chances = [0.9, 0.8, 0.7, 0.1, 0.05]
    const called = inOrder(strategy, crew, () => chances.shift() ?? 0)
    expect(called.map(({ target }) => target).join(' ')).toBe(order)
  })

  test('only random takes chances', () => {
    const dice = () => {
      throw new Error('thrown')
    }
    expect(inOrder('round-robin', crew, dice)).toHaveLength(5)
    expect(() => inOrder('random', crew, dice)).toThrow('thrown')
  })
})

test('whose turn it is: priority, then who came first', () => {
  const place = (callId: string, priority: number, sequence: number) => ({
    ...{ callId: callId as CallId, priority, sequence },
  })
  const waiting = [place('a', 0, 1), place('b', 5, 4), place('c', -1, 2), place('d', 5, 3)]
  expect(waiting.sort(byTurn).map(({ callId }) => callId)).toEqual(['d', 'b', 'a', 'c'])
})

describe('figures', () => {
  const cases: readonly [QueueResult, number, object][] = [
    [
      'bridged',
      20_000,
      { answered: 1, answeredInTime: 1, waitedMs: 20_000, longestWaitMs: 20_000 },
    ],
    [
      'bridged',
      20_001,
      { answered: 1, answeredInTime: 0, waitedMs: 20_001, longestWaitMs: 20_001 },
    ],
    ['hangup', 7, { abandoned: 1, longestWaitMs: 7 }],
    ['timeout', 7, { timedOut: 1, longestWaitMs: 7 }],
    ['queue-full', 0, { refused: 1 }],
    ['leave', 7, { left: 1, longestWaitMs: 7 }],
    ['redirected', 7, { left: 1, longestWaitMs: 7 }],
    ['error', 7, { left: 1, longestWaitMs: 7 }],
    ['system-error', 7, { left: 1, longestWaitMs: 7 }],
  ]
  test.each(cases)('%s after %d ms', (result, waitedMs, changed) => {
    const before = freshFigures(1)
    expect(figuresAfter(before, result, waitedMs, 20_000)).toEqual({ ...before, ...changed })
  })

  test('what is told of them', () => {
    const none = freshFigures(1)
    expect([averageWaitMs(none), serviceLevel(none)]).toEqual([0, null])
    const some = { ...none, answered: 3, answeredInTime: 2, waitedMs: 30_001, abandoned: 1 }
    expect([averageWaitMs(some), serviceLevel(some)]).toEqual([10_000, 0.5])
  })
})
