import { setImmediate as nextTurn } from 'node:timers/promises'
import { Resampler } from '../engine/dsp/resampler.ts'
import { downmix, readWav, wavHeader } from '../engine/dsp/wav.ts'

const RATE_HZ = 8000
/** Worked on without a break: a few milliseconds. */
const STRETCH_SAMPLES = 16_384

/** Silence to be put around the sound. */
export interface Around {
  readonly leadMs: number
  readonly tailMs: number
}

/**
 * Turns any WAV into 8 kHz, mono, 16 bit. Minutes of speech take a second of work, so it lets others run
 * in between.
 * @throws WavFault; rejects with the signal's reason when aborted.
 */
export async function telephoneWav(
  bytes: Uint8Array,
  signal?: AbortSignal,
  { leadMs, tailMs }: Around = { leadMs: 0, tailMs: 0 },
): Promise<Uint8Array> {
  const { rateHz, samples } = readWav(bytes)
  const pcm = await toTelephoneRate(downmix(samples), rateHz, signal)
  const body = Buffer.concat([
    silence(leadMs),
    new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength),
    silence(tailMs),
  ])
  const header = wavHeader({
    rateHz: RATE_HZ,
    channels: 1,
    format: 'pcm16',
    dataBytes: body.length,
  })
  return Buffer.concat([header, body])
}

const silence = (durationMs: number) =>
  new Uint8Array(2 * Math.round((durationMs * RATE_HZ) / 1000))

/** Aligned with the input: the filter's delay is cut off in front and made up for at the end. */
async function toTelephoneRate(
  pcm: Int16Array,
  rateHz: number,
  signal: AbortSignal | undefined,
): Promise<Int16Array> {
  const resampler = new Resampler(rateHz, RATE_HZ)
  const skip = Math.round((resampler.delayMs * RATE_HZ) / 1000)
  const tail = new Int16Array(Math.ceil(((skip + 2) * rateHz) / RATE_HZ))
  const out = new Int16Array(resampler.maxOutput(pcm.length + tail.length))
  let written = 0
  for (let at = 0; at < pcm.length; at += STRETCH_SAMPLES) {
    const count = Math.min(STRETCH_SAMPLES, pcm.length - at)
    written += resampler.process(pcm, at, count, out, written)
    await nextTurn()
    signal?.throwIfAborted()
  }
  resampler.process(tail, 0, tail.length, out, written)
  return out.subarray(skip, skip + Math.round((pcm.length * RATE_HZ) / rateHz))
}
