import { toneDbfs } from '../../../engine/dsp/goertzel.ts'
import { SILENCE_DBFS } from '../../../engine/dsp/levels.ts'
import type { RtpHeader } from '../../../engine/dsp/rtp.ts'
import { type CrowdCodec, newEar } from './voices.ts'

/** PCM at 8 kHz by timestamp, and when each part of it came. */
export interface HeardPcm {
  readonly pcm: Int16Array
  /** Of each packet, in the order of arrival. */
  readonly at: readonly number[]
  readonly arrivedMs: readonly number[]
}

const GROWS_BY = 65_536

/** What a leg heard: payloads as they came, decoded when somebody asks. */
export class HeardAudio {
  readonly #codec: CrowdCodec
  /** Timestamp units for a sample at 8 kHz. */
  readonly #units: number
  #bytes = new Uint8Array(GROWS_BY)
  #used = 0
  readonly #from: number[] = []
  readonly #timestamps: number[] = []
  readonly #arrivedMs: number[] = []
  #pcm: HeardPcm | undefined
  #decodedPackets = 0
  #decodedUntilMs = 0

  constructor(codec: CrowdCodec, units: number) {
    this.#codec = codec
    this.#units = units
  }

  keep({ payloadOffset, payloadLength, timestamp }: RtpHeader, packet: Uint8Array, nowMs: number) {
    if (this.#used + payloadLength > this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#bytes.length)
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    for (let i = 0; i < payloadLength; i++) this.#bytes[this.#used + i] = packet[payloadOffset + i]!
    this.#from.push(this.#used)
    this.#timestamps.push(timestamp)
    this.#arrivedMs.push(nowMs)
    this.#used += payloadLength
  }

  /** What came until then, and maybe more; gaps are zeros. */
  pcm(untilMs = Number.POSITIVE_INFINITY): HeardPcm {
    const packets = this.#from.length
    const isOld = packets > this.#decodedPackets && !(this.#decodedUntilMs >= untilMs)
    if (this.#pcm && !isOld) return this.#pcm
    this.#decodedPackets = packets
    this.#decodedUntilMs = this.#arrivedMs.at(-1) ?? 0
    this.#pcm = this.#decoded()
    return this.#pcm
  }

  /** Levels of tones in what arrived between two times, in dB below full scale. */
  tones(fromMs: number, toMs: number, frequenciesHz: readonly number[]): number[] {
    const { pcm, at, arrivedMs } = this.pcm(toMs)
    const first = arrivedBefore(arrivedMs, fromMs)
    const end = arrivedBefore(arrivedMs, toMs) - 1
    if (end <= first) return frequenciesHz.map(() => SILENCE_DBFS)
    const windowed = hann(pcm.subarray(at[first]!, at[end]!))
    // The window halves the amplitude.
    return frequenciesHz.map((hz) => toneDbfs(windowed, hz) + 6.02)
  }

  #decoded(): HeardPcm {
    const first = this.#timestamps[0] ?? 0
    const at = this.#timestamps.map((timestamp) => ((timestamp - first) | 0) / this.#units)
    const samples = at.reduce((most, one) => Math.max(most, one), 0) + 960
    const pcm = new Int16Array(samples)
    const ear = newEar(this.#codec)
    for (const [n, from] of this.#from.entries()) {
      const payload = this.#bytes.subarray(from, this.#from[n + 1] ?? this.#used)
      const frame = ear.hear(payload)
      const place = at[n]!
      if (place >= 0 && place + frame.length <= samples) pcm.set(frame, place)
    }
    ear.close()
    return { pcm, at, arrivedMs: this.#arrivedMs.slice() }
  }
}

/** How many packets had arrived by then. */
function arrivedBefore(arrivedMs: readonly number[], ms: number): number {
  let [from, to] = [0, arrivedMs.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if (arrivedMs[middle]! < ms) from = middle + 1
    else to = middle
  }
  return from
}

const windows = new Map<number, Float64Array>()

function hann(pcm: Int16Array): Int16Array {
  const { length } = pcm
  let window = windows.get(length)
  if (!window) {
    const omega = (2 * Math.PI) / length
    window = Float64Array.from({ length }, (_, i) => 0.5 - 0.5 * Math.cos(omega * i))
    windows.set(length, window)
  }
  const windowed = new Int16Array(length)
  for (let i = 0; i < length; i++) windowed[i] = Math.round(pcm[i]! * window[i]!)
  return windowed
}
