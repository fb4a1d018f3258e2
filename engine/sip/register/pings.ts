import type { Log } from '../../core/ports/observe.ts'
import { withoutSipSecrets } from '../../core/sip-secrets.ts'
import { contactRoute } from '../call/routes.ts'
import { type Context, userAgent } from '../context.ts'
import type { SentRequest } from '../link/link.ts'
import type { Binding, Watcher } from './bindings.ts'
import { isAtHome, isOnConnection, needsConnection } from './sources.ts'

const tickMs = 100
/** A new contact is asked this soon, if not too many are new at once. */
const firstMs = 1_000
const maxFirstPerSecond = 200
/** A thread that was held up for longer does not catch up on all of it at once. */
const longestTickMs = 1_000
/** Those that need no packets to stay reachable are asked this much more seldom. */
const seldom = 4
/** No answer by then is none. */
const answerWithinMs = 4_000
const maxMissed = 2

/** Contacts that are due one after the other: each waits as long as the others. */
interface Queue {
  readonly delayMs: number
  readonly maxPerSecond: number
  /** With the time at which each is due, the next one first. */
  readonly waiting: Map<Binding, number>
}

interface Flying {
  readonly sentAtMs: number
  request: SentRequest | undefined
}

/**
 * Asks contacts by OPTIONS whether they are there, and how long that takes: what is behind a NAT often
 * enough to keep its way through it open, the rest more seldom. However the registrations came, questions
 * go out evenly.
 */
export class Pings implements Watcher {
  readonly #ctx: Context
  readonly #log: Log
  readonly #first: Queue
  readonly #often: Queue
  readonly #seldom: Queue
  readonly #flying = new Map<Binding, Flying>()
  #disarm: (() => void) | undefined
  #tickedAtMs = 0
  #closed = false

  constructor(ctx: Context, everyMs: number) {
    this.#ctx = ctx
    this.#log = ctx.log
    this.#first = queue(firstMs, maxFirstPerSecond)
    this.#often = queue(everyMs)
    this.#seldom = queue(everyMs * seldom)
  }

  watch(binding: Binding): void {
    this.#flying.delete(binding)
    this.#put(this.#first, binding)
    if (!this.#closed) this.#arm()
  }

  forget(binding: Binding): void {
    for (const { waiting } of this.#queues()) waiting.delete(binding)
    this.#flying.get(binding)?.request?.forget()
    this.#flying.delete(binding)
  }

  /**
   * The SIP server may have begun anew, without the connections that it had: whoever is reached on one alone is
   * asked now, so that a call does not have to find out.
   */
  linkUp(): void {
    const all = this.#queues().flatMap(({ waiting }) => [...waiting.keys()])
    const inDoubt = all.filter(({ registration }) => needsConnection(registration))
    for (const binding of inDoubt) this.#put(this.#first, binding, 0)
    if (inDoubt.length > 0 && !this.#closed) this.#arm()
  }

  close(): void {
    this.#closed = true
    this.#disarm?.()
    this.#disarm = undefined
  }

  /** One timer for all, and none while nobody is registered. */
  #arm(): void {
    this.#disarm ??= this.#ctx.clock.after(tickMs, () => this.#tick())
  }

  #tick(): void {
    this.#disarm = undefined
    const nowMs = this.#ctx.clock.monotonicMs()
    const sinceMs = Math.min(longestTickMs, Math.max(tickMs, nowMs - this.#tickedAtMs))
    this.#tickedAtMs = nowMs
    this.#giveUp(nowMs)
    if (this.#ctx.link.up()) for (const each of this.#queues()) this.#askDue(each, nowMs, sinceMs)
    if (this.#flying.size > 0 || this.#queues().some(({ waiting }) => waiting.size > 0)) this.#arm()
  }

  /** Not more at once than lets all of them have their turn: a storm of REGISTERs is smoothed out. */
  #askDue({ waiting, delayMs, maxPerSecond }: Queue, nowMs: number, sinceMs: number): void {
    const perSecond = Math.min(maxPerSecond, (1000 * waiting.size) / delayMs)
    let left = Math.ceil((perSecond * sinceMs) / 1000)
    for (const [binding, dueMs] of waiting) {
      if (dueMs > nowMs || left-- === 0) return
      this.#ask(binding, nowMs)
      this.#put(this.#queueOf(binding), binding)
    }
  }

  #ask(binding: Binding, nowMs: number): void {
    const { link, publicAddress } = this.#ctx
    const { uri, nextHop, routeSet } = contactRoute({
      uri: binding.registration.contact,
      source: binding.registration.source,
      path: binding.registration.path,
    })
    const flying: Flying = { sentAtMs: nowMs, request: undefined }
    this.#flying.set(binding, flying)
    link.request(
      {
        method: 'OPTIONS',
        uri,
        ...(nextHop === undefined ? {} : { nextHop }),
        headers: {
          From: `<sip:${publicAddress}>`,
          To: `<${uri}>`,
          'User-Agent': userAgent,
          ...(routeSet === undefined ? {} : { Route: routeSet }),
        },
      },
      {
        sent: (request) => {
          flying.request = request
        },
        response: ({ status }) => {
          if (status >= 200 && this.#land(binding, flying)) this.#heard(binding, flying, status)
        },
        failed: ({ is }) => {
          if (this.#land(binding, flying) && is !== 'linkDown') this.#miss(binding)
        },
      },
    )
  }

  /** False when it is too late or about what has been forgotten. */
  #land(binding: Binding, flying: Flying): boolean {
    if (this.#flying.get(binding) !== flying) return false
    return this.#flying.delete(binding)
  }

  #heard(binding: Binding, { sentAtMs }: Flying, status: number): void {
    if (!isOwn.has(status)) {
      const tookMs = this.#ctx.clock.monotonicMs() - sentAtMs
      binding.roundTripMs = Math.round(tookMs * 10) / 10
      binding.missed = 0
      this.#mark(binding, 'reachable')
    } else if (needsConnection(binding.registration)) {
      for (const { waiting } of this.#queues()) waiting.delete(binding)
      this.#mark(binding, 'gone')
    } else this.#miss(binding)
  }

  #giveUp(nowMs: number): void {
    for (const [binding, { sentAtMs, request }] of this.#flying) {
      if (nowMs - sentAtMs < answerWithinMs) return
      this.#flying.delete(binding)
      request?.forget()
      this.#miss(binding)
    }
  }

  #miss(binding: Binding): void {
    binding.missed++
    if (binding.missed === maxMissed) this.#mark(binding, 'unreachable')
    this.#put(this.#queueOf(binding), binding)
  }

  #mark(binding: Binding, reachability: Binding['reachability']): void {
    if (binding.reachability === reachability) return
    binding.reachability = reachability
    const { deviceId } = binding.registration
    const contact = withoutSipSecrets(binding.registration.contact)
    this.#log.debug('device contact', { deviceId, contact, reachability })
  }

  #put({ waiting, delayMs }: Queue, binding: Binding, afterMs = delayMs): void {
    for (const each of this.#queues()) each.waiting.delete(binding)
    waiting.set(binding, this.#ctx.clock.monotonicMs() + afterMs)
  }

  #queueOf(binding: Binding): Queue {
    const inDoubt = binding.missed > 0 && binding.missed < maxMissed
    const keepsOpen = binding.missed < maxMissed && isBehindNat(binding)
    return inDoubt || keepsOpen ? this.#often : this.#seldom
  }

  #queues(): readonly Queue[] {
    return [this.#first, this.#often, this.#seldom]
  }
}

const queue = (delayMs: number, maxPerSecond = Number.POSITIVE_INFINITY): Queue => ({
  ...{ delayMs, maxPerSecond },
  waiting: new Map(),
})

/** Finals of our own server when nobody answers; no phone says so to OPTIONS. */
const isOwn: ReadonlySet<number> = new Set([408, 410, 430, 503])

/** UDP from another place than the contact names. */
const isBehindNat = ({ registration }: Binding): boolean =>
  !isOnConnection(registration) && registration.path.length === 0 && !isAtHome(registration)
