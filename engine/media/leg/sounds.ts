import { Failure } from '../../core/failures.ts'
import type { Sound } from '../../core/ports/media.ts'
import type { RingCountry } from '../../core/ring-tones.ts'
import { RING_TONES } from '../../dsp/ring-tones.ts'
import { ToneGenerator } from '../../dsp/tone-generator.ts'
import { TONES, type Tone } from '../../dsp/tones.ts'
import { joinMusic, joinTune } from '../music/hall.ts'
import { type CodecKind, FRAME_MS, type PcmRateHz } from './codec.ts'
import { GrowingSound, LiveSound } from './live-sound.ts'
import { loadWav } from './load-wav.ts'
import type { SharedEncoding } from './shared-encoding.ts'
import { type Samples, SharedSamples } from './shared-samples.ts'

/** Something that is played into a leg, 20 ms a tick, at one rate from beginning to end. */
export interface PlayedSound {
  readonly rateHz: PcmRateHz
  /** Fills `pcm`, `rateHz / 50` samples; false when nothing of it belongs to the sound any more. */
  next(pcm: Int16Array): boolean
  /** Of what many hear: the same encoded once for all of that codec. */
  sharedFor?(kind: CodecKind): SharedEncoding
}

class SilenceSound implements PlayedSound {
  readonly rateHz: PcmRateHz
  #leftMs: number

  constructor(durationMs: number, rateHz: PcmRateHz) {
    this.rateHz = rateHz
    this.#leftMs = Math.round(durationMs)
  }

  next(pcm: Int16Array): boolean {
    pcm.fill(0)
    const going = this.#leftMs > 0
    this.#leftMs -= FRAME_MS
    return going
  }
}

class ToneSound implements PlayedSound {
  readonly rateHz: PcmRateHz
  readonly #generator: ToneGenerator

  constructor(tone: Tone, rateHz: PcmRateHz) {
    this.rateHz = rateHz
    this.#generator = new ToneGenerator(tone, rateHz)
  }

  next(pcm: Int16Array): boolean {
    return this.#generator.next(pcm, 0, pcm.length) > 0
  }
}

class SampledSound implements PlayedSound {
  readonly rateHz: PcmRateHz
  /** The whole object: as long as somebody holds it, others share it. */
  readonly #samples: Samples
  #roundsLeft: number
  #at: number

  constructor(samples: Samples, rounds: number, fromMs = 0) {
    this.rateHz = samples.rateHz
    this.#samples = samples
    this.#roundsLeft = rounds
    const from = Math.max(0, Math.round((fromMs * samples.rateHz) / 1000))
    this.#at = Math.min(samples.pcm.length, from)
  }

  next(pcm: Int16Array): boolean {
    const samples = this.#samples.pcm
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

const ringTones: Readonly<Record<RingCountry, Tone>> = RING_TONES
const tones = {
  busy: TONES.busyUs,
  beep: TONES.beep,
} as const

const toneOf = (name: 'ringback' | keyof typeof tones, country: RingCountry = 'us'): Tone =>
  name === 'ringback' ? ringTones[country] : tones[name]

/** Of the whole thread. */
const narrow = new SharedSamples((path) => loadWav(path, 8000))
const wide = new SharedSamples((path) => loadWav(path, 16_000))

/**
 * Makes a sound ready, with all its samples in memory, for a leg whose PCM is at `rateHz` now. `loop` of a
 * WAV is how often it is played; 0 means until it is stopped.
 * @throws Failure `invalid_audio` for a file that can't be read or is no WAV.
 */
export async function prepareSound(sound: Sound, rateHz: PcmRateHz): Promise<PlayedSound> {
  switch (sound.kind) {
    case 'silence':
      return new SilenceSound(sound.durationMs, rateHz)
    case 'tone':
      if (sound.tone === 'hold') return joinTune(rateHz)
      return new ToneSound(toneOf(sound.tone, sound.country), rateHz)
    case 'live':
      return new LiveSound(sound.ring)
    case 'music':
      return musicOf(sound, rateHz)
    case 'growing':
      return new GrowingSound(sound, rateHz)
    case 'wav': {
      const samples = await (rateHz > 8000 ? wide : narrow).load(sound.path)
      const rounds = sound.loop ?? 1
      const limit = rounds === 0 ? Number.POSITIVE_INFINITY : rounds
      return new SampledSound(samples, limit, sound.fromMs)
    }
  }
}

async function musicOf(
  { name, tracks }: Extract<Sound, { kind: 'music' }>,
  rateHz: PcmRateHz,
): Promise<PlayedSound> {
  try {
    return await joinMusic(name, tracks, rateHz)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Failure('invalid_audio', why, undefined, { cause: error })
  }
}
