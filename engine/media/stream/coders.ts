import type { StreamOptions } from '../../core/ports/streams.ts'
import type { Decoder, Encoder } from '../../dsp/codec.ts'
import { codecKinds, frameSamples, type PcmRateHz } from '../leg/codec.ts'
import { FrameConverter, RateConverter } from '../leg/frame-converter.ts'

/** From a leg's PCM to what a stream is told, 20 ms at a time. Made and tuned outside of the tick. */
export interface StreamEncoder {
  tune(rateHz: PcmRateHz): void
  /** @returns bytes written to `out` from `at` on */
  encode(pcm: Int16Array, out: Uint8Array, at: number): number
  close(): void
}

/** From what a stream says to a leg's PCM. */
export interface StreamDecoder {
  tune(rateHz: PcmRateHz): void
  /** The 20 ms of a payload at the leg's rate, lent until the next call. */
  decode(payload: Uint8Array, at: number, bytes: number): Int16Array
  close(): void
}

type Writing = Pick<StreamOptions, 'format' | 'rateHz' | 'bigEndian'>

/** `legRateHz` until `tune` says otherwise. */
export function streamEncoder(options: Writing, legRateHz: PcmRateHz): StreamEncoder {
  return options.format === 'L16'
    ? new L16Encoder(options, legRateHz)
    : new CodecEncoder(options, legRateHz)
}

export function streamDecoder(options: Writing, legRateHz: PcmRateHz): StreamDecoder {
  return options.format === 'L16'
    ? new L16Decoder(options, legRateHz)
    : new CodecDecoder(options, legRateHz)
}

class L16Encoder implements StreamEncoder {
  readonly #rateHz: number
  /** Of a sample, where its high byte is. */
  readonly #high: 0 | 1
  #converter: RateConverter

  constructor({ rateHz, bigEndian }: Writing, legRateHz: PcmRateHz) {
    this.#rateHz = rateHz
    this.#high = bigEndian ? 0 : 1
    this.#converter = new RateConverter(legRateHz, rateHz)
  }

  tune(rateHz: PcmRateHz): void {
    if (rateHz !== this.#converter.fromHz) this.#converter = new RateConverter(rateHz, this.#rateHz)
  }

  encode(pcm: Int16Array, out: Uint8Array, at: number): number {
    const frame = this.#converter.convert(pcm)
    const high = this.#high
    for (let i = 0; i < frame.length; i++) {
      const sample = frame[i]!
      out[at + 2 * i + high] = sample >> 8
      out[at + 2 * i + 1 - high] = sample & 0xff
    }
    return frame.length * 2
  }

  close(): void {}
}

class L16Decoder implements StreamDecoder {
  readonly #rateHz: number
  readonly #high: 0 | 1
  readonly #frame: Int16Array
  #converter: RateConverter

  constructor({ rateHz, bigEndian }: Writing, legRateHz: PcmRateHz) {
    this.#rateHz = rateHz
    this.#high = bigEndian ? 0 : 1
    this.#frame = new Int16Array(frameSamples(rateHz))
    this.#converter = new RateConverter(rateHz, legRateHz)
  }

  tune(rateHz: PcmRateHz): void {
    if (rateHz !== this.#converter.toHz) this.#converter = new RateConverter(this.#rateHz, rateHz)
  }

  decode(payload: Uint8Array, at: number, bytes: number): Int16Array {
    const frame = this.#frame
    const high = this.#high
    const samples = Math.min(frame.length, bytes >> 1)
    for (let i = 0; i < samples; i++) {
      const upper = (payload[at + 2 * i + high]! << 24) >> 16
      frame[i] = upper | payload[at + 2 * i + 1 - high]!
    }
    frame.fill(0, samples)
    return this.#converter.convert(frame)
  }

  close(): void {}
}

const kindOf = ({ format }: Writing) => codecKinds[format === 'opus' ? 'opus' : 'PCMU']

class CodecEncoder implements StreamEncoder {
  readonly #writing: Writing
  #encoder: Encoder
  #converter: FrameConverter

  constructor(writing: Writing, legRateHz: PcmRateHz) {
    const kind = kindOf(writing)
    this.#writing = writing
    this.#encoder = kind.newEncoder(kind.codingRateHz(legRateHz))
    this.#converter = new FrameConverter(legRateHz, this.#encoder.rateHz)
  }

  tune(rateHz: PcmRateHz): void {
    if (rateHz === this.#converter.fromHz) return
    const kind = kindOf(this.#writing)
    const codingRateHz = kind.codingRateHz(rateHz)
    if (codingRateHz !== this.#encoder.rateHz) {
      this.#encoder.close()
      this.#encoder = kind.newEncoder(codingRateHz)
    }
    this.#converter = new FrameConverter(rateHz, codingRateHz)
  }

  encode(pcm: Int16Array, out: Uint8Array, at: number): number {
    return this.#encoder.encode(this.#converter.convert(pcm), out, at)
  }

  close(): void {
    this.#encoder.close()
  }
}

class CodecDecoder implements StreamDecoder {
  readonly #writing: Writing
  #decoder: Decoder
  #frame: Int16Array
  #converter: FrameConverter

  constructor(writing: Writing, legRateHz: PcmRateHz) {
    const kind = kindOf(writing)
    this.#writing = writing
    this.#decoder = kind.newDecoder(kind.codingRateHz(legRateHz))
    this.#frame = new Int16Array(frameSamples(this.#decoder.rateHz))
    this.#converter = new FrameConverter(this.#decoder.rateHz, legRateHz)
  }

  tune(rateHz: PcmRateHz): void {
    if (rateHz === this.#converter.toHz) return
    const kind = kindOf(this.#writing)
    const codingRateHz = kind.codingRateHz(rateHz)
    if (codingRateHz !== this.#decoder.rateHz) {
      this.#decoder.close()
      this.#decoder = kind.newDecoder(codingRateHz)
      this.#frame = new Int16Array(frameSamples(codingRateHz))
    }
    this.#converter = new FrameConverter(codingRateHz, rateHz)
  }

  decode(payload: Uint8Array, at: number, bytes: number): Int16Array {
    const written = this.#decoder.decode(payload, at, bytes, this.#frame)
    if (written < this.#frame.length) this.#frame.fill(0, written)
    return this.#converter.convert(this.#frame)
  }

  close(): void {
    this.#decoder.close()
  }
}
