import { isIP } from 'node:net'
import type { Clock } from '../clock.ts'
import { detached } from '../message/text.ts'
import type { Random } from '../random.ts'
import { BadPlaces } from './bad-places.ts'
import type { Dns } from './dns.ts'
import type { Place, Target } from './peer.ts'
import { type Abilities, Resolver } from './resolve.ts'

const maxChallengers = 1000

export interface NamesParts extends Abilities {
  readonly clock: Clock
  readonly random: Pick<Random, 'below'>
  readonly dns: Dns
  contain(work: () => void): void
}

/** Where targets are, and which of their places have failed of late. */
export class Names {
  readonly #resolver: Resolver
  readonly #bad: BadPlaces
  /** who challenged a request, by its Call-ID */
  readonly #challengers = new Map<string, Place>()

  constructor(parts: NamesParts) {
    this.#resolver = new Resolver(parts)
    this.#bad = new BadPlaces(parts.clock)
  }

  /**
   * All the places at which a target may be tried, in that order; none if there is no such name. First
   * comes who challenged the request before, for his nonce may mean nothing to the others.
   */
  ways(target: Target, callId: string, done: (targets: readonly Target[]) => void): void {
    const { host, stream, streamOnly, place } = target
    if (isIP(host) !== 0 || stream?.open === true || streamOnly === true || place !== undefined) {
      done([target])
      return
    }
    const challenger = this.#challengers.get(callId)
    this.#challengers.delete(callId)
    const isFirst = (way: Place): boolean =>
      way.address === challenger?.address && way.port === challenger.port
    this.#resolver.resolve(target, (ways) => {
      const { service: _asked, open: _chosen, ...rest } = target
      done(
        this.#bad
          .last(ways)
          .toSorted((a, b) => Number(isFirst(b)) - Number(isFirst(a)))
          .map(({ protocol, address, port }) => ({
            ...rest,
            ...{ protocol, port, place: { address, port } },
          })),
      )
    })
  }

  /** The place of a target: the one that was chosen for it, or the first. */
  placeOf(target: Target, done: (place: Place | undefined) => void): void {
    const { host, port, pin } = target
    const fixed = target.place ?? (isIP(host) === 0 ? pin?.place : { address: host, port })
    if (fixed !== undefined) {
      done(fixed)
      return
    }
    this.#resolver.resolve({ ...target, open: false }, (ways) => {
      const [first] = this.#bad.last(ways)
      const place = first && { address: first.address, port: first.port }
      if (pin !== undefined) pin.place = place
      done(place)
    })
  }

  /** The place of a target did not answer, or has no room; `forMs` is how long if it said so. */
  failed(target: Target, forMs?: number): void {
    const place = target.place ?? target.pin?.place
    if (place !== undefined) this.#bad.note({ protocol: target.protocol, ...place }, forMs)
  }

  challenged(callId: string, { place }: Target): void {
    if (place === undefined) return
    const [oldest] = this.#challengers.keys()
    if (this.#challengers.size >= maxChallengers && oldest !== undefined) {
      this.#challengers.delete(oldest)
    }
    this.#challengers.set(detached(callId), place)
  }

  answered(target: Target): void {
    const place = target.place ?? target.pin?.place
    if (place !== undefined) this.#bad.clear({ protocol: target.protocol, ...place })
  }

  close(): void {
    this.#resolver.close()
  }
}
