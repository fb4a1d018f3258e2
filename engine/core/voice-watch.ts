/** Softer than this there is no sound, and no noise that could be known; dB of full scale. */
const nothingDb = -70
/** Nothing at all for less than that is what the network lost: the noise goes on behind it. */
const lostForMs = 100
/** The loudness that speech has in any case. */
const softestSpeechDb = -55
/** Speech is so much louder than the noise. */
const overNoiseDb = 8
/** What is constant is taken for noise: the estimate of it rises by so much a second. */
const noiseRiseDbPerS = 6
/** Shorter sounds, such as clicks, are no speech. */
export const shortestSpeechMs = 60
const fullScale = 32_768

/** Tells from 16-bit little-endian samples for how long nobody has spoken. */
export class VoiceWatch {
  /** Since somebody spoke last, or since the beginning. */
  quietMs = 0
  /** Somebody has spoken. */
  hasHeard = false
  readonly #alwaysSpeechDb: number
  readonly #unknownNoiseDb: number
  #noiseDb: number
  #loudMs = 0
  #nothingMs = 0

  /**
   * `alwaysSpeechDb`: what is louder than this is speech, however constant it is, so that who speaks in loud noise is not
   * taken to be silent. `unknownNoiseDb`: what noise is taken for before any is known, and after nothing at all; speech
   * has to be louder than that by `overNoiseDb`. Where it is low nobody is missed, be he as soft as he likes, and noise
   * that begins is speech for some seconds.
   */
  constructor(alwaysSpeechDb = -34, unknownNoiseDb = -80) {
    this.#alwaysSpeechDb = alwaysSpeechDb
    this.#unknownNoiseDb = unknownNoiseDb
    this.#noiseDb = unknownNoiseDb
  }

  /** Takes in the next samples. `durationMs`: how long they are. */
  hear(samples: Uint8Array, durationMs: number): void {
    const nowDb = levelDb(samples)
    this.#nothingMs = nowDb < nothingDb ? this.#nothingMs + durationMs : 0
    const floorDb = this.#floorDb(nowDb)
    this.#noiseDb = Math.min(floorDb, this.#noiseDb + (noiseRiseDbPerS * durationMs) / 1_000)
    const threshold = Math.max(softestSpeechDb, this.#noiseDb + overNoiseDb)
    const isLoud = nowDb > Math.min(this.#alwaysSpeechDb, threshold)
    this.#loudMs = isLoud ? this.#loudMs + durationMs : 0
    if (this.#loudMs < shortestSpeechMs) {
      this.quietMs += durationMs
      return
    }
    this.hasHeard = true
    this.quietMs = 0
  }

  #floorDb(nowDb: number): number {
    if (this.#nothingMs === 0) return nowDb
    return this.#nothingMs < lostForMs ? this.#noiseDb : this.#unknownNoiseDb
  }
}

function levelDb(samples: Uint8Array): number {
  const view = new DataView(samples.buffer, samples.byteOffset, samples.byteLength)
  const count = samples.byteLength >> 1
  let sum = 0
  for (let i = 0; i < count; i++) sum += view.getInt16(i * 2, true) ** 2
  return count === 0 ? nothingDb - 1 : 10 * Math.log10(sum / count / fullScale ** 2 + 1e-12)
}
