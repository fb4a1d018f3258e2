import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  ALAW_SILENCE,
  decodeAlaw,
  decodeUlaw,
  encodeAlaw,
  encodeUlaw,
  ULAW_SILENCE,
} from '../../../engine/dsp/g711.ts'

const everySample = Int16Array.from({ length: 65536 }, (_, i) => i - 32768)
const everyCode = Uint8Array.from({ length: 256 }, (_, i) => i)
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

function encoded(encode: typeof encodeUlaw): Uint8Array {
  const out = new Uint8Array(65536)
  encode(everySample, 0, 65536, out, 0)
  return out
}

function decoded(decode: typeof decodeUlaw): Int16Array {
  const out = new Int16Array(256)
  decode(everyCode, 0, 256, out, 0)
  return out
}

const laws = [
  {
    law: 'mu-law',
    encode: encodeUlaw,
    decode: decodeUlaw,
    // SHA-256 of libspandsp 0.0.6's output for -32768..32767 and for codes 0..255 (little-endian).
    codes: '5ee7cf5f273f842d2234121e4cb0c98d6b20a99ac29026f94e05b36955b195be',
    samples: '3dab54339e520bb2c924826e3b72a917a2b612e9fd12fc867500f1d983a75827',
    silence: ULAW_SILENCE,
    silentSample: 0,
    clippedAt: 32124,
    // 16 steps in each segment, whose sizes double (G.711 tables 1 and 2).
    stepAt: (magnitude: number) => 2 ** (Math.floor(Math.log2(magnitude + 132)) - 4),
  },
  {
    law: 'A-law',
    encode: encodeAlaw,
    decode: decodeAlaw,
    codes: '38488f6fd710f4686360edc4d38639f96c491595ef93f8eb8d62d5e07ca6ce7b',
    samples: 'e04788d110e58ff8c70c93b8480190d973e3b67876b6119abbaec766cc75c174',
    silence: ALAW_SILENCE,
    silentSample: 8,
    clippedAt: 32256,
    stepAt: (magnitude: number) => Math.max(16, 2 ** (Math.floor(Math.log2(magnitude)) - 4)),
  },
] as const

describe.each(laws)('G.711 $law', ({ encode, decode, ...expected }) => {
  test('encodes all 65,536 samples as libspandsp does', () => {
    expect(sha256(encoded(encode))).toBe(expected.codes)
  })

  test('decodes all 256 codes as libspandsp and sox do', () => {
    expect(sha256(new Uint8Array(decoded(decode).buffer))).toBe(expected.samples)
  })

  test('every code but a second zero survives decoding and encoding', () => {
    const again = new Uint8Array(256)
    encode(decoded(decode), 0, 256, again, 0)
    const changed = [...everyCode].filter((code) => again[code] !== code)
    expect(changed).toEqual(expected.law === 'mu-law' ? [0x7f] : [])
  })

  test('no sample is further from its code than half a quantising step of its segment', () => {
    const values = decoded(decode)
    const codes = encoded(encode)
    const limit = Math.min(32767, expected.clippedAt + 512)
    for (let i = 32768 - limit; i <= 32768 + limit; i++) {
      const sample = everySample[i]!
      const error = Math.abs(values[codes[i]!]! - sample)
      const halfStep = expected.stepAt(Math.abs(sample)) / 2
      if (error > halfStep + 1) expect.fail(`sample ${sample}: ${error} beyond ${halfStep}`)
    }
  })

  test('silence and full scale', () => {
    const values = decoded(decode)
    expect(values[expected.silence]).toBe(expected.silentSample)
    expect(Math.max(...values)).toBe(expected.clippedAt)
    expect(encoded(encode)[32768]).toBe(expected.silence)
  })

  test('honours offsets and leaves the rest alone', () => {
    const pcm = Int16Array.of(9, 1000, -1000, 9)
    const out = new Uint8Array(4).fill(1)
    encode(pcm, 1, 2, out, 1)
    expect([out[0], out[3]]).toEqual([1, 1])
    const back = new Int16Array(4).fill(7)
    decode(out, 1, 2, back, 2)
    expect([...back.subarray(0, 2)]).toEqual([7, 7])
    expect(Math.abs(back[2]! - 1000)).toBeLessThan(40)
    expect(Math.abs(back[3]! + 1000)).toBeLessThan(40)
  })
})
