import type { AgentShown, AgentStatus } from './desk.ts'

/** Of an agent; `talking`: in so many talks, which count as answered and have no length yet. */
export type AgentAtWork = Pick<AgentShown, 'status' | 'tally' | 'wrapUpMs'> & {
  readonly talking: number
}

/** So few talks tell nothing of the next ones. */
const leastTalks = 3

/**
 * At work is who takes calls of the queue, or will again. While somebody waits `idle` is only who can not be reached,
 * or is about to ring.
 */
const atWork: ReadonlySet<AgentStatus> = new Set([
  ...(['ringing', 'talking', 'wrapping-up', 'resting', 'busy'] as const),
])

/**
 * How long somebody will probably wait: his turns (as of LiveQueue.turnsOf) times the mean length of a talk with what is
 * to be done after it, divided by the agents at work. Undefined: it rings for him, nobody is at work, or they have not
 * talked enough.
 */
export function expectedWaitMs(turns: number, all: readonly AgentAtWork[]): number | undefined {
  const agents = all.filter(({ status }) => atWork.has(status))
  const talks = sum(agents, ({ tally, talking }) => tally.answered - talking)
  if (turns === 0 || talks < leastTalks) return undefined
  const talkMs = sum(agents, ({ tally }) => tally.talkedMs) / talks
  const wrapUpMs = sum(agents, ({ wrapUpMs: own }) => own) / agents.length
  return (turns * (talkMs + wrapUpMs)) / agents.length
}

const sum = <Item>(items: readonly Item[], of: (item: Item) => number): number =>
  items.reduce((total, item) => total + of(item), 0)
