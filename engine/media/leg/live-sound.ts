import { SampleReader } from '../../dsp/sample-ring.ts'
import type { PcmRateHz } from './codec.ts'
import type { PlayedSound } from './sounds.ts'

/** The rate at which live sound is taken: that of wideband phones. */
const rateHz: PcmRateHz = 16_000

/** What somebody says now, out of a ring in shared memory; silence while nothing comes. */
export class LiveSound implements PlayedSound {
  readonly rateHz = rateHz
  readonly #reader: SampleReader

  constructor(ring: SharedArrayBuffer) {
    this.#reader = new SampleReader(ring)
    if (this.#reader.rateHz !== rateHz) throw new RangeError(`live sound of ${rateHz} Hz is wanted`)
  }

  next(pcm: Int16Array): boolean {
    return this.#reader.next(pcm)
  }
}
