import type { StreamTrack } from '../../core/ports/streams.ts'
import { clip16 } from '../../dsp/clip.ts'
import { FRAME_MS, type PcmRateHz } from '../../dsp/codec.ts'
import { frameSamples } from '../leg/codec.ts'
import { type StreamEncoder, streamEncoder } from './coders.ts'
import { FrameRing } from './frame-ring.ts'
import { kindOfTrack, type StreamTerms } from './terms.ts'

/** What a stream is told of a leg, its tracks each for itself. Allocates nothing in the tick. */
export class StreamEar {
  readonly #ring: FrameRing
  readonly #tracks: readonly StreamTrack[]
  readonly #kinds: readonly number[]
  readonly #encoders: readonly StreamEncoder[]
  #mixed: Int16Array

  constructor({ options, up }: StreamTerms, rateHz: PcmRateHz) {
    this.#ring = new FrameRing(up)
    this.#tracks = options.tracks
    this.#kinds = options.tracks.map(kindOfTrack)
    this.#encoders = options.tracks.map(() => streamEncoder(options, rateHz))
    this.#mixed = new Int16Array(frameSamples(rateHz))
  }

  tune(rateHz: PcmRateHz): void {
    if (this.#mixed.length !== frameSamples(rateHz))
      this.#mixed = new Int16Array(frameSamples(rateHz))
    for (const encoder of this.#encoders) encoder.tune(rateHz)
  }

  write(heard: Int16Array, said: Int16Array): void {
    const ring = this.#ring
    const tick = ring.ticks
    ring.countTicks(1)
    for (let n = 0; n < this.#tracks.length; n++) {
      const at = ring.reserve()
      if (at < 0) continue
      const bytes = this.#encoders[n]!.encode(
        this.#of(this.#tracks[n]!, heard, said),
        ring.bytes,
        at,
      )
      if (bytes > 0) ring.commit(this.#kinds[n]!, bytes, tick, tick * FRAME_MS)
    }
  }

  #of(track: StreamTrack, heard: Int16Array, said: Int16Array): Int16Array {
    if (track === 'received') return heard
    if (track === 'sent') return said
    const mixed = this.#mixed
    for (let i = 0; i < mixed.length; i++) mixed[i] = clip16(heard[i]! + said[i]!)
    return mixed
  }

  /** So many ticks were left out. */
  skip(ticks: number): void {
    this.#ring.countTicks(ticks)
  }

  close(): void {
    for (const encoder of this.#encoders) encoder.close()
  }
}
