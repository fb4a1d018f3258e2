import { clip16 } from '../dsp/clip.ts'
import { Resampler } from '../dsp/resampler.ts'
import { SoundFault } from './sound-kind.ts'

export const longestMs = 3_600_000

/** The rate at which a sound is kept: what is narrow stays so; wideband phones hear the others as such. */
export const keptRateHz = (rateHz: number): 8000 | 16_000 => (rateHz > 8000 ? 16_000 : 8000)

/** Gathers what a decoder gives, piece by piece: mixed to one channel, brought to the rate at which it is kept. */
export class MonoSound {
  samples = 0
  /** Of the file as it came. */
  fromHz = 0
  #resampler: Resampler | undefined
  #rateHz: 8000 | 16_000 = 8000
  /** Of the output: by so much the resampler lags, and so much is still to be left out. */
  #skip = 0
  #wanted = 0
  readonly #parts: Int16Array[] = []

  get rateHz(): 8000 | 16_000 {
    return this.#rateHz
  }

  /** Samples from -1 to 1, channel by channel. Throws SoundFault when it gets too long, or its rate changes. */
  add(channels: readonly Float32Array[], fromHz: number): void {
    const resampler = this.#at(fromHz)
    const mono = downmixed(channels)
    this.#wanted += (mono.length * this.#rateHz) / fromHz
    if (this.#wanted > (longestMs / 1000) * this.#rateHz)
      throw new SoundFault('longer than an hour')
    this.#put(resampler, mono)
  }

  /** To be called once, after the last piece. `length`: that many samples of the input are sound, no more. */
  end(length?: number): void {
    const resampler = this.#resampler
    if (!resampler) return
    if (length !== undefined)
      this.#wanted = Math.min(this.#wanted, (length * this.#rateHz) / this.fromHz)
    const tail = Math.ceil(((resampler.delayMs + 1) * this.fromHz) / 1000)
    this.#put(resampler, new Int16Array(tail))
  }

  pcm(): Int16Array {
    const whole = new Int16Array(Math.min(this.samples, Math.round(this.#wanted)))
    let at = 0
    for (const part of this.#parts) {
      const count = Math.min(part.length, whole.length - at)
      whole.set(count === part.length ? part : part.subarray(0, count), at)
      at += count
    }
    return whole
  }

  #at(fromHz: number): Resampler {
    if (this.#resampler && this.fromHz !== fromHz)
      throw new SoundFault('its sample rate changes on the way')
    if (this.#resampler) return this.#resampler
    this.fromHz = fromHz
    this.#rateHz = keptRateHz(fromHz)
    this.#resampler = new Resampler(fromHz, this.#rateHz)
    this.#skip = Math.round((this.#resampler.delayMs * this.#rateHz) / 1000)
    return this.#resampler
  }

  #put(resampler: Resampler, mono: Int16Array): void {
    const out = new Int16Array(resampler.maxOutput(mono.length))
    const written = resampler.process(mono, 0, mono.length, out, 0)
    const skipped = Math.min(this.#skip, written)
    this.#skip -= skipped
    const room = Math.max(0, Math.round(this.#wanted) - this.samples)
    const part = out.slice(skipped, Math.min(written, skipped + room))
    this.#parts.push(part)
    this.samples += part.length
  }
}

function downmixed(channels: readonly Float32Array[]): Int16Array {
  const mono = new Int16Array(channels[0]?.length ?? 0)
  const factor = 32_768 / channels.length
  for (let i = 0; i < mono.length; i++) {
    let sum = 0
    for (const channel of channels) sum += channel[i] ?? 0
    mono[i] = clip16(sum * factor)
  }
  return mono
}
