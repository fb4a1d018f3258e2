import { type CodecKind, frameSamples, type PcmRateHz } from '../leg/codec.ts'
import { FrameConverter } from '../leg/frame-converter.ts'
import { SharedEncoding } from '../leg/shared-encoding.ts'

/** A converter that goes on from a sample. */
export function primedConverter(from: PcmRateHz, to: PcmRateHz, last: number): FrameConverter {
  const converter = new FrameConverter(from, to)
  converter.convert(new Int16Array(frameSamples(from)).fill(last))
  return converter
}

/** What all members of one rate hear who do not speak, and what those hear who are deaf, encoded once for each codec. */
export class Bus {
  readonly rateHz: PcmRateHz
  readonly converter: FrameConverter
  /** The frame of this tick, lent until the next one. */
  pcm: Int16Array
  readonly #shared: SharedEncoding[] = []
  readonly #silence: Int16Array
  readonly #sharedSilence: SharedEncoding[] = []

  /** `last`: the sample of the room that was heard last. */
  constructor(roomRateHz: PcmRateHz, rateHz: PcmRateHz, last: number) {
    this.rateHz = rateHz
    this.converter = primedConverter(roomRateHz, rateHz, last)
    this.pcm = new Int16Array(frameSamples(rateHz))
    this.#silence = new Int16Array(frameSamples(rateHz))
  }

  /** Of a codec whose best rate is that of the bus. */
  sharedFor(kind: CodecKind): SharedEncoding {
    return encodingOf(kind, this.#shared)
  }

  /**
   * The same for those who hear nothing. That of Opus and G.711 rests by itself (SilentPayload), for each of them too;
   * that of G.722 never does, and costs as much as if somebody spoke: one has to do for all.
   */
  silenceFor(kind: CodecKind): SharedEncoding {
    return encodingOf(kind, this.#sharedSilence)
  }

  render(common: Int16Array): void {
    this.pcm = this.converter.convert(common)
    for (let n = 0; n < this.#shared.length; n++) this.#shared[n]!.encode(this.pcm)
    for (let n = 0; n < this.#sharedSilence.length; n++) {
      // Who joins on to what was heard changes the frame.
      this.#silence.fill(0)
      this.#sharedSilence[n]!.encode(this.#silence)
    }
  }

  /** Nobody is sent anything of it any more. */
  close(): void {
    for (const encodings of [this.#shared, this.#sharedSilence]) {
      for (const shared of encodings) shared.close()
      encodings.length = 0
    }
  }
}

function encodingOf(kind: CodecKind, encodings: SharedEncoding[]): SharedEncoding {
  for (let n = 0; n < encodings.length; n++) {
    if (encodings[n]!.kind === kind) return encodings[n]!
  }
  const shared = new SharedEncoding(kind)
  encodings.push(shared)
  return shared
}
