import {
  headBytes,
  type Level,
  levelStep,
  levelsOf,
  packed,
  stretchMs,
  writeHead,
} from './layout.ts'

const fullScale = 32_768

/** Takes the sound of a recording piece by piece, and makes the file of its peaks at the end. */
export class PeakGatherer {
  readonly #channels: number
  readonly #rateHz: number
  readonly #stretchFrames: number
  /** Of finished stretches: least and greatest of each channel. */
  #done = new Int8Array(4096)
  #filled = 0
  /** Of the stretch that is under way, in samples. */
  readonly #low: Int32Array
  readonly #high: Int32Array
  #inStretch = 0
  #frames = 0

  constructor(channels: number, rateHz: number) {
    this.#channels = channels
    this.#rateHz = rateHz
    this.#stretchFrames = Math.max(1, Math.round((rateHz * stretchMs) / 1000))
    this.#low = new Int32Array(channels)
    this.#high = new Int32Array(channels)
  }

  /** Interleaved samples, whole frames. */
  take(samples: Int16Array): void {
    const frames = Math.floor(samples.length / this.#channels)
    for (let frame = 0; frame < frames; ) {
      const until = Math.min(frames, frame + this.#stretchFrames - this.#inStretch)
      this.#widen(samples, frame * this.#channels, until * this.#channels)
      this.#inStretch += until - frame
      frame = until
      if (this.#inStretch === this.#stretchFrames) this.#close()
    }
    this.#frames += frames
  }

  #widen(samples: Int16Array, from: number, until: number): void {
    const [low, high, channels] = [this.#low, this.#high, this.#channels]
    for (let at = from; at < until; ) {
      for (let channel = 0; channel < channels; channel++, at++) {
        const value = samples[at]!
        if (value < low[channel]!) low[channel] = value
        if (value > high[channel]!) high[channel] = value
      }
    }
  }

  /** The whole file. */
  finish(): Uint8Array<ArrayBuffer> {
    if (this.#inStretch > 0) this.#close()
    const layout = {
      ...{ channels: this.#channels, rateHz: this.#rateHz, frames: this.#frames },
      stretchFrames: this.#stretchFrames,
    }
    const levels = levelsOf(layout)
    const width = this.#channels * 2
    const last = levels.at(-1)
    const file = new Int8Array(last === undefined ? headBytes : last.offset + last.count * width)
    writeHead(new Uint8Array(file.buffer), layout)
    file.set(this.#done.subarray(0, this.#filled), headBytes)
    let [finer] = levels
    for (const level of levels.slice(1)) {
      if (finer) for (let i = 0; i < level.count; i++) coarsen(file, { finer, level, width }, i)
      finer = level
    }
    return new Uint8Array(file.buffer)
  }

  #close(): void {
    const width = this.#channels * 2
    if (this.#filled + width > this.#done.length) {
      const more = new Int8Array(this.#done.length * 2)
      more.set(this.#done)
      this.#done = more
    }
    for (let channel = 0; channel < this.#channels; channel++) {
      this.#done[this.#filled++] = packed(this.#low[channel]! / fullScale)
      this.#done[this.#filled++] = packed(this.#high[channel]! / fullScale)
    }
    this.#low.fill(0)
    this.#high.fill(0)
    this.#inStretch = 0
  }
}

interface Step {
  readonly finer: Level
  readonly level: Level
  readonly width: number
}

/** One stretch of a level from those of the finer one. */
function coarsen(file: Int8Array, { finer, level, width }: Step, stretch: number): void {
  const from = stretch * levelStep
  const until = Math.min(finer.count, from + levelStep)
  for (let column = 0; column < width; column++) {
    const extreme = column % 2 === 0 ? Math.min : Math.max
    let value = file[finer.offset + from * width + column]!
    for (let one = from + 1; one < until; one++) {
      value = extreme(value, file[finer.offset + one * width + column]!)
    }
    file[level.offset + stretch * width + column] = value
  }
}
