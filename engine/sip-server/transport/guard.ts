import { BlockList, isIP } from 'node:net'
import type { Clock } from '../clock.ts'
import type { LogEvent } from '../context.ts'
import type { Counters } from '../counters.ts'
import type { Peer } from './peer.ts'

export interface GuardOptions {
  /** addresses and networks (CIDR) that are neither limited nor banned */
  readonly never: readonly string[]
}

/** What whoever keeps the list of bans tells the guard. Addresses are plain IP addresses. */
export type GuardCommand =
  | { readonly is: 'ban'; readonly address: string; readonly untilMs: number }
  | { readonly is: 'lift'; readonly address: string }
  /** somebody there has proved who he is */
  | { readonly is: 'trust'; readonly address: string; readonly untilMs: number }
  /** trunks, also networks (CIDR); those of the last such command */
  | { readonly is: 'exempt'; readonly addresses: readonly string[] }

/** Messages that one source may send: so many at once, and after that so many a second. */
interface Share {
  readonly burst: number
  readonly perSecond: number
}

export const shares = {
  /** somebody who has proved who he is: an office behind one address, after its power came back */
  trusted: { burst: 2000, perSecond: 200 },
  stranger: { burst: 300, perSecond: 100 },
  /** a stranger while there are too many: enough for the next call, after which he is none */
  strangerUnderStress: { burst: 8, perSecond: 0.5 },
  /** all strangers together while there are too many: each leaves a transaction for half a minute */
  allStrangers: { burst: 400, perSecond: 200 },
} as const satisfies Readonly<Record<string, Share>>

/** So many messages of strangers within a second are too many, for so long. */
export const stress = { perSecond: 400, forMs: 5000 } as const
/** So many malformed messages on connections from one address within a minute are no accident. */
const malformedLimit = { count: 30, withinMs: 60_000 } as const
const mostSources = 20_000
/** more than whoever decides on bans keeps at a time */
const mostBans = 20_000
/** Addresses of which it is known whether they are on a list: to look there costs more than the rest. */
const mostLookedUp = 10_000

interface Source {
  tokens: number
  atMs: number
  trustedUntilMs: number
  malformed: number
  malformedSinceMs: number
}

const take = (source: { tokens: number; atMs: number }, share: Share, nowMs: number): boolean => {
  const gained = (Math.max(0, nowMs - source.atMs) * share.perSecond) / 1000
  source.tokens = Math.min(share.burst, source.tokens + gained)
  source.atMs = nowMs
  if (source.tokens < 1) return false
  source.tokens--
  return true
}

/** Names by which programs that look for weak telephone systems introduce themselves. */
const scanner =
  /\r\n(?:user-agent|server)[ \t]*:[ \t]*(?:friendly-scanner|sipvicious|sipcli|sip-scan|siparmyknife|pplsip|sundayddr|iwar)\b/i

const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '')

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4')

const listOf = (networks: readonly string[]): BlockList => {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits] = network.split('/')
    if (isIP(address) === 0) continue
    const longest = isIP(address) === 6 ? 128 : 32
    list.addSubnet(address, bits === undefined ? longest : Number(bits), familyOf(address))
  }
  return list
}

export interface GuardContext {
  readonly clock: Clock
  readonly counters: Counters
  log(event: LogEvent): void
}

/**
 * Stands before the parser: what a source sends beyond its share, or while it is banned, costs a look at
 * its address and no more. It bans nobody by itself, since the address of a UDP packet may be a lie: it
 * reports who misbehaved on a connection (`sip.offender`), and is told who is banned.
 */
export class Guard {
  readonly #context: GuardContext
  readonly #never: BlockList
  #exempt: BlockList = listOf([])
  readonly #free = new Map<string, boolean>()
  readonly #bans = new Map<string, number>()
  readonly #sources = new Map<string, Source>()
  readonly #strangers = { tokens: shares.allStrangers.burst as number, atMs: 0 }
  #second = { sinceMs: 0, messages: 0 }
  #stressUntilMs = 0

  constructor(context: GuardContext, options: GuardOptions) {
    this.#context = context
    this.#never = listOf(options.never)
  }

  get sources(): number {
    return this.#sources.size
  }
  get bans(): number {
    return this.#bans.size
  }

  tell(command: GuardCommand): void {
    switch (command.is) {
      case 'ban':
        this.#ban(command.address, command.untilMs)
        return
      case 'lift':
        this.#bans.delete(command.address)
        return
      case 'trust':
        this.#source(command.address, this.#context.clock.nowMs()).trustedUntilMs = command.untilMs
        return
      case 'exempt':
        this.#exempt = listOf(command.addresses)
        this.#free.clear()
    }
  }

  /** Once for each message, before it is read. */
  admits(peer: Peer): boolean {
    const address = plain(peer.address)
    if (this.#isFree(address)) return true
    const { dropped } = this.#context.counters
    const nowMs = this.#context.clock.nowMs()
    if (this.#isBanned(address, nowMs)) {
      dropped.banned++
      peer.stream?.destroy?.()
      return false
    }
    if (!this.#hasRoom(address, nowMs)) {
      dropped.rateLimited++
      return false
    }
    return true
  }

  /** True for what a program sent that looks for prey: it gets no answer. */
  isScanner(text: string, peer: Peer): boolean {
    const address = plain(peer.address)
    if (!scanner.test(text.slice(0, 4096)) || this.#isFree(address)) return false
    this.#context.counters.dropped.scanner++
    this.#onOffence(peer, address, 'scanner')
    return true
  }

  /** A message of this peer was no proper SIP. */
  malformed(peer: Peer): void {
    if (peer.stream === undefined) return
    const address = plain(peer.address)
    if (this.#isFree(address)) return
    const nowMs = this.#context.clock.nowMs()
    const source = this.#source(address, nowMs)
    if (nowMs - source.malformedSinceMs > malformedLimit.withinMs) {
      source.malformed = 0
      source.malformedSinceMs = nowMs
    }
    source.malformed++
    if (source.malformed < malformedLimit.count) return
    if (source.malformed === malformedLimit.count) this.#onOffence(peer, address, 'malformed')
    else peer.stream.destroy?.()
  }

  /** The connection is closed; whether the address is banned is up to whoever is told. */
  #onOffence({ stream }: Peer, address: string, why: 'scanner' | 'malformed'): void {
    if (stream === undefined) return
    this.#context.log({ event: 'sip.offender', address, why })
    stream.destroy?.()
  }

  /** Whoever is banned and never comes again would be kept for ever. */
  #ban(address: string, untilMs: number): void {
    if (this.#bans.size >= mostBans) {
      const nowMs = this.#context.clock.nowMs()
      for (const [each, until] of this.#bans) if (until <= nowMs) this.#bans.delete(each)
      const [oldest] = this.#bans.keys()
      if (this.#bans.size >= mostBans && oldest !== undefined) this.#bans.delete(oldest)
    }
    this.#bans.set(address, untilMs)
  }

  #isFree(address: string): boolean {
    const known = this.#free.get(address)
    if (known !== undefined) return known
    const family = familyOf(address)
    const isFree = this.#never.check(address, family) || this.#exempt.check(address, family)
    if (this.#free.size >= mostLookedUp) this.#free.clear()
    this.#free.set(address, isFree)
    return isFree
  }

  #isBanned(address: string, nowMs: number): boolean {
    const untilMs = this.#bans.get(address)
    if (untilMs === undefined) return false
    if (untilMs > nowMs) return true
    this.#bans.delete(address)
    return false
  }

  #hasRoom(address: string, nowMs: number): boolean {
    const source = this.#source(address, nowMs)
    if (source.trustedUntilMs > nowMs) return take(source, shares.trusted, nowMs)
    const isStress = this.#stressUntilMs > nowMs
    if (!isStress && !take(source, shares.stranger, nowMs)) return false
    // one alone is held by his own share, and is no reason to be strict with the others
    this.#count(nowMs)
    return (
      !isStress ||
      (take(source, shares.strangerUnderStress, nowMs) &&
        take(this.#strangers, shares.allStrangers, nowMs))
    )
  }

  /** Notices when strangers send too much. */
  #count(nowMs: number): void {
    if (nowMs - this.#second.sinceMs >= 1000) this.#second = { sinceMs: nowMs, messages: 0 }
    if (++this.#second.messages < stress.perSecond) return
    if (this.#stressUntilMs <= nowMs) this.#context.log({ event: 'sip.stress', ...stress })
    this.#stressUntilMs = nowMs + stress.forMs
  }

  #source(address: string, nowMs: number): Source {
    const known = this.#sources.get(address)
    if (known !== undefined) return known
    const source: Source = {
      ...{ tokens: shares.trusted.burst, atMs: nowMs },
      ...{ trustedUntilMs: 0, malformed: 0, malformedSinceMs: nowMs },
    }
    if (this.#sources.size >= mostSources) this.#forget(nowMs)
    this.#sources.set(address, source)
    return source
  }

  /** The oldest that is not trusted, among the first few; else the oldest. */
  #forget(nowMs: number): void {
    let oldest: string | undefined
    let looked = 0
    for (const [address, { trustedUntilMs }] of this.#sources) {
      oldest ??= address
      if (trustedUntilMs <= nowMs) {
        this.#sources.delete(address)
        return
      }
      if (++looked === 100) break
    }
    if (oldest !== undefined) this.#sources.delete(oldest)
  }
}
