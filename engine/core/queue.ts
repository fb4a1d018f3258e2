import type { AccountId, AgentId, CallId, QueueId } from './ids.ts'
import { asUsual, type SpokenIn } from './spoken-in.ts'

/** Who of those that are free is called for the next caller, within the lowest tier where anybody is free. */
export const queueStrategies = [
  'ring-all',
  'round-robin',
  'longest-idle',
  'fewest-calls',
  'random',
  'linear',
] as const
export type QueueStrategy = (typeof queueStrategies)[number]

export const mostWaiting = 1_000
export const mostAgents = 100
/** Nobody waits longer, whatever is said. */
export const longestWaitMs = 86_400_000

export interface QueueOptions extends SpokenIn {
  /** Callers who wait at a time, 1 to `mostWaiting`. */
  readonly maxSize: number
  readonly strategy: QueueStrategy
  /** What callers hear: a WAV by URL; '': nothing; null: the usual music. */
  readonly waitMusic: string | null
  /** Instructions that are run for each caller instead, over and over. */
  readonly waitUrl: string | null
  readonly waitMethod: 'GET' | 'POST'
  /** Callers are told their place so often; null: never. Not with instructions. */
  readonly announceEveryMs: number | null
  /** And then how long they will probably wait, as far as that can be told. */
  readonly announceWait: boolean
  readonly maxWaitMs: number
  /** How long an agent's phone rings. */
  readonly ringTimeoutMs: number
  /** An agent who has not taken a call is left alone for so long. */
  readonly retryDelayMs: number
  /** An agent hears who calls and has to press 1. */
  readonly confirm: boolean
  /** Who is answered within this has been answered in time. */
  readonly serviceLevelMs: number
}

export const plainQueue: QueueOptions = {
  ...asUsual,
  maxSize: 100,
  strategy: 'longest-idle',
  waitMusic: null,
  waitUrl: null,
  waitMethod: 'POST',
  announceEveryMs: null,
  announceWait: false,
  maxWaitMs: 3_600_000,
  ringTimeoutMs: 20_000,
  retryDelayMs: 5_000,
  confirm: false,
  serviceLevelMs: 20_000,
}

/** What is said of an agent. */
export interface AgentOptions {
  /** Device name, E.164 or SIP URI; once in a queue. */
  readonly target: string
  /** For people. */
  readonly name: string | null
  /** Lower ones are called first. */
  readonly tier: number
  /** Left alone for so long after each talk. */
  readonly wrapUpMs: number
  /** Calls of any kind that the agent may have and is still called. */
  readonly maxCalls: number
  readonly enabled: boolean
  /** Away for a while; `pauseReason` is for people. */
  readonly paused: boolean
  readonly pauseReason: string | null
}

export const plainAgent: Omit<AgentOptions, 'target'> = {
  name: null,
  tier: 0,
  wrapUpMs: 0,
  maxCalls: 1,
  enabled: true,
  paused: false,
  pauseReason: null,
}

/** What an agent has done. Times are Unix milliseconds. */
export interface AgentTally {
  readonly answered: number
  /** Rang, and was not taken. */
  readonly missed: number
  readonly talkedMs: number
  readonly lastOfferedAtMs: number | null
  readonly lastTalkEndedAtMs: number | null
}

export const freshTally: AgentTally = {
  ...{ answered: 0, missed: 0, talkedMs: 0, lastOfferedAtMs: null, lastTalkEndedAtMs: null },
}

export interface QueueAgent extends AgentOptions {
  readonly id: AgentId
  readonly tally: AgentTally
}

/** What has become of all who came since `sinceMs`. */
export interface QueueFigures {
  readonly sinceMs: number
  readonly entered: number
  readonly answered: number
  readonly answeredInTime: number
  /** Hung up, or were lost with the process. */
  readonly abandoned: number
  readonly timedOut: number
  /** Left in any other way: by a verb, by the API, or as the queue was deleted. */
  readonly left: number
  /** Were not let in: it was full. */
  readonly refused: number
  /** Of those who were answered, in all. */
  readonly waitedMs: number
  readonly longestWaitMs: number
}

export const freshFigures = (sinceMs: number): QueueFigures => ({
  ...{ sinceMs, entered: 0, answered: 0, answeredInTime: 0, abandoned: 0, timedOut: 0, left: 0 },
  ...{ refused: 0, waitedMs: 0, longestWaitMs: 0 },
})

export interface QueueRecord {
  readonly id: QueueId
  readonly accountId: AccountId
  /** Unique in the account. */
  readonly name: string
  readonly options: QueueOptions
  readonly agents: readonly QueueAgent[]
  readonly figures: QueueFigures
  readonly createdAtMs: number
}

/** How a wait ended. The words of TwiML, and `timeout` for one that was too long. */
export const queueResults = [
  'bridged',
  'queue-full',
  'leave',
  'hangup',
  'redirected',
  'timeout',
  'error',
  'system-error',
] as const
export type QueueResult = (typeof queueResults)[number]

/** The figures after one more has left. */
export function figuresAfter(
  figures: QueueFigures,
  result: QueueResult,
  waitedMs: number,
  serviceLevelMs: number,
): QueueFigures {
  const longest = Math.max(figures.longestWaitMs, waitedMs)
  switch (result) {
    case 'bridged':
      return {
        ...figures,
        answered: figures.answered + 1,
        answeredInTime: figures.answeredInTime + (waitedMs <= serviceLevelMs ? 1 : 0),
        waitedMs: figures.waitedMs + waitedMs,
        longestWaitMs: longest,
      }
    case 'hangup':
      return { ...figures, abandoned: figures.abandoned + 1, longestWaitMs: longest }
    case 'timeout':
      return { ...figures, timedOut: figures.timedOut + 1, longestWaitMs: longest }
    case 'queue-full':
      return { ...figures, refused: figures.refused + 1 }
    case 'leave':
    case 'redirected':
    case 'error':
    case 'system-error':
      return { ...figures, left: figures.left + 1, longestWaitMs: longest }
  }
}

/** Of those who were answered; 0 as long as nobody was. */
export const averageWaitMs = ({ answered, waitedMs }: QueueFigures): number =>
  answered === 0 ? 0 : Math.round(waitedMs / answered)

/** 0 to 1: answered in time, of all who were answered or gave up. Null before the first. */
export function serviceLevel(figures: QueueFigures): number | null {
  const counted = figures.answered + figures.abandoned + figures.timedOut
  return counted === 0 ? null : figures.answeredInTime / counted
}

/** Somebody's place in the order of those who wait. */
export interface Place {
  readonly callId: CallId
  readonly priority: number
  /** Counts those who came. */
  readonly sequence: number
}

/** Higher priority first, then who came first. */
export const byTurn = (a: Place, b: Place): number =>
  b.priority - a.priority || a.sequence - b.sequence

/** Agents in the order in which they are to be called; tier by tier. `random` is 0 to less than 1. */
export function inOrder(
  strategy: QueueStrategy,
  agents: readonly QueueAgent[],
  random: () => number,
): QueueAgent[] {
  const listed = agents.map((agent, at) => ({ agent, at, chance: 0 }))
  if (strategy === 'random') for (const one of listed) one.chance = random()
  const rank = ranks[strategy]
  return listed
    .sort((a, b) => a.agent.tier - b.agent.tier || rank(a, b) || a.at - b.at)
    .map(({ agent }) => agent)
}

interface Listed {
  readonly agent: QueueAgent
  readonly at: number
  readonly chance: number
}

/** Never is longer ago than anything. */
const earlier = (a: number | null, b: number | null): number => (a ?? 0) - (b ?? 0)

const ranks: Readonly<Record<QueueStrategy, (a: Listed, b: Listed) => number>> = {
  'ring-all': () => 0,
  linear: () => 0,
  // Who was called last comes last: that goes round, also when agents come and go.
  'round-robin': ({ agent: { tally: a } }, { agent: { tally: b } }) =>
    earlier(a.lastOfferedAtMs, b.lastOfferedAtMs),
  'longest-idle': ({ agent: { tally: a } }, { agent: { tally: b } }) =>
    earlier(a.lastTalkEndedAtMs, b.lastTalkEndedAtMs),
  'fewest-calls': ({ agent: { tally: a } }, { agent: { tally: b } }) =>
    a.answered - b.answered || earlier(a.lastTalkEndedAtMs, b.lastTalkEndedAtMs),
  random: (a, b) => a.chance - b.chance,
}
