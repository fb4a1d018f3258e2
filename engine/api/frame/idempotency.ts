import { createHash } from 'node:crypto'
import { Failure, type FailureCode } from '../../core/failures.ts'
import type { AccountId, CallId } from '../../core/ids.ts'
import type { IdempotentRequest } from '../../core/ports/idempotency.ts'
import type { Account } from '../../core/ports/store.ts'
import type { Idempotency, Reply } from '../dialect.ts'
import type { Services } from '../services.ts'
import { sealed, unsealed } from './sealed-reply.ts'

const longestKey = 255
const hourMs = 3_600_000
/** A little more than a day, so that a day can be relied on. */
const keptMs = 25 * hourMs
const sweepEveryMs = 600_000
const sweptAtOnce = 500
/** Of one account within a day. */
export const mostKept = 200_000

/** A request as far as it has to be the same when it is repeated. */
export interface Repeatable {
  readonly account: Account
  readonly key: string
  readonly operation: string
  readonly makesCall: boolean
  /** Who of the account asks, where that is not a key. */
  readonly who: string | undefined
  readonly params: unknown
  readonly query: unknown
  readonly body: unknown
}

export interface Outcome {
  readonly reply: Reply
  /** It was answered before. */
  readonly isReplay: boolean
}

/** A refusal that was answered before. */
export class ReplayedFailure extends Failure {}

type Kept =
  | {
      readonly reply: {
        readonly status: number
        readonly headers?: object
        readonly body?: unknown
      }
    }
  | { readonly failure: readonly [FailureCode, string, string | undefined] }

/**
 * Requests with an Idempotency-Key are carried out once. A call that they make has an id before the work begins, and
 * that is stored: after a crash a repeat finds the call by it. Where something else was to be made a repeat after a
 * crash is refused: what a crash has cut off is never begun again, and a secret could not be shown again anyway. What
 * failed by a bug, or by a store that did, was cut off just so. An answer is kept for a day. A refusal is not, unless a
 * call was made all the same: what was refused may be asked again.
 */
export class IdempotencyDesk {
  readonly #services: Services
  /** Under work now, with the hash of what was asked. */
  readonly #running = new Map<string, string>()
  readonly #counts = new Map<AccountId, number>()
  #sweptAtMs = Number.NEGATIVE_INFINITY
  #sweeping: Promise<void> = Promise.resolve()

  constructor(services: Services) {
    this.#services = services
  }

  /**
   * Failures of `work`, `invalid_request` (the key), `idempotency_conflict` (it was used for something else),
   * `request_in_progress`, `outcome_unknown` (it was begun, and never answered), `limit_reached` (too many keys).
   */
  async once(
    asked: Repeatable,
    work: (idempotency: Idempotency) => Promise<Reply>,
  ): Promise<Outcome> {
    checkKey(asked.key)
    const requestHash = hashOfRequest(asked)
    const keyHash = sha256(asked.key)
    const running = `${asked.account.id} ${keyHash}`
    const now = this.#running.get(running)
    if (now !== undefined) throw now === requestHash ? inProgress() : conflict()
    this.#running.set(running, requestHash)
    try {
      return await this.#alone(asked, { keyHash, requestHash }, work)
    } finally {
      this.#running.delete(running)
    }
  }

  /** Waits for what is being swept. */
  async idle(): Promise<void> {
    await this.#sweeping
  }

  async #alone(
    asked: Repeatable,
    hashes: Pick<IdempotentRequest, 'keyHash' | 'requestHash'>,
    work: (idempotency: Idempotency) => Promise<Reply>,
  ): Promise<Outcome> {
    const { request, isNew } = await this.#begin(asked, hashes)
    if (request.requestHash !== hashes.requestHash) throw conflict()
    if (request.reply !== null) return replayed(JSON.parse(unsealed(request.reply, asked.key)))
    // A crash has come between, or a bug.
    if (!isNew && !asked.makesCall) throw unknownOutcome()
    const isReplay = !isNew && (await this.#isMade(request))
    const reply = await this.#refusing(asked, request, () =>
      work({ resourceId: request.resourceId }),
    )
    await this.#keep(asked, request, reply)
    return { reply, isReplay }
  }

  async #begin(
    { account, operation }: Repeatable,
    hashes: Pick<IdempotentRequest, 'keyHash' | 'requestHash'>,
  ): Promise<{ readonly request: IdempotentRequest; readonly isNew: boolean }> {
    const { clock, ids } = this.#services.directory
    const createdAtMs = clock.nowMs()
    this.#sweepSometimes(createdAtMs)
    const fresh: IdempotentRequest = {
      ...{ accountId: account.id, operation, ...hashes },
      ...{ resourceId: ids.uuid(), createdAtMs, reply: null },
    }
    const there = await this.#store.begin(fresh)
    if (there !== undefined) return { request: there, isNew: false }
    const count = (this.#counts.get(account.id) ?? (await this.#store.count(account.id)) - 1) + 1
    this.#counts.set(account.id, count)
    if (count > mostKept) {
      await this.#forget(fresh)
      throw new Failure('limit_reached', `An account may use ${mostKept} Idempotency-Keys a day`)
    }
    return { request: fresh, isNew: true }
  }

  async #keep(asked: Repeatable, request: IdempotentRequest, reply: Reply): Promise<void> {
    if (!('status' in reply)) return this.#forget(request)
    if (reply.status >= 400 && !(await this.#isMade(request))) return this.#forget(request)
    await this.#finish(asked, request, { reply })
  }

  async #refusing(
    asked: Repeatable,
    request: IdempotentRequest,
    work: () => Promise<Reply>,
  ): Promise<Reply> {
    try {
      return await work()
    } catch (error) {
      await this.#refused(asked, request, error)
      throw error
    }
  }

  async #refused(asked: Repeatable, request: IdempotentRequest, error: unknown): Promise<void> {
    const isBug = !(error instanceof Failure)
    // Part of it may be done: the key stays, and a repeat is told that nobody knows. Of a call it is known.
    if (isBug && !asked.makesCall) return
    if (!(await this.#isMade(request))) return this.#forget(request)
    // A bug of ours is not kept: a repeat finds what was made.
    if (isBug) return
    await this.#finish(asked, request, { failure: [error.code, error.message, error.field] })
  }

  async #finish({ key }: Repeatable, request: IdempotentRequest, kept: Kept): Promise<void> {
    await this.#store.finish(request, sealed(JSON.stringify(kept), key))
  }

  async #forget(request: IdempotentRequest): Promise<void> {
    await this.#store.forget(request)
    const count = this.#counts.get(request.accountId)
    if (count !== undefined) this.#counts.set(request.accountId, count - 1)
  }

  async #isMade({ accountId, resourceId }: IdempotentRequest): Promise<boolean> {
    const { calls } = this.#services.directory.store
    return (await calls.get(accountId, resourceId as CallId)) !== undefined
  }

  #sweepSometimes(nowMs: number): void {
    if (nowMs - this.#sweptAtMs < sweepEveryMs) return
    this.#sweptAtMs = nowMs
    // What can't be swept now is swept the next time.
    this.#sweeping = this.#sweep(nowMs - keptMs).catch(() => undefined)
  }

  async #sweep(beforeMs: number): Promise<void> {
    while ((await this.#store.sweep(beforeMs, sweptAtOnce)) === sweptAtOnce) {
      await new Promise((resolve) => setImmediate(resolve))
    }
    this.#counts.clear()
  }

  get #store() {
    return this.#services.directory.store.idempotency
  }
}

function checkKey(key: string): void {
  if (key.length >= 1 && key.length <= longestKey) return
  const text = `The Idempotency-Key must have 1 to ${longestKey} characters`
  throw new Failure('invalid_request', text, 'idempotency_key')
}

function replayed(kept: Kept): Outcome {
  if ('failure' in kept) throw new ReplayedFailure(...kept.failure)
  return { reply: kept.reply as Reply, isReplay: true }
}

const inProgress = (): Failure =>
  new Failure(
    'request_in_progress',
    'The first request with this Idempotency-Key is not answered yet',
    undefined,
    { retryAfterS: 1 },
  )

const unknownOutcome = (): Failure =>
  new Failure(
    'outcome_unknown',
    'The engine was stopped, or failed, while it did this, and may have done it: look, then ask with another Idempotency-Key',
  )

const conflict = (): Failure =>
  new Failure('idempotency_conflict', 'This Idempotency-Key was used for another request')

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** A test key asks for something else than a live one. */
const hashOfRequest = ({ account, operation, who, params, query, body }: Repeatable): string =>
  sha256(canonical([operation, account.isTest ?? false, who ?? null, params, query, body ?? null]))

/** JSON whose objects have their fields in one order. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_name, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
