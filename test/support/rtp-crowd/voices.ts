import type { Decoder, PcmRateHz } from '../../../engine/dsp/codec.ts'
import { type CodecKind, codecKinds, frameSamples } from '../../../engine/media/leg/codec.ts'

export type CrowdCodec = 'PCMU' | 'PCMA' | 'G722' | 'opus'

/** What a leg says: a sine, or noise that is like itself nowhere else, for finding it again by correlation. */
export interface Voice {
  readonly is: 'tone' | 'noise'
  /** Of a tone: an even number of Hz. Of noise: its seed, from 1. */
  readonly value: number
  /** Of a tone: its peak, of noise: its RMS; below full scale. */
  readonly levelDb: number
}

/** Payloads of 20 ms that may be sent over and over without a seam. */
export interface SpokenLoop {
  readonly payloads: readonly Uint8Array[]
  /** What a decoder makes of one round, at 8 kHz: 160 samples a payload. */
  readonly pcm: Int16Array
}

/** Of any even number of Hz they are whole periods. */
const TONE_FRAMES = 25
const NOISE_FRAMES = 150
/** How far a decoder at 8 kHz counts for what is heard. */
export const FRAME_SAMPLES = 160
const RATE_HZ = 8000

const loops = new Map<string, SpokenLoop>()
const silences = new Map<CrowdCodec, Uint8Array>()

/** Encoded once for all legs that say the same. */
export function loopOf(codec: CrowdCodec, voice: Voice): SpokenLoop {
  const key = `${codec} ${voice.is} ${voice.value} ${voice.levelDb}`
  const known = loops.get(key)
  if (known) return known
  const made = encoded(codecKinds[codec], voice)
  loops.set(key, made)
  return made
}

/** 20 ms of silence. */
export function silenceOf(codec: CrowdCodec): Uint8Array {
  const known = silences.get(codec)
  if (known) return known
  const kind = codecKinds[codec]
  const encoder = kind.newEncoder(kind.bestRateHz)
  const pcm = new Int16Array(frameSamples(encoder.rateHz))
  const bytes = new Uint8Array(1500)
  let length = 0
  for (let n = 0; n < 10; n++) length = encoder.encode(pcm, bytes, 0)
  encoder.close()
  const silence = bytes.slice(0, length)
  silences.set(codec, silence)
  return silence
}

/** A decoder to 8 kHz, frame by frame. */
export function newEar(codec: CrowdCodec): {
  hear(payload: Uint8Array): Int16Array
  close(): void
} {
  const kind = codecKinds[codec]
  const decoder: Decoder = kind.newDecoder(kind.codingRateHz(RATE_HZ))
  const pcm = new Int16Array(frameSamples(decoder.rateHz) * 6)
  const step = decoder.rateHz / RATE_HZ
  return {
    hear(payload) {
      const samples = decoder.decode(payload, 0, payload.length, pcm)
      return step === 1 ? pcm.slice(0, samples) : halved(pcm, samples)
    },
    close: () => decoder.close(),
  }
}

/** From 16 to 8 kHz, well enough for tones and noise below 3 kHz. */
function halved(pcm: Int16Array, samples: number): Int16Array {
  return Int16Array.from({ length: samples / 2 }, (_, i) =>
    Math.round((pcm[2 * i]! + pcm[2 * i + 1]!) / 2),
  )
}

/** The second of two rounds: by then encoder and decoder have settled. */
function encoded(kind: CodecKind, voice: Voice): SpokenLoop {
  const frames = voice.is === 'tone' ? TONE_FRAMES : NOISE_FRAMES
  const pcm = spoken(voice, frames, kind.bestRateHz)
  const encoder = kind.newEncoder(kind.bestRateHz)
  const ear = newEar(kind.name)
  const samples = frameSamples(kind.bestRateHz)
  const bytes = new Uint8Array(1500)
  const payloads: Uint8Array[] = []
  const heard = new Int16Array(frames * FRAME_SAMPLES)
  for (let n = 0; n < 2 * frames; n++) {
    const at = (n % frames) * samples
    const payload = bytes.slice(0, encoder.encode(pcm.subarray(at, at + samples), bytes, 0))
    const frame = ear.hear(payload)
    if (n < frames) continue
    payloads.push(payload)
    heard.set(frame, (n - frames) * FRAME_SAMPLES)
  }
  encoder.close()
  ear.close()
  return { payloads, pcm: heard }
}

function spoken(voice: Voice, frames: number, rateHz: PcmRateHz): Int16Array {
  const samples = frames * frameSamples(rateHz)
  const amplitude = 32_767 * 10 ** (voice.levelDb / 20)
  if (voice.is === 'tone') {
    const omega = (2 * Math.PI * voice.value) / rateHz
    return Int16Array.from({ length: samples }, (_, i) =>
      Math.round(amplitude * Math.sin(omega * i)),
    )
  }
  const noise = smoothNoise(frames * FRAME_SAMPLES, voice.value, amplitude)
  const step = RATE_HZ / rateHz
  return Int16Array.from({ length: samples }, (_, i) => {
    const at = Math.floor(i * step)
    const next = noise[(at + 1) % noise.length]!
    return Math.round(noise[at]! + (next - noise[at]!) * (i * step - at))
  })
}

/** Noise mostly below 1 kHz, at 8 kHz; `rms` in PCM units. */
function smoothNoise(samples: number, seed: number, rms: number): Float64Array {
  let state = Math.imul(seed, 2_654_435_761) >>> 0 || 1
  let [once, twice] = [0, 0]
  let power = 0
  const noise = new Float64Array(samples)
  for (let i = 0; i < samples; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    once += 0.5 * (state / 2 ** 31 - 1 - once)
    twice += 0.5 * (once - twice)
    noise[i] = twice
    power += twice * twice
  }
  const gain = rms / Math.sqrt(power / samples)
  return noise.map((value) => Math.max(-32_767, Math.min(32_767, value * gain)))
}
