import { describe, expect, test } from 'vitest'
import { Concealer } from '../../../engine/dsp/conceal.ts'
import { decodeAlaw, decodeUlaw, encodeAlaw, encodeUlaw } from '../../../engine/dsp/g711.ts'
import {
  newAlawDecoder,
  newAlawEncoder,
  newUlawDecoder,
  newUlawEncoder,
} from '../../../engine/dsp/g711-codec.ts'

const FRAME = 160
const frames = 30
const lost = (frame: number) => frame === 10 || frame === 11 || frame === 20
const speechlike = Int16Array.from({ length: frames * FRAME }, (_, i) =>
  Math.round(9000 * Math.sin(i / 9) * Math.sin(i / 700) + 900 * Math.sin(i * 1.3)),
)

const laws = [
  {
    ...{ name: 'PCMU', newEncoder: newUlawEncoder, newDecoder: newUlawDecoder },
    ...{ encode: encodeUlaw, decode: decodeUlaw },
  },
  {
    ...{ name: 'PCMA', newEncoder: newAlawEncoder, newDecoder: newAlawDecoder },
    ...{ encode: encodeAlaw, decode: decodeAlaw },
  },
]

describe.each(laws)('$name', ({ newEncoder, newDecoder, encode, decode }) => {
  test('encodes as the table does, wherever it is told to', () => {
    const out = new Uint8Array(FRAME + 12)
    const expected = new Uint8Array(FRAME + 12)
    expect(newEncoder().encode(speechlike, out, 12)).toBe(FRAME)
    encode(speechlike, 0, FRAME, expected, 12)
    expect(out).toEqual(expected)
  })

  test('decodes and conceals as the table and the concealer do', () => {
    const bytes = new Uint8Array(frames * FRAME)
    encode(speechlike, 0, bytes.length, bytes, 0)
    const decoder = newDecoder()
    const concealer = new Concealer()
    const pcm = new Int16Array(FRAME)
    const expected = new Int16Array(FRAME)
    for (let frame = 0; frame < frames; frame++) {
      if (lost(frame)) {
        decoder.conceal(pcm, undefined, 0, 0)
        concealer.conceal(expected, 0, FRAME)
      } else {
        expect(decoder.decode(bytes, frame * FRAME, FRAME, pcm)).toBe(FRAME)
        decode(bytes, frame * FRAME, FRAME, expected, 0)
        concealer.good(expected, 0, FRAME)
      }
      expect(pcm).toEqual(expected)
    }
    decoder.reset()
    decoder.conceal(pcm, undefined, 0, 0)
    expect(pcm.every((sample) => sample === 0)).toBe(true)
  })

  test('a pause is silence, and the past of what is concealed next', () => {
    const decoder = newDecoder()
    const bytes = new Uint8Array(FRAME)
    const pcm = new Int16Array(FRAME)
    newEncoder().encode(speechlike.subarray(5 * FRAME), bytes, 0)
    decoder.decode(bytes, 0, FRAME, pcm)
    for (let n = 0; n < 3; n++) {
      decoder.pause(pcm.fill(7))
      // What was heard fades within 5 ms.
      const from = n === 0 ? FRAME / 4 : 0
      expect(pcm.subarray(from).every((sample) => sample === 0)).toBe(true)
    }
    decoder.conceal(pcm, undefined, 0, 0)
    expect(pcm.every((sample) => sample === 0)).toBe(true)
  })

  test('payloads of no length, and longer than what is there', () => {
    const decoder = newDecoder()
    expect(decoder.decode(new Uint8Array(10), 0, 0, new Int16Array(FRAME))).toBe(0)
    expect(decoder.decode(new Uint8Array(10), 4, 99, new Int16Array(FRAME))).toBe(6)
    expect(decoder.decode(new Uint8Array(400), 0, 400, new Int16Array(FRAME))).toBe(FRAME)
    decoder.close()
    newEncoder().close()
  })

  test('both at 8 kHz', () => {
    expect(newEncoder().rateHz).toBe(8000)
    expect(newDecoder().rateHz).toBe(8000)
  })
})
