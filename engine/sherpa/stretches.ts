/** A part of a channel in which somebody speaks. */
export interface Stretch {
  readonly startMs: number
  readonly samples: Int16Array
}

const FRAME_MS = 20
/** Quieter than this nobody speaks: -50 dB of full scale. */
const LEAST_LEVEL = 0.003
/** Louder than the noise by so much: 10 dB. */
const OVER_NOISE = 3.2
/** The noise is taken to rise by half a dB in a second, and to fall at once. */
const NOISE_RISE = 10 ** (0.5 / 20 / (1000 / FRAME_MS))
/** So much silence ends a stretch; less is a breath. */
const PAUSE_FRAMES = 700 / FRAME_MS
/** Kept before and after it. */
const EDGE_FRAMES = 200 / FRAME_MS
/** Some models hear no more than 30 s at a time. */
const MAX_FRAMES = 25_000 / FRAME_MS
/** Shorter than this is a click. */
const LEAST_FRAMES = 60 / FRAME_MS

/**
 * Cuts a channel into the stretches in which somebody speaks, as it comes: what is silent needs no work, and no model
 * is given hours at once.
 */
export class StretchCutter {
  readonly #frameSamples: number
  #rest: Int16Array = new Int16Array(0)
  #frames = 0
  #noise = LEAST_LEVEL / OVER_NOISE
  /** Of the stretch, or the edge before one. */
  #held: Int16Array[] = []
  #loud = 0
  #quiet = 0

  constructor(rateHz: number) {
    this.#frameSamples = Math.round((rateHz * FRAME_MS) / 1000)
  }

  /** The stretches that end in it. */
  take(samples: Int16Array): Stretch[] {
    const all = joined([this.#rest, samples])
    const found: Stretch[] = []
    let at = 0
    for (; at + this.#frameSamples <= all.length; at += this.#frameSamples) {
      const stretch = this.#frame(all.slice(at, at + this.#frameSamples))
      if (stretch) found.push(stretch)
    }
    this.#rest = all.slice(at)
    return found
  }

  /** The one at the end, if any. */
  end(): Stretch[] {
    const last = this.#loud >= LEAST_FRAMES ? [this.#cut()] : []
    this.#held = []
    return last
  }

  #frame(frame: Int16Array): Stretch | undefined {
    this.#frames += 1
    this.#held.push(frame)
    const level = levelOf(frame)
    this.#noise = Math.max(LEAST_LEVEL / OVER_NOISE, Math.min(level, this.#noise * NOISE_RISE))
    if (level > LEAST_LEVEL && level > this.#noise * OVER_NOISE) {
      this.#loud += 1
      this.#quiet = 0
    } else this.#quiet += 1
    if (this.#loud === 0 || (this.#loud < LEAST_FRAMES && this.#quiet > EDGE_FRAMES)) {
      this.#loud = 0
      this.#held = this.#held.slice(-EDGE_FRAMES)
      return undefined
    }
    if (this.#quiet < PAUSE_FRAMES && this.#held.length < MAX_FRAMES) return undefined
    const stretch = this.#cut()
    const edge = Math.min(EDGE_FRAMES, this.#quiet)
    this.#held = this.#held.slice(this.#held.length - edge)
    this.#loud = 0
    return stretch
  }

  /** Without the silence at its end, but for the edge. */
  #cut(): Stretch {
    const surplus = Math.max(0, this.#quiet - EDGE_FRAMES)
    const kept = surplus === 0 ? this.#held : this.#held.slice(0, -surplus)
    const startMs = (this.#frames - this.#held.length) * FRAME_MS
    return { startMs, samples: joined(kept) }
  }
}

/** Root mean square, 1 is full scale. */
function levelOf(frame: Int16Array): number {
  let sum = 0
  for (const sample of frame) sum += sample * sample
  return Math.sqrt(sum / frame.length) / 32_768
}

function joined(parts: readonly Int16Array[]): Int16Array {
  const all = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
