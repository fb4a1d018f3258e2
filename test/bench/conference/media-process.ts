import type { ThreadStatistics } from '../../../engine/media/index.ts'
import type { RtpCrowd } from '../../support/rtp-crowd/rtp-crowd.ts'
import { BenchChild } from '../child.ts'
import type { MediaQuestion } from './media-child.ts'
import type { Mixer } from './mixer.ts'

const program = new URL('./media-child.ts', import.meta.url)
const FIRST_PORT = 40_000
const LAST_PORT = 49_999

/** Ringdown's media engine in a process of its own. */
export class MediaProcess implements Mixer {
  readonly name = 'Ringdown'
  readonly #child: BenchChild

  private constructor(child: BenchChild) {
    this.#child = child
  }

  /** `execArgv`: for Node, as for a profile. `keys`: when they are looked for in the sound. */
  static async start(
    execArgv: readonly string[] = [],
    keys: 'auto' | 'always' | 'off' = 'auto',
  ): Promise<MediaProcess> {
    const child = new BenchChild(program, { execArgv })
    const started = new MediaProcess(child)
    await started.#ask({ is: 'start', firstPort: FIRST_PORT, lastPort: LAST_PORT, keys })
    return started
  }

  get pid(): number {
    return this.#child.pid
  }

  async join(crowd: RtpCrowd): Promise<readonly number[]> {
    const ports = await this.legs(crowd)
    await this.#ask({ is: 'room' })
    return ports
  }

  /** A leg for each of the crowd, not connected to any other. */
  legs(crowd: RtpCrowd): Promise<readonly number[]> {
    return this.#ask({ is: 'legs', offers: crowd.ports.map((_, leg) => crowd.sdp(leg)) })
  }

  async bridges(): Promise<void> {
    await this.#ask({ is: 'bridges' })
  }

  async record(folder: string, format: 'wav' | 'opus' = 'wav'): Promise<void> {
    await this.#ask({ is: 'record', folder, format })
  }

  statistics(): Promise<ThreadStatistics> {
    return this.#ask({ is: 'statistics' })
  }

  async tickLateP99Ms(): Promise<number | undefined> {
    return (await this.statistics()).tickLateness.p99Ms
  }

  async stop(): Promise<void> {
    await this.#ask({ is: 'shutDown' }).catch(() => undefined)
    await this.#child.stop()
  }

  #ask<Answer>(question: MediaQuestion): Promise<Answer> {
    return this.#child.ask<Answer>(question)
  }
}
