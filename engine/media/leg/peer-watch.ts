import type { LegStatistics } from '../../core/ports/media.ts'
import type { Agreement } from '../agreement.ts'
import type { Doors } from './doors.ts'
import type { LegEnvironment } from './leg-environment.ts'
import { playoutOf, QualityWatch } from './quality.ts'
import type { Receiver } from './receiver.ts'
import { SilenceWatch } from './silence-watch.ts'
import { mustSend } from './terms.ts'

/** Comfort noise (RFC 3551 table 4), whether or not anybody agreed on it. */
const COMFORT_NOISE = 13

/** Whether the peer is still there, and how it sounds. */
export class PeerWatch {
  readonly #silence: SilenceWatch
  readonly #quality: QualityWatch
  #isOn = false
  /** It leaves out packets of silence. */
  sendsComfortNoise = false

  constructor(env: LegEnvironment, statistics: () => LegStatistics) {
    this.#silence = new SilenceWatch(env.silence, env.onSilence)
    this.#quality = new QualityWatch((change) => env.onQuality(change, statistics()))
  }

  get isOn(): boolean {
    return this.#isOn
  }

  /** From now on its silence counts. */
  begin(): void {
    this.#isOn = true
    this.#silence.begin()
  }

  packet(payloadType: number): void {
    if (payloadType === COMFORT_NOISE) this.sendsComfortNoise = true
  }

  /** Once a second; `elapsedMs` since the last time. */
  look(
    doors: Doors,
    receiver: Receiver,
    agreement: Agreement | undefined,
    elapsedMs: number,
  ): void {
    const { heard, heardRtcp } = doors
    const isDue = mustSend(agreement, heardRtcp > 0, this.sendsComfortNoise)
    this.#silence.look(heard, isDue, elapsedMs)
    if (!this.#isOn || heard === 0) return
    const { counters } = receiver
    const link = doors.link()
    this.#quality.look(counters, link)
    doors.plays(playoutOf(counters, link))
  }
}
