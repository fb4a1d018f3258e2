import { describe, expect, test } from 'vitest'
import { encodeAlaw, encodeUlaw } from '../../../engine/dsp/g711.ts'
import { downmix, readWav, WavFault, wavHeader, wavLayout } from '../../../engine/dsp/wav.ts'
import fc from '../../support/property.ts'

const text = (value: string) => [...value].map((c) => c.charCodeAt(0))
const u16 = (value: number) => [value & 0xff, (value >> 8) & 0xff]
const u32 = (value: number) => [...u16(value & 0xffff), ...u16(value >>> 16)]

function chunk(id: string, body: readonly number[], size = body.length): number[] {
  return [...text(id), ...u32(size), ...body, ...(body.length % 2 ? [0] : [])]
}

interface Format {
  code?: number
  channels?: number
  rateHz?: number
  bits?: number
  frameBytes?: number
  extra?: readonly number[]
}

function fmt({ code = 1, channels = 1, rateHz = 8000, bits = 16, frameBytes, extra = [] }: Format) {
  const frame = frameBytes ?? (channels * bits) / 8
  const head = [...u16(code), ...u16(channels), ...u32(rateHz), ...u32(rateHz * frame)]
  return chunk('fmt ', [...head, ...u16(frame), ...u16(bits), ...extra])
}

function riff(...chunks: readonly number[][]): Uint8Array {
  const body = chunks.flat()
  return Uint8Array.from([...text('RIFF'), ...u32(body.length + 4), ...text('WAVE'), ...body])
}

const signal = [0, 1000, -1000, 32767, -32768, 5]

function bytesOf(bits: number, write: (view: DataView, at: number, value: number) => void) {
  const view = new DataView(new ArrayBuffer((signal.length * bits) / 8))
  for (const [i, value] of signal.entries()) write(view, (i * bits) / 8, value)
  return [...new Uint8Array(view.buffer)]
}

function companded(encode: typeof encodeUlaw): number[] {
  const out = new Uint8Array(signal.length)
  encode(Int16Array.from(signal), 0, signal.length, out, 0)
  return [...out]
}

const pcm16 = bytesOf(16, (view, at, value) => view.setInt16(at, value, true))
const guidTail = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71]

describe('every encoding', () => {
  const rows = [
    {
      name: 'PCM 8',
      format: { bits: 8 },
      body: bytesOf(8, (v, at, x) => v.setUint8(at, (x >> 8) + 128)),
      off: 255,
    },
    { name: 'PCM 16', format: {}, body: pcm16, off: 0 },
    {
      name: 'PCM 24',
      format: { bits: 24 },
      body: bytesOf(24, (v, at, x) => {
        v.setUint8(at, 0)
        v.setInt16(at + 1, x, true)
      }),
      off: 0,
    },
    {
      name: 'PCM 32',
      format: { bits: 32 },
      body: bytesOf(32, (v, at, x) => v.setInt32(at, x * 65536, true)),
      off: 0,
    },
    {
      name: 'float 32',
      format: { code: 3, bits: 32 },
      body: bytesOf(32, (v, at, x) => v.setFloat32(at, x / 32768, true)),
      off: 0,
    },
    {
      name: 'float 64',
      format: { code: 3, bits: 64 },
      body: bytesOf(64, (v, at, x) => v.setFloat64(at, x / 32768, true)),
      off: 0,
    },
    { name: 'A-law', format: { code: 6, bits: 8 }, body: companded(encodeAlaw), off: 512 },
    { name: 'mu-law', format: { code: 7, bits: 8 }, body: companded(encodeUlaw), off: 644 },
    {
      name: 'extensible PCM 16',
      format: { code: 0xfffe, extra: [...u16(22), ...u16(16), ...u32(4), ...u16(1), ...guidTail] },
      body: pcm16,
      off: 0,
    },
    {
      name: 'extensible float 32',
      format: {
        code: 0xfffe,
        bits: 32,
        extra: [...u16(22), ...u16(32), ...u32(4), ...u16(3), ...guidTail],
      },
      body: bytesOf(32, (v, at, x) => v.setFloat32(at, x / 32768, true)),
      off: 0,
    },
  ]
  test.each(rows)('$name', ({ format, body, off }) => {
    const wav = readWav(riff(fmt(format), chunk('data', body)))
    expect(wav).toMatchObject({ rateHz: 8000, channels: 1 })
    const samples = [...wav.samples[0]!]
    expect(samples).toHaveLength(signal.length)
    for (const [i, value] of samples.entries()) {
      expect(Math.abs(value - signal[i]!)).toBeLessThanOrEqual(off)
    }
  })

  test('float beyond full scale clamps, NaN is silence', () => {
    const view = new DataView(new ArrayBuffer(16))
    const values = [3, -3, Number.NaN, Number.POSITIVE_INFINITY]
    for (const [i, x] of values.entries()) view.setFloat32(4 * i, x, true)
    const body = [...new Uint8Array(view.buffer)]
    const { samples } = readWav(riff(fmt({ code: 3, bits: 32 }), chunk('data', body)))
    expect([...samples[0]!]).toEqual([32767, -32768, 0, 32767])
  })
})

describe('channels', () => {
  test('stereo is taken apart', () => {
    const { samples } = readWav(riff(fmt({ channels: 2 }), chunk('data', pcm16)))
    expect(samples.map((channel) => [...channel])).toEqual([
      [0, -1000, -32768],
      [1000, 32767, 5],
    ])
    expect([...downmix(samples)]).toEqual([500, 15884, -16381])
  })

  test('three channels of A-law', () => {
    const wav = readWav(
      riff(fmt({ code: 6, bits: 8, channels: 3 }), chunk('data', companded(encodeAlaw))),
    )
    expect(wav.samples).toHaveLength(3)
    expect(wav.samples[1]).toHaveLength(2)
  })

  test('mono passes the downmix as it is', () => {
    const mono = Int16Array.of(1, 2)
    expect(downmix([mono])).toBe(mono)
    expect(downmix([])).toHaveLength(0)
  })
})

describe('files as they are found', () => {
  const rows = [
    { name: 'data size 0', file: riff(fmt({}), [...text('data'), ...u32(0), ...pcm16]), frames: 6 },
    { name: 'data size unknown', file: riff(fmt({}), chunk('data', pcm16, 0xffffffff)), frames: 6 },
    {
      name: 'data size beyond the end',
      file: riff(fmt({}), chunk('data', pcm16, 4000)),
      frames: 6,
    },
    {
      name: 'data size smaller than the rest',
      file: riff(fmt({}), chunk('data', pcm16, 4)),
      frames: 2,
    },
    {
      name: 'half a sample at the end',
      file: riff(fmt({}), chunk('data', pcm16.slice(0, 11))),
      frames: 5,
    },
    {
      name: 'odd LIST chunk with pad byte in front',
      file: riff(
        chunk('LIST', text('INFOx')),
        fmt({}),
        chunk('fact', [1, 2, 3]),
        chunk('data', pcm16),
      ),
      frames: 6,
    },
    {
      name: 'chunks behind the samples',
      file: riff(fmt({}), chunk('data', pcm16), chunk('LIST', text('INFO'))),
      frames: 6,
    },
    {
      name: 'odd data with pad byte',
      file: riff(fmt({ bits: 8 }), chunk('data', [1, 2, 3])),
      frames: 3,
    },
  ]
  test.each(rows)('$name', ({ file, frames }) => {
    expect(readWav(file).samples[0]).toHaveLength(frames)
  })

  test('a view into a larger buffer', () => {
    const file = riff(fmt({}), chunk('data', pcm16))
    const larger = new Uint8Array(file.length + 10)
    larger.set(file, 7)
    expect([...readWav(larger.subarray(7, 7 + file.length)).samples[0]!]).toEqual(signal)
  })
})

describe('what is no WAV', () => {
  const good = riff(fmt({}), chunk('data', pcm16))
  const rows: readonly { name: string; file: Uint8Array; says: RegExp }[] = [
    { name: 'nothing', file: new Uint8Array(0), says: /shorter/ },
    { name: 'text', file: Uint8Array.from(text('<!DOCTYPE html><html>')), says: /not a WAV file/ },
    {
      name: 'MP3 with ID3',
      file: Uint8Array.from([...text('ID3'), ...Array(20).fill(0)]),
      says: /MP3/,
    },
    { name: 'bare MP3', file: Uint8Array.from([0xff, 0xfb, ...Array(20).fill(0)]), says: /MP3/ },
    { name: 'Ogg', file: Uint8Array.from([...text('OggS'), ...Array(20).fill(0)]), says: /Ogg/ },
    { name: 'FLAC', file: Uint8Array.from([...text('fLaC'), ...Array(20).fill(0)]), says: /FLAC/ },
    {
      name: 'RIFX',
      file: Uint8Array.from([...text('RIFX'), ...good.subarray(4)]),
      says: /big-endian/,
    },
    { name: 'RF64', file: Uint8Array.from([...text('RF64'), ...good.subarray(4)]), says: /64-bit/ },
    {
      name: 'AVI',
      file: Uint8Array.from([...text('RIFF'), ...u32(4), ...text('AVI ')]),
      says: /not WAVE/,
    },
    { name: 'header only', file: good.subarray(0, 12), says: /no format/ },
    { name: 'cut off in the format', file: good.subarray(0, 24), says: /cut off/ },
    { name: 'cut off before the samples', file: good.subarray(0, 36), says: /no samples/ },
    { name: 'cut off at the first sample', file: good.subarray(0, 44), says: /no samples/ },
    {
      name: 'samples before the format',
      file: riff(chunk('data', pcm16), fmt({})),
      says: /before/,
    },
    { name: 'format of 15 bytes', file: riff(chunk('fmt ', Array(15).fill(1))), says: /cut off/ },
    {
      name: 'format longer than the file',
      file: riff(chunk('fmt ', Array(16).fill(1), 5000)),
      says: /cut off/,
    },
    { name: 'MP3 in WAV', file: riff(fmt({ code: 85 }), chunk('data', pcm16)), says: /MP3/ },
    { name: 'ADPCM', file: riff(fmt({ code: 17, bits: 4, frameBytes: 1 })), says: /IMA ADPCM/ },
    { name: 'unknown code', file: riff(fmt({ code: 4711 })), says: /format 4711/ },
    { name: 'extensible cut off', file: riff(fmt({ code: 0xfffe })), says: /extensible/ },
    { name: '0 channels', file: riff(fmt({ channels: 0 })), says: /0 channels/ },
    {
      name: '65,535 channels',
      file: riff(fmt({ channels: 65535, frameBytes: 2 })),
      says: /65535 channels/,
    },
    { name: '0 Hz', file: riff(fmt({ rateHz: 0 })), says: /0 Hz/ },
    { name: '4 GHz', file: riff(fmt({ rateHz: 4_000_000_000 })), says: /4000000000 Hz/ },
    { name: '12 bits', file: riff(fmt({ bits: 12, frameBytes: 2 })), says: /12 bits/ },
    {
      name: 'frame size 0',
      file: riff(fmt({ frameBytes: 0 }), chunk('data', pcm16)),
      says: /0 bytes/,
    },
    { name: 'half a sample only', file: riff(fmt({}), chunk('data', [1])), says: /no samples/ },
  ]
  test.each(rows)('$name', ({ file, says }) => {
    expect(() => readWav(file)).toThrow(WavFault)
    expect(() => readWav(file)).toThrow(says)
  })

  test('damaged files give samples or a WavFault, nothing else', () => {
    const base = riff(chunk('LIST', text('INFO')), fmt({ channels: 2 }), chunk('data', pcm16))
    const place = fc.nat({ max: base.length - 1 })
    const damage = fc.array(fc.tuple(place, fc.nat(255)), { maxLength: 6 })
    fc.assert(
      fc.property(damage, fc.nat({ max: base.length }), (changes, length) => {
        const file = base.slice()
        for (const [at, value] of changes) file[at] = value
        try {
          readWav(file.subarray(0, length))
        } catch (error) {
          expect(error).toBeInstanceOf(WavFault)
        }
      }),
      { numRuns: 5000 },
    )
  })
})

describe('wavHeader', () => {
  test.each([
    { rateHz: 8000, channels: 1, dataBytes: 320 },
    { rateHz: 8000, channels: 2, dataBytes: 0 },
    { rateHz: 48000, channels: 2, dataBytes: 4_000_000_000 },
  ])('$rateHz Hz, $channels channels, $dataBytes bytes', (header) => {
    const bytes = wavHeader({ ...header, format: 'pcm16' })
    expect(bytes).toHaveLength(44)
    const view = new DataView(bytes.buffer)
    expect(view.getUint32(4, true)).toBe(header.dataBytes + 36)
    expect(view.getUint32(40, true)).toBe(header.dataBytes)
    expect(wavLayout(bytes).format).toMatchObject({
      rateHz: header.rateHz,
      channels: header.channels,
      encoding: 'pcm',
      bits: 16,
    })
  })

  test('a size beyond 4 GB tells the most that there is room for', () => {
    const bytes = wavHeader({ rateHz: 8000, channels: 2, format: 'pcm16', dataBytes: 2 ** 33 })
    const view = new DataView(bytes.buffer)
    expect(view.getUint32(4, true)).toBeGreaterThan(4_294_000_000)
    expect(view.getUint32(40, true)).toBeGreaterThan(4_294_000_000)
  })
})
