import { type LinkFigures, noLink } from '../rtp/link-figures.ts'
import type { RtpPort, RtpPortStatistics } from '../rtp/rtp-port.ts'

const counted = [
  'packetsSent',
  'packetsReceived',
  'packetsFromStrangers',
  'packetsForged',
  'rtcpReceived',
] as const satisfies readonly (keyof RtpPortStatistics)[]
const measured = Object.keys(noLink) as (keyof LinkFigures)[]

const HEARD = counted.length
const HEARD_RTCP = HEARD + 1
const LINK = HEARD_RTCP + 1

export const newFigures = (): SharedArrayBuffer =>
  new SharedArrayBuffer(8 * (LINK + measured.length))

/** What a port counts, for the thread that it is lent to: told by its owner from time to time. */
export class DoorFigures {
  readonly #numbers: Float64Array

  constructor(memory: SharedArrayBuffer) {
    this.#numbers = new Float64Array(memory)
  }

  tell(port: RtpPort): void {
    const figures = port.statistics()
    const link = port.link()
    for (const [at, name] of counted.entries()) this.#numbers[at] = figures[name]
    this.#numbers[HEARD] = port.heard
    this.#numbers[HEARD_RTCP] = port.heardRtcp
    for (const [at, name] of measured.entries()) this.#numbers[LINK + at] = link[name] ?? Number.NaN
  }

  get heard(): number {
    return this.#at(HEARD)
  }

  get heardRtcp(): number {
    return this.#at(HEARD_RTCP)
  }

  read(): RtpPortStatistics {
    return {
      packetsSent: this.#at(0),
      packetsReceived: this.#at(1),
      packetsFromStrangers: this.#at(2),
      packetsForged: this.#at(3),
      rtcpReceived: this.#at(4),
    }
  }

  link(): LinkFigures {
    const known: Record<string, number | null> = {}
    for (const [at, name] of measured.entries()) {
      const number = this.#at(LINK + at)
      known[name] = Number.isNaN(number) ? null : number
    }
    return { ...noLink, ...known }
  }

  #at(index: number): number {
    return this.#numbers[index] ?? 0
  }
}
