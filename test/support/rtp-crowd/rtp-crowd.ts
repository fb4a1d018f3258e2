import { BenchChild } from '../../bench/child.ts'
import type {
  CrowdChildOptions,
  CrowdFigures,
  CrowdQuestion,
  DelayFigures,
  LegFigures,
  Pair,
  ToneLevels,
  ToneQuestion,
  Turn,
} from './protocol.ts'
import type { CrowdCodec } from './voices.ts'

export interface CrowdOptions {
  readonly legs: number
  /** Of the n-th leg: the n-th of these, over and over. */
  readonly codecs: readonly CrowdCodec[]
  /** Default 127.0.0.1; IPv4. */
  readonly address?: string
  /** Default 1: a socket each. More is cheaper for the crowd, and the same to whom it talks to. */
  readonly legsPerSocket?: number
  /** Packets are held back by up to so much, evenly spread, and stay in order; default 0, at most 100. */
  readonly jitterMs?: number
  /** Default 1; the legs are shared out among them, in turn. */
  readonly processes?: number
  /** The core that the processes run on, counted from 0; default: any. */
  readonly core?: number
}

/** Of all processes together; `cpu` and lateness are the worst of any. */
export interface WholeCrowdFigures extends Omit<CrowdFigures, 'legs'> {
  readonly legs: readonly LegFigures[]
  /** Of all processes, in cores. */
  readonly cpuInAll: number
}

const payloadTypes = { PCMU: 0, PCMA: 8, G722: 9, opus: 111 } as const
const rtpMaps = {
  PCMU: 'PCMU/8000',
  PCMA: 'PCMA/8000',
  G722: 'G722/8000',
  opus: 'opus/48000/2',
} as const
/** Payload type of telephone events. */
const EVENTS = 101

const program = new URL('./crowd-child.ts', import.meta.url)

/**
 * Many RTP legs on loopback, in processes of their own. A leg that is aimed sends 50 packets a second; what it says
 * and when is told by turns, and it is silence else. Talkers and listeners whose delay is measured must be legs of
 * one process: times are those of the process.
 */
export class RtpCrowd {
  readonly address: string
  /** Where the n-th leg listens. */
  readonly ports: readonly number[]
  readonly codecs: readonly CrowdCodec[]
  readonly #children: readonly BenchChild[]

  private constructor(
    children: readonly BenchChild[],
    ports: readonly number[],
    codecs: readonly CrowdCodec[],
    address: string,
  ) {
    this.#children = children
    this.ports = ports
    this.codecs = codecs
    this.address = address
  }

  static async start(options: CrowdOptions): Promise<RtpCrowd> {
    const { legs, processes = 1, address = '127.0.0.1', legsPerSocket = 1 } = options
    const { jitterMs = 0, core } = options
    const codecs = Array.from(
      { length: legs },
      (_, n) => options.codecs[n % options.codecs.length]!,
    )
    const children = Array.from(
      { length: processes },
      () => new BenchChild(program, core === undefined ? {} : { core }),
    )
    const opened = await Promise.all(
      children.map((child, at) => {
        const mine = codecs.filter((_, n) => n % processes === at)
        const open: CrowdChildOptions = {
          ...{ address, legsPerSocket, jitterMs },
          firstSsrc: 1 + 65_536 * at,
          legs: mine.map((codec) => ({ codec, payloadType: payloadTypes[codec] })),
        }
        return child.ask<number[]>({ is: 'open', options: open } satisfies CrowdQuestion)
      }),
    )
    const ports = codecs.map((_, n) => opened[n % processes]![Math.floor(n / processes)]!)
    return new RtpCrowd(children, ports, codecs, address)
  }

  get pids(): readonly number[] {
    return this.#children.map(({ pid }) => pid)
  }

  payloadTypeOf(leg: number): number {
    return payloadTypes[this.codecs[leg]!]
  }

  /** An offer of the leg, or its answer. */
  sdp(leg: number): string {
    const type = this.payloadTypeOf(leg)
    const lines = [
      ...['v=0', `o=crowd ${leg} 1 IN IP4 ${this.address}`, 's=-', `c=IN IP4 ${this.address}`],
      ...['t=0 0', `m=audio ${this.ports[leg]} RTP/AVP ${type} ${EVENTS}`],
      `a=rtpmap:${type} ${rtpMaps[this.codecs[leg]!]}`,
      // As phones do; without it keys are looked for in the sound, which has to be decoded.
      `a=rtpmap:${EVENTS} telephone-event/8000`,
      ...['a=ptime:20', 'a=sendrecv', ''],
    ]
    return lines.join('\r\n')
  }

  /** The legs send to these ports from now on; 0: nowhere. */
  async aim(targets: readonly { readonly leg: number; readonly port: number }[]): Promise<void> {
    await this.#split(targets, (child, mine) => child.ask({ is: 'aim', targets: mine }))
  }

  /**
   * Replaces what all legs say. The answer is the time of it, in the clock of the process that the first leg is in:
   * a turn's `fromMs` counts from there.
   */
  async say(turns: readonly Turn[]): Promise<number> {
    const [first] = await this.#each((child, at) =>
      child.ask<number>({ is: 'say', turns: this.#of(turns, at) }),
    )
    return first!
  }

  /** Figures begin anew; what the legs of `keep` hear is kept. */
  async measure(keep: readonly number[] = []): Promise<void> {
    const kept = keep.map((leg) => ({ leg }))
    await this.#each((child, at) =>
      child.ask({ is: 'measure', keep: this.#of(kept, at).map(({ leg }) => leg) }),
    )
  }

  /** Since `measure`. */
  async figures(): Promise<WholeCrowdFigures> {
    const all = await this.#each((child) => child.ask<CrowdFigures>({ is: 'figures' }))
    const late = all.toSorted((a, b) => b.lateMs.p99 - a.lateMs.p99)
    const { length } = all
    return {
      elapsedMs: Math.max(...all.map(({ elapsedMs }) => elapsedMs)),
      lateMs: late[0]!.lateMs,
      cpu: Math.max(...all.map(({ cpu }) => cpu)),
      cpuInAll: all.reduce((sum, { cpu }) => sum + cpu, 0),
      legs: this.codecs.map((_, n) => all[n % length]!.legs[Math.floor(n / length)]!),
    }
  }

  /** In the order asked; of legs of one process. */
  tones(wanted: readonly ToneQuestion[]): Promise<readonly ToneLevels[]> {
    const { child, own } = this.#home(wanted.map(({ leg }) => leg))
    return child.ask({ is: 'tones', wanted: wanted.map((one) => ({ ...one, leg: own(one.leg) })) })
  }

  /** Over all pairs together; of legs of one process. */
  delays(pairs: readonly Pair[]): Promise<DelayFigures> {
    const { child, own } = this.#home(pairs.flatMap((pair) => [pair.talker, pair.listener]))
    const asked = pairs.map(({ talker, listener }) => ({
      talker: own(talker),
      listener: own(listener),
    }))
    return child.ask({ is: 'delays', pairs: asked })
  }

  async stop(): Promise<void> {
    await this.#each((child) => child.stop())
  }

  /** The one process that all these legs are in, and the number that each has there. */
  #home(legs: readonly number[]): { child: BenchChild; own: (leg: number) => number } {
    const { length } = this.#children
    const at = (legs[0] ?? 0) % length
    if (legs.some((leg) => leg % length !== at)) throw new Error('legs of more than one process')
    return { child: this.#children[at]!, own: (leg) => Math.floor(leg / length) }
  }

  #each<T>(ask: (child: BenchChild, at: number) => Promise<T>): Promise<T[]> {
    return Promise.all(this.#children.map(ask))
  }

  /** Those of one process, by its own count. */
  #of<T extends { readonly leg: number }>(items: readonly T[], at: number): T[] {
    const { length } = this.#children
    return items
      .filter(({ leg }) => leg % length === at)
      .map((item) => ({ ...item, leg: Math.floor(item.leg / length) }))
  }

  async #split<T extends { readonly leg: number }>(
    items: readonly T[],
    ask: (child: BenchChild, mine: readonly T[]) => Promise<unknown>,
  ): Promise<void> {
    await this.#each((child, at) => ask(child, this.#of(items, at)))
  }
}
