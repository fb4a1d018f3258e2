import type { Sound } from '../../core/ports/media.ts'
import { HOLD_TUNE } from '../../dsp/hold-tune.ts'
import { ToneGenerator } from '../../dsp/tone-generator.ts'
import { TONES } from '../../dsp/tones.ts'
import { loadWav } from './load-wav.ts'
import { SharedSamples } from './shared-samples.ts'

/** Something that is played into a leg, 20 ms a tick. */
export interface PlayedSound {
  /** Fills `pcm`; false when nothing of it belongs to the sound any more. */
  next(pcm: Int16Array): boolean
}

class SilenceSound implements PlayedSound {
  #samplesLeft: number

  constructor(durationMs: number) {
    this.#samplesLeft = Math.round(durationMs * 8)
  }

  next(pcm: Int16Array): boolean {
    pcm.fill(0)
    const going = this.#samplesLeft > 0
    this.#samplesLeft -= pcm.length
    return going
  }
}

class ToneSound implements PlayedSound {
  readonly #generator: ToneGenerator

  constructor(generator: ToneGenerator) {
    this.#generator = generator
  }

  next(pcm: Int16Array): boolean {
    return this.#generator.next(pcm, 0, pcm.length) > 0
  }
}

class SampledSound implements PlayedSound {
  readonly #samples: Int16Array
  #roundsLeft: number
  #at = 0

  constructor(samples: Int16Array, rounds: number) {
    this.#samples = samples
    this.#roundsLeft = rounds
  }

  next(pcm: Int16Array): boolean {
    const samples = this.#samples
    let filled = 0
    while (filled < pcm.length && this.#roundsLeft > 0) {
      const count = Math.min(pcm.length - filled, samples.length - this.#at)
      for (let i = 0; i < count; i++) pcm[filled + i] = samples[this.#at + i]!
      filled += count
      this.#at += count
      if (this.#at < samples.length) continue
      this.#at = 0
      this.#roundsLeft -= 1
    }
    pcm.fill(0, filled)
    return filled > 0
  }
}

const tones = {
  ringback: TONES.ringbackUs,
  busy: TONES.busyUs,
  beep: TONES.beep,
  hold: HOLD_TUNE,
} as const

/** Of the whole thread. */
const wavs = new SharedSamples(loadWav)

/**
 * Makes a sound ready, with all its samples in memory. `loop` of a WAV is how often it is played; 0
 * means until it is stopped.
 * @throws Failure `invalid_audio` for a file that can't be read or is no WAV.
 */
export async function prepareSound(sound: Sound): Promise<PlayedSound> {
  switch (sound.kind) {
    case 'silence':
      return new SilenceSound(sound.durationMs)
    case 'tone':
      return new ToneSound(new ToneGenerator(tones[sound.tone]))
    case 'wav': {
      const samples = await wavs.load(sound.path)
      const rounds = sound.loop ?? 1
      return new SampledSound(samples, rounds === 0 ? Number.POSITIVE_INFINITY : rounds)
    }
  }
}
