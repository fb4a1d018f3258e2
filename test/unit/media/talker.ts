import type { Decoder, Encoder } from '../../../engine/dsp/codec.ts'
import { toneDbfs } from '../../../engine/dsp/goertzel.ts'
import { rmsDbfs } from '../../../engine/dsp/levels.ts'
import type { Agreement, CodecName, EventFormat } from '../../../engine/media/agreement.ts'
import { codecKinds } from '../../../engine/media/leg/codec.ts'
import type { FakePort, FakeWebRtcPort } from './fake-port.ts'

export const payloadTypes: Readonly<Record<CodecName, number>> = {
  opus: 111,
  G722: 9,
  PCMU: 0,
  PCMA: 8,
}

const events = (payloadType: number, rateHz: 8000 | 48000): EventFormat => ({ payloadType, rateHz })

/** What a phone of one codec agrees on; it takes all of them. */
export const terms = (codec: CodecName): Partial<Agreement> => ({
  codec,
  payloadType: payloadTypes[codec],
  telephoneEvent: codec === 'opus' ? events(110, 48_000) : events(101, 8000),
  receivePayloads: {
    opus: [111],
    G722: [9],
    PCMU: [0],
    PCMA: [8],
    telephoneEvent: [events(110, 48_000), events(101, 8000)],
  },
})

/** A sine at the codec's best rate, as long as it is asked for. */
export class Sine {
  readonly #rateHz: number
  readonly #frequenciesHz: readonly number[]
  #at = 0

  constructor(rateHz: number, ...frequenciesHz: number[]) {
    this.#rateHz = rateHz
    this.#frequenciesHz = frequenciesHz
  }

  /** Each frequency with a peak of 6,000: -14.7 dB of a full-scale sine. */
  next(samples: number): Int16Array {
    const pcm = new Int16Array(samples)
    for (let i = 0; i < samples; i++, this.#at++) {
      let sum = 0
      for (const hz of this.#frequenciesHz) {
        sum += 6000 * Math.sin((2 * Math.PI * hz * this.#at) / this.#rateHz)
      }
      pcm[i] = Math.round(sum)
    }
    return pcm
  }
}

/** Level of each frequency of a Sine. */
export const SINE_DBFS = 20 * Math.log10(6000 / 32_767)

/** A peer that speaks one codec at its best rate and hears it too. */
export class Talker {
  readonly codec: CodecName
  readonly rateHz: number
  readonly port: FakePort | FakeWebRtcPort
  readonly sentPayloads: Uint8Array[] = []
  readonly #encoder: Encoder
  readonly #decoder: Decoder
  readonly #sine: Sine
  readonly #units: number

  constructor(port: FakePort | FakeWebRtcPort, codec: CodecName, ...frequenciesHz: number[]) {
    const kind = codecKinds[codec]
    this.codec = codec
    this.port = port
    this.rateHz = kind.bestRateHz
    this.#encoder = kind.newEncoder(kind.bestRateHz)
    this.#decoder = kind.newDecoder(kind.bestRateHz)
    this.#sine = new Sine(this.rateHz, ...frequenciesHz)
    this.#units = kind.clockHz / 50
  }

  /** The next 20 ms; `lost`: on the way. */
  talk(lost = false): void {
    const bytes = new Uint8Array(1500)
    const count = this.#encoder.encode(this.#sine.next(this.rateHz / 50), bytes, 0)
    this.sentPayloads.push(bytes.slice(0, count))
    if (lost) this.port.lose(this.#units)
    else this.port.arrive(bytes.slice(0, count), payloadTypes[this.codec], false, this.#units)
  }

  /** The next frames of Opus in one packet (RFC 6716 section 3.2.5, code 3 with sizes). */
  talkLong(frames: number): void {
    const bytes = new Uint8Array(1500)
    const bodies: Uint8Array[] = []
    for (let n = 0; n < frames; n++) {
      const count = this.#encoder.encode(this.#sine.next(this.rateHz / 50), bytes, 0)
      bodies.push(bytes.slice(0, count))
    }
    const sizes = bodies.slice(0, -1).flatMap((body) => sizeOf(body.length - 1))
    const head = [bodies[0]![0]! | 3, 0x80 | frames, ...sizes]
    const packet = Buffer.concat([Uint8Array.from(head), ...bodies.map((body) => body.subarray(1))])
    this.port.arrive(packet, payloadTypes[this.codec], false, frames * this.#units)
  }

  /** All that was sent to it, decoded. */
  heard(): Int16Array {
    const audio = this.port.sent.filter((p) => p.payloadType === payloadTypes[this.codec])
    const samples = this.rateHz / 50
    const pcm = new Int16Array(audio.length * samples)
    const frame = new Int16Array(samples)
    audio.forEach(({ payload }, at) => {
      this.#decoder.decode(payload, 0, payload.length, frame)
      pcm.set(frame, at * samples)
    })
    return pcm
  }
}

/** Length of a frame as Opus packets tell it (RFC 6716 section 3.2.1). */
function sizeOf(bytes: number): number[] {
  if (bytes < 252) return [bytes]
  const first = 252 + (bytes & 3)
  return [first, (bytes - first) / 4]
}

export interface Spectrum {
  /** Of each frequency, dB below a full-scale sine. */
  readonly tones: readonly number[]
  /** Of all but the frequencies, in dB below them together. */
  readonly restDb: number
}

/** Measures the last `ms` of a signal; frequencies must have whole periods in it. */
export function spectrum(
  pcm: Int16Array,
  rateHz: number,
  frequenciesHz: readonly number[],
  ms = 400,
): Spectrum {
  const samples = (rateHz * ms) / 1000
  const offset = pcm.length - samples
  const tones = frequenciesHz.map((hz) => toneDbfs(pcm, hz, rateHz, offset, samples))
  const power = (db: number): number => 10 ** (db / 10)
  // A full-scale sine has an RMS of -3.01 dB.
  const all = power(rmsDbfs(pcm, offset, samples) + 3.01)
  const wanted = tones.reduce((sum, db) => sum + power(db), 0)
  const rest = Math.max(all - wanted, wanted * 1e-9)
  return { tones, restDb: 10 * Math.log10(rest / wanted) }
}
