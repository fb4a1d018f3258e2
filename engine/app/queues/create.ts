import { Failure } from '../../core/failures.ts'
import { type AccountId, type AgentId, isUuid, type QueueId } from '../../core/ids.ts'
import { parseDestination } from '../../core/numbers.ts'
import type { Account } from '../../core/ports/store.ts'
import type { Web } from '../../core/ports/web.ts'
import {
  type AgentOptions,
  freshFigures,
  freshTally,
  longestWaitMs,
  mostAgents,
  mostWaiting,
  plainAgent,
  plainQueue,
  type QueueAgent,
  type QueueOptions,
  type QueueRecord,
} from '../../core/queue.ts'
import type { LiveCalls } from '../live-calls.ts'
import { checkMusic } from '../music.ts'
import { checkSpokenIn } from '../phrases/check-language.ts'
import type { Ports } from '../ports.ts'
import type { Around } from './around.ts'
import type { NewAgent, NewQueue } from './desk.ts'
import { LiveQueue } from './live-queue.ts'

/** Of one account. */
const mostQueues = 1_000
const longestName = 128

/** By its id, or by its name. */
export const findQueue = (
  calls: LiveCalls,
  account: AccountId,
  nameOrId: string,
): LiveQueue | undefined => {
  const byId = isUuid(nameOrId) ? calls.queues.get(nameOrId as QueueId) : undefined
  return byId?.account.id === account ? byId : calls.queues.byName(account, nameOrId)
}

/** The queue of that name or id; where there is none it is made. Failures of `createQueue`. */
export function queueFor(around: Around, account: Account, nameOrId: string): Promise<LiveQueue> {
  const { queues } = around.calls
  const there = findQueue(around.calls, account.id, nameOrId)
  if (there) return Promise.resolve(there)
  const key = `${account.id} ${nameOrId}`
  // Two who come at once wait in one queue.
  const making =
    queues.making.get(key) ??
    createQueue(around, account, { name: nameOrId }).finally(() => queues.making.delete(key))
  queues.making.set(key, making)
  return making
}

/** Failures `already_exists`, `invalid_request`, `limit_reached`, those of a URL's check and of its music. */
export async function createQueue(
  around: Around,
  account: Account,
  wanted: NewQueue,
): Promise<LiveQueue> {
  const { ports, calls } = around
  const options: QueueOptions = { ...plainQueue, ...wanted.options }
  requireName(calls, account.id, wanted.name)
  checkOptions(ports.web, options)
  checkSpokenIn(ports.speech, wanted.options ?? {})
  if (options.waitMusic) {
    await checkMusic(ports, options.waitMusic, account.id, 'wait_music_url')
    // It took its time: somebody else may have the name now.
    requireName(calls, account.id, wanted.name)
  }
  if (calls.queues.of(account.id).length >= mostQueues) {
    throw new Failure('limit_reached', `an account has ${mostQueues} queues at most`)
  }
  const agents: QueueAgent[] = []
  for (const agent of wanted.agents ?? []) agents.push(newAgent(ports, agents, agent))
  const nowMs = ports.clock.nowMs()
  const record: QueueRecord = {
    ...{ id: ports.ids.uuid() as QueueId, accountId: account.id, name: wanted.name },
    ...{ options, agents, figures: freshFigures(nowMs), createdAtMs: nowMs },
  }
  const { isTest: _, ...owner } = account
  const queue = new LiveQueue(around, owner, record)
  // Before it is stored: of two of one name the second is refused here.
  calls.queues.add(queue)
  try {
    await ports.store.queues.save(record, { events: [queue.told('queue.created')] })
  } catch (error) {
    queue.isDeleted = true
    calls.queues.remove(queue)
    throw error
  }
  return queue
}

/** Failures `invalid_request`, `already_exists`. */
export function requireName(calls: LiveCalls, account: AccountId, name: string): void {
  if (name === '' || name.length > longestName) {
    throw new Failure('invalid_request', `a name has 1 to ${longestName} characters`, 'name')
  }
  if (isUuid(name)) throw new Failure('invalid_request', 'a name must not be like an id', 'name')
  if (calls.queues.byName(account, name)) {
    throw new Failure('already_exists', `there is a queue ${name} already`, 'name')
  }
}

const within = (value: number, least: number, most: number, field: string, whole = true): void => {
  const fits = whole ? Number.isInteger(value) : Number.isFinite(value)
  if (fits && value >= least && value <= most) return
  throw new Failure('invalid_request', `${field} must be ${least} to ${most}`, field)
}

/** Failure `invalid_request`, those of a URL's check. */
export function checkOptions(
  web: Pick<Web, 'checkUrl' | 'checkPromptUrl'>,
  options: QueueOptions,
): void {
  const { announceEveryMs, waitMusic, waitUrl } = options
  within(options.maxSize, 1, mostWaiting, 'max_size')
  if (announceEveryMs !== null) withinS(announceEveryMs, 5, 3_600, 'announce_every')
  withinS(options.maxWaitMs, 1, longestWaitMs / 1_000, 'max_wait')
  withinS(options.ringTimeoutMs, 5, 600, 'ring_timeout')
  withinS(options.retryDelayMs, 0, 3_600, 'retry_delay')
  withinS(options.serviceLevelMs, 1, 3_600, 'service_level_within')
  if (waitMusic) web.checkPromptUrl(waitMusic, 'wait_music_url')
  if (waitUrl !== null) web.checkUrl(waitUrl, 'wait_url')
}

const withinS = (ms: number, leastS: number, mostS: number, field: string): void =>
  within(ms / 1_000, leastS, mostS, field, false)

/** Failures `invalid_request`, `invalid_phone_number`, `already_exists`, `limit_reached`. */
export function newAgent(
  ports: Pick<Ports, 'ids'>,
  others: readonly QueueAgent[],
  wanted: NewAgent,
): QueueAgent {
  if (others.length >= mostAgents) {
    throw new Failure('limit_reached', `a queue has ${mostAgents} agents at most`)
  }
  const options: AgentOptions = { ...plainAgent, ...wanted }
  checkAgent(options)
  if (others.some(({ target }) => target === options.target)) {
    throw new Failure('already_exists', `${options.target} is an agent already`, 'target')
  }
  return { ...options, id: ports.ids.uuid() as AgentId, tally: freshTally }
}

/** Failures `invalid_request`, `invalid_phone_number`. */
export function checkAgent({ target, tier, wrapUpMs, maxCalls }: AgentOptions): void {
  requireTarget(target, 'target')
  within(tier, 0, 100, 'tier')
  withinS(wrapUpMs, 0, 3_600, 'wrap_up')
  within(maxCalls, 1, 100, 'max_calls')
}

/** Failure `invalid_phone_number`. Whether anybody is there is looked at when he is to be called. */
export function requireTarget(target: string, field: string): void {
  if (parseDestination(target)) return
  throw new Failure('invalid_phone_number', 'not an E.164 number, SIP URI or device name', field)
}
