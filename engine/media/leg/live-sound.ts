import type { Sound } from '../../core/ports/media.ts'
import { SoundReader } from '../../dsp/growing-sound.ts'
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

/** What is still being made, out of shared memory that grows; silence where its maker is too slow. */
export class GrowingSound implements PlayedSound {
  readonly rateHz: PcmRateHz
  readonly #reader: SoundReader

  /** @param legHz what the leg can use, at the beginning. */
  constructor(sound: Extract<Sound, { kind: 'growing' }>, legHz: PcmRateHz) {
    const { samples, wide, loop = 1, place } = sound
    const isWide = wide !== undefined && legHz > 8000
    this.rateHz = isWide ? 16_000 : 8000
    const rounds = loop === 0 ? Number.POSITIVE_INFINITY : loop
    this.#reader = new SoundReader(isWide ? wide : samples, rounds, place)
    if (this.#reader.rateHz !== this.rateHz)
      throw new RangeError(`a sound of ${this.rateHz} Hz is wanted`)
  }

  next(pcm: Int16Array): boolean {
    return this.#reader.next(pcm)
  }
}
