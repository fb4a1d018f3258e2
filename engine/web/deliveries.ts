import type { Clock } from '../core/clock.ts'
import type { AccountId } from '../core/ids.ts'
import type { Log, Metrics } from '../core/ports/observe.ts'
import type { Delivery, Store } from '../core/ports/store.ts'
import type { OutgoingRequest } from '../core/ports/web.ts'
import type { AllowedTarget } from '../core/targets.ts'
import { createFetch, type GuardedFetch } from './fetch.ts'
import { createGuard, type Lookup } from './guard.ts'
import { Lanes, type Pace } from './lanes.ts'
import { deliveryIdOf, retryAtMs, signatureOf, signedPartOf } from './webhook.ts'

const maxInFlight = 32
const attemptTimeoutMs = 10_000
/** An answer that takes longer than this keeps others waiting for a place. */
const slowMs = 2_000
/** Pause after the store itself failed. */
const storeFaultMs = 5_000
const closeWaitMs = 5_000
/** Due times are wall time, which may jump. */
const maxSleepMs = 60_000

export interface DeliveryOptions {
  readonly outbox: Store['outbox']
  /** What may be reached beyond the public internet. */
  readonly allowed: readonly AllowedTarget[]
  /** The key of an account, or one for all; without one a webhook goes out unsigned. */
  readonly secret: string | ((accountId: AccountId) => Promise<string | undefined>)
  /** What the receiver gets. Undefined: nobody here can write it any more, so it is given up. */
  readonly render: (delivery: Delivery) => OutgoingRequest | undefined
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Pick<Metrics, 'webhook'>
  readonly lookup?: Lookup
  /** 0 to 1, for the jitter of retries. */
  readonly random?: () => number
}

export interface Deliveries {
  /** Looks at the outbox now. The outbox itself tells of new deliveries; this is for everything else. */
  wake(): void
  /** Starts nothing more and waits up to 5 s for what is under way; that is sent again next time. */
  close(): Promise<void>
}

/**
 * Empties the outbox over HTTP: in order for each receiver of a call, side by side otherwise, retried until
 * received.
 * A receiver may get a webhook twice (a crash after its answer), never in another order.
 */
export function startDeliveries(options: DeliveryOptions): Deliveries {
  const deliveries = new OutboxDrain(options)
  deliveries.wake()
  return { wake: () => deliveries.wake(), close: () => deliveries.close() }
}

type Outcome =
  | { readonly is: 'delivered' }
  | { readonly is: 'refused'; readonly error: string; readonly isFinal: boolean }
  | { readonly is: 'unanswered'; readonly error: string }

class OutboxDrain {
  readonly #options: DeliveryOptions
  readonly #fetch: GuardedFetch
  readonly #lanes = new Lanes()
  readonly #inFlight = new Map<number, Promise<void>>()
  readonly #abort = new AbortController()
  readonly #unwatch: () => void
  #pumping: Promise<void> | undefined
  #pumpAgain = false
  #closed = false
  #disarm: () => void = () => undefined

  constructor(options: DeliveryOptions) {
    this.#options = options
    this.#fetch = createFetch(createGuard(options.allowed, options.lookup), options.clock)
    this.#unwatch = options.outbox.watch(() => this.wake())
  }

  wake(): void {
    if (this.#closed) return
    this.#pumpAgain = true
    this.#pumping ??= this.#pump().finally(() => {
      this.#pumping = undefined
      // Woken between its last look and now.
      if (this.#pumpAgain) this.wake()
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#unwatch()
    this.#disarm()
    const { promise: late, resolve } = Promise.withResolvers<void>()
    const disarm = this.#options.clock.after(closeWaitMs, resolve)
    await this.#pumping
    await Promise.race([this.#idle(), late])
    disarm()
    this.#abort.abort()
    await this.#idle()
  }

  async #idle(): Promise<void> {
    await Promise.all(this.#inFlight.values())
  }

  async #pump(): Promise<void> {
    const { outbox, clock, log } = this.#options
    try {
      while (this.#pumpAgain && !this.#closed) {
        this.#pumpAgain = false
        const nowMs = clock.nowMs()
        while (await this.#startDue(nowMs)) {}
        const nextMs = await outbox.nextDueMs(nowMs)
        if (nextMs !== undefined) this.#arm(nextMs - clock.nowMs())
      }
    } catch (error) {
      log.error('the outbox cannot be read', { error })
      this.#arm(storeFaultMs)
    }
  }

  #arm(delayMs: number): void {
    this.#disarm()
    if (this.#closed) return
    this.#disarm = this.#options.clock.after(Math.min(maxSleepMs, Math.max(0, delayMs)), () =>
      this.wake(),
    )
  }

  /** Starts what is due and may start; true if there may be more. */
  async #startDue(nowMs: number): Promise<boolean> {
    const free = maxInFlight - this.#inFlight.size
    if (free <= 0 || this.#closed) return false
    const skip = { ids: [...this.#inFlight.keys()], hosts: this.#lanes.full() }
    const due = await this.#options.outbox.due(nowMs, free, skip)
    const started = due.filter((delivery) => this.#start(delivery))
    return started.length > 0 && due.length === free
  }

  #start(delivery: Delivery): boolean {
    const { id, host } = delivery
    if (this.#closed || this.#inFlight.has(id) || !this.#lanes.mayStart(host)) return false
    this.#lanes.started(host)
    this.#inFlight.set(id, this.#carryOut(delivery))
    return true
  }

  /** One attempt and what comes of it. Never rejects. */
  async #carryOut(delivery: Delivery): Promise<void> {
    const { clock, log } = this.#options
    const beganMs = clock.monotonicMs()
    const outcome = await this.#attempt(delivery)
    const pace = paceOf(outcome, clock.monotonicMs() - beganMs)
    // Given up by close(): it stays due, so the next process sends it.
    const isLeft = outcome.is === 'unanswered' && this.#abort.signal.aborted
    try {
      if (!isLeft) await this.#settle(delivery, outcome)
      this.#inFlight.delete(delivery.id)
    } catch (error) {
      // It looks due still: kept back for a while, or it would be sent over and over.
      log.error('the outcome of a webhook could not be stored', { id: delivery.id, error })
      clock.after(storeFaultMs, () => {
        this.#inFlight.delete(delivery.id)
        this.wake()
      })
    }
    this.#lanes.ended(delivery.host, pace)
    this.wake()
  }

  async #attempt(delivery: Delivery): Promise<Outcome> {
    const rendered = this.#rendered(delivery)
    if ('is' in rendered) return rendered
    try {
      const answer = await this.#send(delivery, rendered)
      if (answer.status >= 200 && answer.status <= 299) return { is: 'delivered' }
      return { is: 'refused', error: `HTTP ${answer.status}`, isFinal: answer.status === 410 }
    } catch (error) {
      return { is: 'unanswered', error: messageOf(error) }
    }
  }

  /** The request to make, or why there is none: that says nothing about the receiver. */
  #rendered(delivery: Delivery): OutgoingRequest | Outcome {
    const { render, log } = this.#options
    try {
      const request = render(delivery)
      if (request === undefined) {
        const error = `nothing here writes webhooks of "${delivery.renderer ?? 'calls'}" any more`
        return { is: 'refused', error, isFinal: true }
      }
      if (URL.parse(request.url)?.host === delivery.host) return request
      const error = `the address that was written is not on ${delivery.host}`
      return { is: 'refused', error, isFinal: true }
    } catch (error) {
      // A bug of ours: repeated like a failure, so that a better version still tells the receiver.
      log.error('a webhook could not be written', { id: delivery.id, error })
      return { is: 'refused', error: messageOf(error), isFinal: false }
    }
  }

  async #send(delivery: Delivery, request: OutgoingRequest) {
    const { clock, secret } = this.#options
    const key = typeof secret === 'string' ? secret : await secret(delivery.event.accountId)
    const signature: Record<string, string> =
      key === undefined
        ? {}
        : { 'x-ringdown-signature': signatureOf(signedPartOf(request), key, clock.nowMs()) }
    return this.#fetch({
      ...request,
      headers: {
        ...request.headers,
        'x-ringdown-delivery': deliveryIdOf(delivery),
        ...signature,
      },
      timeoutMs: attemptTimeoutMs,
      maxBytes: 0,
      keepsMethod: true,
      signal: this.#abort.signal,
    })
  }

  async #settle(delivery: Delivery, outcome: Outcome): Promise<void> {
    const { outbox, clock, metrics, log, random = Math.random } = this.#options
    if (outcome.is === 'delivered') {
      await outbox.delivered(delivery.id)
      return metrics.webhook('delivered')
    }
    const { error } = outcome
    const isFinal = outcome.is === 'refused' && outcome.isFinal
    const atMs = isFinal ? undefined : retryAtMs(delivery, clock.nowMs(), random())
    const { host, event } = delivery
    const { conferenceId } = event
    const subject = conferenceId === undefined ? { callId: event.callId } : { conferenceId }
    // Not the address: its path and query may hold a key.
    const about = { ...subject, host, event: event.type, error }
    if (atMs === undefined) {
      await outbox.dead(delivery.id, error)
      log.warn('a webhook was given up', about)
      return metrics.webhook('dead')
    }
    await outbox.retryAt(delivery.id, atMs, error)
    // The first failure is news, the hundredth is not.
    const level = delivery.attempts === 0 ? 'warn' : 'debug'
    log[level]('a webhook failed and will be repeated', {
      ...about,
      attempts: delivery.attempts + 1,
    })
    metrics.webhook('retried')
  }
}

function paceOf({ is }: Outcome, tookMs: number): Pace {
  if (is === 'unanswered') return 'failing'
  return tookMs > slowMs ? 'slow' : 'well'
}

const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, 300)
