import { WavFault, type WavLayout, wavLayout } from '../../engine/dsp/wav.ts'

/** Sound as it comes out of a file that is read piece by piece. */
export interface SoundReader {
  /** What is whole by now, interleaved. `told` is called once before the first of it. */
  take(bytes: Uint8Array): void | Promise<void>
  /** The file is over. Fails when there was no sound in it at all. */
  end(): void | Promise<void>
}

export interface SoundTaker {
  begins(channels: number, rateHz: number): void
  /** Lent for the time of the call. */
  takes(samples: Int16Array): void
}

/** Heads of ours are 44 bytes, those of others seldom longer than this. */
const mostHeadBytes = 65_536

/** Reads the WAV files that we write: 16-bit PCM, to the end of the file whatever its head says. */
export class WavReader implements SoundReader {
  readonly #taker: SoundTaker
  #layout: WavLayout | undefined
  #rest = new Uint8Array(0)

  constructor(taker: SoundTaker) {
    this.#taker = taker
  }

  take(bytes: Uint8Array): void {
    const all = this.#rest.length === 0 ? bytes : joined(this.#rest, bytes)
    const begin = this.#layout === undefined ? this.#begin(all) : 0
    if (this.#layout === undefined) {
      this.#rest = all.slice()
      return
    }
    const { frameBytes } = this.#layout.format
    const length = Math.floor((all.length - begin) / frameBytes) * frameBytes
    this.#taker.takes(samplesOf(all.subarray(begin, begin + length)))
    this.#rest = all.slice(begin + length)
  }

  end(): void {
    if (this.#layout === undefined) wavLayout(this.#rest)
  }

  /** Where its samples begin, once that is known. */
  #begin(all: Uint8Array): number {
    const layout = headOf(all)
    if (layout === undefined) return 0
    const { encoding, bits, channels, rateHz } = layout.format
    if (encoding !== 'pcm' || bits !== 16 || channels > 2) {
      throw new WavFault('not 16-bit PCM in one or two channels')
    }
    this.#layout = layout
    this.#taker.begins(channels, rateHz)
    return layout.dataOffset
  }
}

/** Undefined: more of the file is needed to tell. */
function headOf(bytes: Uint8Array): WavLayout | undefined {
  try {
    return wavLayout(bytes)
  } catch (error) {
    const isShort = bytes.length < 12 || (bytes.length < mostHeadBytes && isRiff(bytes))
    if (isShort) return undefined
    throw error
  }
}

const isRiff = (bytes: Uint8Array): boolean =>
  String.fromCharCode(...bytes.subarray(0, 4)) === 'RIFF'

function samplesOf(bytes: Uint8Array): Int16Array {
  const isAligned = bytes.byteOffset % 2 === 0
  const whole = isAligned ? bytes : bytes.slice()
  return new Int16Array(whole.buffer, whole.byteOffset, whole.length / 2)
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const all = new Uint8Array(one.length + other.length)
  all.set(one)
  all.set(other, one.length)
  return all
}

/** By the format that the recording has. */
export async function soundReader(format: 'wav' | 'opus', taker: SoundTaker): Promise<SoundReader> {
  if (format === 'wav') return new WavReader(taker)
  const { OpusReader } = await import('./opus-sound.ts')
  return new OpusReader(taker)
}
