import { type CodecKind, frameSamples, type PcmRateHz } from '../leg/codec.ts'
import { FrameConverter } from '../leg/frame-converter.ts'
import { SharedEncoding } from '../leg/shared-encoding.ts'

/** A converter that goes on from a sample. */
export function primedConverter(from: PcmRateHz, to: PcmRateHz, last: number): FrameConverter {
  const converter = new FrameConverter(from, to)
  converter.convert(new Int16Array(frameSamples(from)).fill(last))
  return converter
}

/** What all members of one rate hear who do not speak, encoded once for each codec. */
export class Bus {
  readonly rateHz: PcmRateHz
  readonly converter: FrameConverter
  /** The frame of this tick, lent until the next one. */
  pcm: Int16Array
  readonly #shared: SharedEncoding[] = []

  /** `last`: the sample of the room that was heard last. */
  constructor(roomRateHz: PcmRateHz, rateHz: PcmRateHz, last: number) {
    this.rateHz = rateHz
    this.converter = primedConverter(roomRateHz, rateHz, last)
    this.pcm = new Int16Array(frameSamples(rateHz))
  }

  /** Of a codec whose best rate is that of the bus. */
  sharedFor(kind: CodecKind): SharedEncoding {
    for (let n = 0; n < this.#shared.length; n++) {
      if (this.#shared[n]!.kind === kind) return this.#shared[n]!
    }
    const shared = new SharedEncoding(kind)
    this.#shared.push(shared)
    return shared
  }

  render(common: Int16Array): void {
    this.pcm = this.converter.convert(common)
    for (let n = 0; n < this.#shared.length; n++) this.#shared[n]!.encode(this.pcm)
  }

  /** Nobody is sent anything of it any more. */
  close(): void {
    for (const shared of this.#shared) shared.close()
    this.#shared.length = 0
  }
}
