import { isIP } from 'node:net'
import type { Clock } from '../clock.ts'
import type { Random } from '../random.ts'
import type { Dns, SrvRecord } from './dns.ts'
import type { Place, Target } from './peer.ts'
import { serviceName } from './protocols.ts'

const cachedNames = 1000
const goodForMs = 30_000
const badForMs = 3000

type Done = (place: Place | undefined) => void
interface Entry {
  readonly place: Place | undefined
  readonly untilMs: number
}

/** RFC 2782: lowest priority first, then by chance in proportion to weight. */
export const chooseService = (
  records: readonly SrvRecord[],
  random: Pick<Random, 'below'>,
): SrvRecord | undefined => {
  const best = Math.min(...records.map(({ priority }) => priority))
  const equals = records.filter(({ priority }) => priority === best)
  const total = equals.reduce((sum, { weight }) => sum + weight, 0)
  let left = random.below(total + 1)
  return equals.find(({ weight }) => {
    left -= weight
    return left <= 0
  })
}

/**
 * Where a target is (RFC 3263 without NAPTR). An address literal answers at once; a name answers
 * all who asked in the order of asking, so that messages to one name keep their order.
 */
export class Resolver {
  readonly #clock: Clock
  readonly #random: Pick<Random, 'below'>
  readonly #dns: Dns
  readonly #family: 4 | 6
  readonly #known = new Map<string, Entry>()
  readonly #waiting = new Map<string, Done[]>()

  constructor(clock: Clock, random: Pick<Random, 'below'>, dns: Dns, family: 4 | 6) {
    this.#clock = clock
    this.#random = random
    this.#dns = dns
    this.#family = family
  }

  resolve(target: Target, done: Done): void {
    const { host, port, pin } = target
    const fixed = isIP(host) === 0 ? pin?.place : { address: host, port }
    if (fixed !== undefined) {
      done(fixed)
      return
    }
    const key = `${host} ${target.service === true ? target.protocol : port}`
    const known = this.#known.get(key)
    if (known !== undefined && known.untilMs > this.#clock.nowMs()) {
      done(known.place)
      return
    }
    const waiting = this.#waiting.get(key)
    if (waiting !== undefined) {
      waiting.push(done)
      return
    }
    this.#waiting.set(key, [done])
    const settle = (place: Place | undefined): void => this.#settle(key, place)
    // a name without a dot is a machine of this network, not a domain with services
    if (target.service === true && host.includes('.')) this.#byService(target, settle)
    else this.#byAddress(host, port, settle)
  }

  #byService({ host, port, protocol }: Target, done: Done): void {
    this.#dns.services(`${serviceName(protocol)}.${host}`, (records) => {
      const chosen = chooseService(records, this.#random)
      if (chosen === undefined) this.#byAddress(host, port, done)
      else this.#byAddress(chosen.name, chosen.port, done)
    })
  }

  #byAddress(host: string, port: number, done: Done): void {
    this.#dns.address(host, this.#family, (address) => {
      done(address === undefined ? undefined : { address, port })
    })
  }

  #settle(key: string, place: Place | undefined): void {
    if (this.#known.size >= cachedNames) this.#known.clear()
    const lastsMs = place === undefined ? badForMs : goodForMs
    this.#known.set(key, { place, untilMs: this.#clock.nowMs() + lastsMs })
    const waiting = this.#waiting.get(key) ?? []
    this.#waiting.delete(key)
    for (const done of waiting) done(place)
  }
}
