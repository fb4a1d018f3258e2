import { clip16 } from './clip.ts'
import { decodeAlaw, decodeUlaw } from './g711.ts'
import type { WavFormat } from './wav-format.ts'

type SampleReader = (view: DataView, at: number) => number

const NOT_A_NUMBER_AS = 0

function fraction(value: number): number {
  return Number.isNaN(value) ? NOT_A_NUMBER_AS : clip16(value * 32768)
}

/** 24 and 32 bit are rounded, not cut, so that the mean stays where it was. */
const READERS: Readonly<Record<string, SampleReader>> = {
  pcm8: (view, at) => (view.getUint8(at) - 128) << 8,
  pcm16: (view, at) => view.getInt16(at, true),
  pcm24: (view, at) => clip16((view.getInt8(at + 2) * 65536 + view.getUint16(at, true)) / 256),
  pcm32: (view, at) => clip16(view.getInt32(at, true) / 65536),
  float32: (view, at) => fraction(view.getFloat32(at, true)),
  float64: (view, at) => fraction(view.getFloat64(at, true)),
}

function decodeCompanded(
  body: Uint8Array,
  format: WavFormat,
  channel: number,
  frames: number,
): Int16Array {
  const decode = format.encoding === 'ulaw' ? decodeUlaw : decodeAlaw
  const out = new Int16Array(frames)
  if (format.channels === 1) decode(body, 0, frames, out, 0)
  else for (let i = 0; i < frames; i++) decode(body, i * format.channels + channel, 1, out, i)
  return out
}

/** Decodes one channel of interleaved samples to 16-bit PCM. */
export function decodeChannel(
  body: Uint8Array,
  format: WavFormat,
  channel: number,
  frames: number,
): Int16Array {
  const read = READERS[`${format.encoding}${format.bits}`]
  if (!read) return decodeCompanded(body, format, channel, frames)
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  const step = format.bits / 8
  const out = new Int16Array(frames)
  for (let i = 0; i < frames; i++) out[i] = read(view, i * format.frameBytes + channel * step)
  return out
}
