import { NARROW_HZ, twoRateWav, WIDE_HZ } from '../engine/dsp/two-rate-wav.ts'
import { RateChange } from './convert-rate.ts'

export { NARROW_HZ, WIDE_HZ } from '../engine/dsp/two-rate-wav.ts'

/** Makes of 16 kHz, bit by bit, what a narrowband phone hears. */
export const narrowing = (): RateChange => new RateChange(WIDE_HZ, NARROW_HZ)

/** Gathers a sound, to be kept for phones of both bands. */
export class TwoRateFile {
  readonly #wide: Int16Array[] = []
  readonly #narrow: Int16Array[] = []
  readonly #change = narrowing()

  write(pcm: Int16Array): void {
    this.#wide.push(pcm)
    this.#narrow.push(this.#change.take(pcm))
  }

  /** To be called once, after the last sample. */
  wav(): Uint8Array {
    this.#narrow.push(this.#change.finish())
    return twoRateWav(joined(this.#wide), joined(this.#narrow))
  }
}

export function joined(parts: readonly Int16Array[]): Int16Array {
  const out = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}
