import { joined } from './two-rates.ts'

/** Of what is overlapped, and how far the best place for it is looked for. */
const FRAME_MS = 30
const SEEK_MS = 8
/** Likeness is told by this much of a wave: that of speech lies below. */
const LIKENESS_HZ = 4000

/**
 * Makes speech faster (`rate` above 1) or slower, at its own pitch: overlapped frames, each from where it goes on best
 * (WSOLA; Verhelst and Roelands, ICASSP 1993).
 */
export async function* stretched(
  sound: AsyncIterable<Int16Array>,
  rate: number,
  rateHz: number,
): AsyncGenerator<Int16Array, void, undefined> {
  if (Math.abs(rate - 1) < 0.005) {
    yield* sound
    return
  }
  const stretch = new Stretch(rate, rateHz)
  for await (const samples of sound) {
    stretch.add(samples)
    const out = stretch.take()
    if (out.length > 0) yield out
  }
  yield stretch.finish()
}

class Stretch {
  readonly #rate: number
  /** Half a frame: each is overlapped by half with the one before. */
  readonly #hop: number
  readonly #seek: number
  /** Samples that are compared are so far apart. */
  readonly #stride: number
  readonly #window: Float32Array
  #input = new Int16Array(0)
  /** Samples of the input that are not kept any more. */
  #dropped = 0
  #total = 0
  /** Where the next frame would come from at the wanted speed. */
  #ideal = 0
  /** Where what was given last would go on. */
  #natural: number | undefined
  #tail: Float32Array
  #given = 0

  constructor(rate: number, rateHz: number) {
    this.#rate = rate
    this.#hop = Math.round((FRAME_MS * rateHz) / 2000)
    this.#seek = Math.round((SEEK_MS * rateHz) / 1000)
    this.#stride = Math.max(1, Math.round(rateHz / LIKENESS_HZ))
    this.#window = Float32Array.from(
      { length: this.#hop },
      (_, i) => 0.5 - 0.5 * Math.cos((Math.PI * (i + 0.5)) / this.#hop),
    )
    this.#tail = new Float32Array(this.#hop)
  }

  add(samples: Int16Array): void {
    const joined = new Int16Array(this.#input.length + samples.length)
    joined.set(this.#input)
    joined.set(samples, this.#input.length)
    this.#input = joined
    this.#total += samples.length
  }

  /** What can be given with the input that is there. */
  take(): Int16Array {
    const out: Int16Array[] = []
    while (this.#ideal + this.#seek + 2 * this.#hop <= this.#total) {
      // The first frames may look for their place before anything was given: they have it.
      out.push(this.#frame())
    }
    this.#forget()
    return joined(out)
  }

  /** The rest, of the length that all of it is to have. */
  finish(): Int16Array {
    const wanted = Math.round(this.#total / this.#rate) - this.#given
    const total = this.#total
    this.add(new Int16Array(2 * this.#hop + 2 * this.#seek + this.#hop * Math.ceil(this.#rate + 1)))
    const out: Int16Array[] = []
    for (let made = 0; made < wanted && this.#ideal < total + this.#hop; made += this.#hop) {
      out.push(this.#frame())
    }
    return joined(out).subarray(0, Math.max(0, wanted))
  }

  #frame(): Int16Array {
    const from = this.#place()
    const out = new Int16Array(this.#hop)
    const at = from - this.#dropped
    for (let i = 0; i < this.#hop; i++) {
      const sample = this.#input[at + i] ?? 0
      out[i] = Math.round(this.#tail[i]! + sample * this.#window[i]!)
      this.#tail[i] = (this.#input[at + this.#hop + i] ?? 0) * (1 - this.#window[i]!)
    }
    this.#natural = from + this.#hop
    this.#ideal += this.#hop * this.#rate
    this.#given += this.#hop
    return out
  }

  /** Near the wanted place, where the sound is most like what would have come next. */
  #place(): number {
    const ideal = Math.round(this.#ideal)
    const natural = this.#natural
    if (natural === undefined) {
      // Nothing is faded in.
      this.#tail.set(
        Float32Array.from(this.#window, (weight, i) => (1 - weight) * (this.#input[i] ?? 0)),
      )
      return ideal
    }
    const least = Math.max(this.#dropped, ideal - this.#seek)
    let best = Math.max(ideal, least)
    let bestLikeness = Number.NEGATIVE_INFINITY
    for (let from = least; from <= ideal + this.#seek; from++) {
      const likeness = this.#likeness(from, natural)
      if (likeness > bestLikeness) [best, bestLikeness] = [from, likeness]
    }
    return best
  }

  #likeness(a: number, b: number): number {
    const [x, y] = [a - this.#dropped, b - this.#dropped]
    let dot = 0
    let energy = 1
    for (let i = 0; i < this.#hop; i += this.#stride) {
      const value = this.#input[x + i] ?? 0
      dot += value * (this.#input[y + i] ?? 0)
      energy += value * value
    }
    return dot / Math.sqrt(energy)
  }

  #forget(): void {
    const needed = Math.min(Math.floor(this.#ideal) - this.#seek, this.#natural ?? 0)
    const drop = Math.min(this.#input.length, Math.max(0, needed - this.#dropped))
    this.#input = this.#input.slice(drop)
    this.#dropped += drop
  }
}
