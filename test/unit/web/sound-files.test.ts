import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { encodeAlaw, encodeUlaw } from '../../../engine/dsp/g711.ts'
import { correlationAt } from '../../../engine/dsp/levels.ts'
import { integratedLoudness } from '../../../engine/dsp/loudness.ts'
import { readWav } from '../../../engine/dsp/wav.ts'
import { convert, convertNow } from '../../../engine/web/convert.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const fixture = (name: string): Buffer =>
  readFileSync(new URL(`../../fixtures/sounds/${name}`, import.meta.url))

type Encoding = 'pcm8' | 'pcm16' | 'pcm24' | 'pcm32' | 'float32' | 'float64' | 'ulaw' | 'alaw'
const CODES = { pcm8: 1, pcm16: 1, pcm24: 1, pcm32: 1, float32: 3, float64: 3, ulaw: 7, alaw: 6 }
const BITS = {
  pcm8: 8,
  pcm16: 16,
  pcm24: 24,
  pcm32: 32,
  float32: 32,
  float64: 64,
  ulaw: 8,
  alaw: 8,
}

function companded(value: number, encode: typeof encodeUlaw): number {
  const out = new Uint8Array(1)
  encode(Int16Array.of(Math.round(value * 32_767)), 0, 1, out, 0)
  return out[0]!
}

/** `value` is from -1 to 1. */
const write: Record<Encoding, (body: Buffer, at: number, value: number) => void> = {
  pcm8: (body, at, value) => body.writeUInt8(Math.round(value * 127) + 128, at),
  pcm16: (body, at, value) => body.writeInt16LE(Math.round(value * 32_767), at),
  pcm24: (body, at, value) => body.writeIntLE(Math.round(value * 8_388_607), at, 3),
  pcm32: (body, at, value) => body.writeInt32LE(Math.round(value * 2_147_483_647), at),
  float32: (body, at, value) => body.writeFloatLE(value, at),
  float64: (body, at, value) => body.writeDoubleLE(value, at),
  ulaw: (body, at, value) => body.writeUInt8(companded(value, encodeUlaw), at),
  alaw: (body, at, value) => body.writeUInt8(companded(value, encodeAlaw), at),
}

function chunk(id: string, body: Buffer, size = body.length): Buffer {
  const head = Buffer.from(`${id}\0\0\0\0`, 'latin1')
  head.writeUInt32LE(size, 4)
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)])
}

interface Shape {
  encoding?: Encoding
  channels?: number
  rateHz?: number
  extensible?: boolean
  before?: readonly Buffer[]
  /** Written in place of the size of the samples. */
  told?: number
  frames?: number
}

const HZ = 1000
const sine = (i: number, rateHz: number): number => 0.25 * Math.sin((2 * Math.PI * HZ * i) / rateHz)

/** A WAV with a tone of 1 kHz and 0.5 s on each channel. */
function wav(shape: Shape): Buffer {
  const { encoding = 'pcm16', channels = 1, rateHz = 16_000, extensible = false } = shape
  const frames = shape.frames ?? Math.floor(rateHz / 2)
  const bytes = BITS[encoding] / 8
  const body = Buffer.alloc(frames * channels * bytes)
  for (let i = 0; i < frames * channels; i++)
    write[encoding](body, i * bytes, sine(Math.floor(i / channels), rateHz))
  const format = Buffer.alloc(extensible ? 40 : 16)
  format.writeUInt16LE(extensible ? 0xfffe : CODES[encoding], 0)
  format.writeUInt16LE(channels, 2)
  format.writeUInt32LE(rateHz, 4)
  format.writeUInt32LE(rateHz * channels * bytes, 8)
  format.writeUInt16LE(channels * bytes, 12)
  format.writeUInt16LE(BITS[encoding], 14)
  if (extensible) {
    format.writeUInt16LE(22, 16)
    format.writeUInt16LE(BITS[encoding], 18)
    format.writeUInt16LE(CODES[encoding], 24)
    Buffer.from('000000001000800000aa00389b71', 'hex').copy(format, 26)
  }
  const { before = [] } = shape
  const parts = [...before, chunk('fmt ', format), chunk('data', body, shape.told)]
  return chunk('RIFF', Buffer.concat([Buffer.from('WAVE'), ...parts]))
}

/** How like the tone it is, whatever its phase, from 0 to 1. */
function toneIn(pcm: Int16Array, rateHz: number): number {
  const likeness = [0, 0.25].map((turn) => {
    const tone = Int16Array.from(
      pcm,
      (_, i) => 8000 * Math.sin(2 * Math.PI * ((HZ * i) / rateHz + turn)),
    )
    return correlationAt(pcm, tone, 0)
  })
  return Math.hypot(...likeness)
}

async function soundOf(file: Uint8Array) {
  const prompt = await convertNow(file, -23)
  const { rateHz, samples, channels } = readWav(prompt.wav)
  const pcm = samples[0]!
  expect(channels).toBe(1)
  expect(prompt.durationMs).toBe(Math.round((pcm.length * 1000) / rateHz))
  const lufs = integratedLoudness([pcm], rateHz)!
  return { ...prompt, rateHz, pcm, lufs }
}

const shapes: [string, Shape][] = [
  ...(Object.keys(CODES) as Encoding[]).flatMap((encoding): [string, Shape][] => [
    [`${encoding} mono`, { encoding }],
    [`${encoding} stereo, extensible`, { encoding, channels: 2, extensible: true }],
  ]),
  ...[8000, 11_025, 12_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000, 11_111].map(
    (rateHz): [string, Shape] => [`${rateHz} Hz`, { rateHz }],
  ),
  ...[3, 6, 8].map((channels): [string, Shape] => [
    `${channels} channels`,
    { channels, rateHz: 48_000 },
  ]),
  ['size 0', { told: 0 }],
  ['size unknown', { told: 0xffff_ffff }],
  ['told to be longer than it is', { told: 999_999 }],
  ['an odd number of 8-bit samples', { encoding: 'pcm8', frames: 8001 }],
  [
    'JUNK, LIST of odd size and fact before the format',
    {
      before: [
        chunk('JUNK', Buffer.alloc(28)),
        chunk('LIST', Buffer.from('INFOabc')),
        chunk('fact', Buffer.alloc(4)),
      ],
    },
  ],
]

test.each(shapes)('WAV, %s: the tone, at its level', async (_name, shape) => {
  const { rateHz, pcm, lufs, format, durationMs } = await soundOf(wav(shape))
  expect(format).toBe('wav')
  expect(rateHz).toBe((shape.rateHz ?? 16_000) > 8000 ? 16_000 : 8000)
  expect(Math.abs(durationMs - 500)).toBeLessThanOrEqual(1)
  expect(toneIn(pcm, rateHz)).toBeGreaterThan(0.995)
  expect(Math.abs(lufs + 23)).toBeLessThan(0.3)
})

const compressed = [
  { name: 'tone.mp3', format: 'mp3', rateHz: 16_000, durationMs: 500, likeness: 0.99 },
  { name: 'narrow.mp3', format: 'mp3', rateHz: 8000, durationMs: 648, likeness: 0.95 },
  { name: 'tone.opus', format: 'opus', rateHz: 16_000, durationMs: 500, likeness: 0.99 },
]

test.each(compressed)('$name: the tone, at its level', async ({ name, likeness, ...wanted }) => {
  const { pcm, lufs, ...found } = await soundOf(fixture(name))
  expect(found).toMatchObject(wanted)
  // The encoder's delay may be in front of it, and its end behind.
  const middle = pcm.subarray(wanted.rateHz / 8, (wanted.rateHz * 3) / 8)
  expect(toneIn(middle, wanted.rateHz)).toBeGreaterThan(likeness)
  expect(Math.abs(lufs + 23)).toBeLessThan(0.3)
})

describe('what is broken', () => {
  const mp3 = fixture('tone.mp3')
  const opus = fixture('tone.opus')

  test('a file that is cut off is played as far as it goes', async () => {
    for (const whole of [mp3, opus, wav({})]) {
      const { durationMs } = await convertNow(whole.subarray(0, whole.length / 2), -23)
      expect(durationMs).toBeGreaterThan(100)
      expect(durationMs).toBeLessThan(400)
    }
  })

  const vorbis = Buffer.concat([Buffer.from('OggS'), Buffer.alloc(25), Buffer.from('vorbis')])
  const flat = Buffer.from('fLaC\0\0\0\x22')
  const bad: [string, Buffer, RegExp][] = [
    ['nothing', Buffer.alloc(0), /empty/],
    ['Vorbis', vorbis, /vorbis in Ogg is not supported: use/],
    ['FLAC', flat, /FLAC is not supported: use WAV, MP3 or Ogg Opus/],
    ['MP4', Buffer.from('\0\0\0\x20ftypM4A '), /MP4/],
    ['HTML', Buffer.from('<html>'.repeat(50)), /none of WAV, MP3 and Ogg Opus/],
    ['ID3 and nothing', Buffer.concat([Buffer.from('ID3'), Buffer.alloc(5000)]), /no sound/],
    ['Opus heads alone', opus.subarray(0, 47), /no sound/],
    ['one byte', Buffer.from('R'), /none of WAV/],
  ]
  test.each(bad)('%s is refused with the reason', async (_name, file, reason) => {
    await expect(convertNow(file, -23)).rejects.toMatchObject({
      name: 'SoundFault',
      message: reason,
    })
  })

  test('any mutilation is played or refused, nothing else', async () => {
    for (const whole of [mp3, opus]) {
      for (let at = 0; at < whole.length; at += 97) {
        const file = Buffer.from(whole)
        file.fill(0xff, at, at + 8)
        await convertNow(file, -23).catch((error: Error) => expect(error.name).toBe('SoundFault'))
      }
    }
  })
})

test('compressed files are decoded in a thread of their own', async () => {
  const prompt = await convert(fixture('tone.opus'), 'off', new VirtualClock())
  expect(prompt).toMatchObject({ format: 'opus', durationMs: 500, rateHz: 48_000 })
  expect(prompt.lufs).toBe(prompt.fromLufs)
  await expect(
    convert(Buffer.concat([Buffer.from('ID3'), Buffer.alloc(9000)]), 'off', new VirtualClock()),
  ).rejects.toMatchObject({ name: 'SoundFault', message: 'there is no sound in the mp3 file' })
})

test('a small file that would be days of sound ends at an hour', async () => {
  // Frames of 72 ms and 72 bytes: layer III at 8 kHz and 8 kbit/s, with nothing in them.
  const frame = Buffer.alloc(72)
  frame.writeUInt32BE(0xffe3_18c0)
  const many = Buffer.alloc(72 * 51_000, frame)
  await expect(convert(many, -23, new VirtualClock())).rejects.toMatchObject({
    message: 'longer than an hour',
  })
})
