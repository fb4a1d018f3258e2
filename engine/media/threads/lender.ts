import { randomInt } from 'node:crypto'
import { Failure } from '../../core/failures.ts'
import type { LentDoor } from '../messages.ts'
import type { PlayoutFigures } from '../rtp/link-figures.ts'
import type { AddressedRtpPort, RtpTarget, WebRtcPort } from '../rtp/rtp-port.ts'
import { DoorFigures, newFigures } from './door-figures.ts'
import { sharedNowMs } from './shared-clock.ts'
import type { Way } from './way.ts'

export type Door = AddressedRtpPort | WebRtcPort

interface Lease {
  readonly door: Door
  readonly memory: SharedArrayBuffer
  readonly figures: DoorFigures
  way: Way
}

/** Threads follow each other in the same place: what one has lent must not be taken for the next one's. */
const FIRST_LEASES = 2 ** 30

const ignore = (): void => {}

/** Ports of this thread whose legs live in another one. */
export class Lender {
  readonly #index: number
  readonly #trouble: (message: string) => void
  readonly #leases = new Map<number, Lease>()
  #last = randomInt(FIRST_LEASES)

  /** `index` is that of the thread. */
  constructor(index: number, trouble: (message: string) => void) {
    this.#index = index
    this.#trouble = trouble
  }

  lend(door: Door, way: Way, isCurrent: boolean): LentDoor {
    this.#last += 1
    const lease = this.#last
    const memory = newFigures()
    const lent: Lease = { door, memory, figures: new DoorFigures(memory), way }
    this.#leases.set(lease, lent)
    door.onPacket = (packet, bytes) => lent.way.received(lease, packet, bytes, sharedNowMs())
    if (door.kind === 'webrtc') {
      door.onConnection = (state) => lent.way.tell({ is: 'connection', lease, state })
    }
    this.#publish(lent)
    const told = { owner: this.#index, lease, figures: memory, isCurrent }
    return door.kind === 'webrtc'
      ? { ...told, kind: 'webrtc', end: door.end }
      : { ...told, kind: 'addressed', localPort: door.localPort }
  }

  /** Another thread has the leg now. */
  relend(lease: number, way: Way): void {
    const lent = this.#leases.get(lease)
    if (lent) lent.way = way
  }

  /** The leg is in this thread again. */
  takeBack(lease: number): Door | undefined {
    const lent = this.#leases.get(lease)
    this.#leases.delete(lease)
    if (!lent) return undefined
    lent.door.onPacket = ignore
    if (lent.door.kind === 'webrtc') lent.door.onConnection = ignore
    return lent.door
  }

  send(lease: number, packet: Uint8Array, bytes: number): void {
    this.#leases.get(lease)?.door.send(packet, bytes)
  }

  aim(lease: number, target: RtpTarget): void {
    try {
      this.#leases.get(lease)?.door.aim(target)
    } catch (error) {
      this.#trouble(`a port can't be used as agreed: ${wordsOf(error)}`)
    }
  }

  plays(lease: number, figures: PlayoutFigures): void {
    this.#leases.get(lease)?.door.plays(figures)
  }

  async restartIce(lease: number, way: Way): Promise<void> {
    const door = this.#leases.get(lease)?.door
    try {
      if (door?.kind !== 'webrtc') throw new Failure('no_media_port', 'The leg is closed')
      way.tell({ is: 'restarted', lease, end: await door.restartIce() })
    } catch (error) {
      const code = error instanceof Failure ? error.code : 'internal_error'
      way.tell({ is: 'notRestarted', lease, code, message: wordsOf(error) })
    }
  }

  async close(lease: number): Promise<void> {
    const lent = this.#leases.get(lease)
    this.#leases.delete(lease)
    if (!lent) return
    await lent.door.close()
    this.#publish(lent)
  }

  /** Closes all that a thread had which is no more. */
  async closeAll(way: Way): Promise<void> {
    const lost = [...this.#leases].filter(([, lent]) => lent.way === way)
    await Promise.all(lost.map(([lease]) => this.close(lease)))
  }

  /** Tells the other threads what the ports have counted. */
  publish(): void {
    for (const lent of this.#leases.values()) this.#publish(lent)
  }

  #publish({ door, figures }: Lease): void {
    figures.tell(door)
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
