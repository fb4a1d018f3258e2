import { setImmediate as nextTurn } from 'node:timers/promises'
import { Failure } from '../engine/core/failures.ts'
import { RateChange } from './convert-rate.ts'
import { cutSilence } from './cut-silence.ts'
import { loudened } from './louden.ts'
import type { SpeechPiece } from './plan.ts'
import type { PcmStream } from './provider.ts'
import { stretched } from './stretch.ts'
import { WIDE_HZ } from './two-rates.ts'

/** Speech is made for wideband phones; what others hear is made of that. */
export const RATE_HZ = WIDE_HZ
/** Worked on without a break: a few milliseconds. */
const SLICE = 16_384
/** Handed on at a time: a second. */
const SILENCE_SAMPLES = RATE_HZ
/** Resampling to another pitch is to the next of these: finer steps take larger filters. */
const PITCH_STEP_HZ = 250

/**
 * The sound of a piece, at 16 kHz, as it is made. `gain` is that of the voice. Throws as PcmStream does.
 */
export async function* render(
  piece: SpeechPiece,
  gain: number,
  signal: AbortSignal,
): AsyncGenerator<Int16Array, void, undefined> {
  const { shape, cut } = piece
  const pitch = 2 ** shape.octaves
  const sound = atOurRate(spoken(piece, signal), pitch, signal)
  const timely = stretched(sound, shape.rate / pitch, RATE_HZ)
  yield* loudened(cutSilence(timely, cut, RATE_HZ), gain * shape.gain)
}

export function* silence(durationMs: number): Generator<Int16Array> {
  let left = Math.round((durationMs * RATE_HZ) / 1000)
  for (; left > 0; left -= SILENCE_SAMPLES) yield new Int16Array(Math.min(left, SILENCE_SAMPLES))
}

function spoken({ provider, voice, words }: SpeechPiece, signal: AbortSignal): PcmStream {
  if ('text' in words) return provider.speak(words, signal)
  if (provider.speakScript) return provider.speakScript(words, voice, signal)
  throw new Error(`${provider.name} takes no script`)
}

/** Aligned with the input. A `pitch` other than 1 is heard as a tape that runs at another speed. */
export async function* atOurRate(
  stream: PcmStream,
  pitch: number,
  signal: AbortSignal,
): AsyncGenerator<Int16Array, void, undefined> {
  let change: RateChange | undefined
  for await (const { rateHz, samples } of stream) {
    change ??= new RateChange(asRate(rateHz, pitch), RATE_HZ)
    for (let at = 0; at < samples.length; at += SLICE) {
      const out = change.take(samples.subarray(at, at + SLICE))
      if (out.length > 0) yield out
      if (samples.length > SLICE) await nextTurn()
      signal.throwIfAborted()
    }
  }
  const last = change?.finish()
  if (!last) throw new Failure('speech_unavailable', 'the voice gave no audio')
  if (last.length > 0) yield last
}

const asRate = (rateHz: number, pitch: number) =>
  pitch === 1 ? rateHz : Math.round((rateHz * pitch) / PITCH_STEP_HZ) * PITCH_STEP_HZ
