import { describe, expect, test } from 'vitest'
import { audioLevel } from '../../../engine/dsp/audio-level.ts'
import { emptyRtpHeader, readRtp, writeRtp } from '../../../engine/dsp/rtp.ts'
import { seeded } from './packet-trace.ts'

/** A packet with a header extension of that form and with those elements, and with CSRCs before it. */
function packet(form: number, elements: readonly number[], csrcs = 0): Uint8Array {
  const words = Math.ceil(elements.length / 4)
  const bytes = new Uint8Array(12 + 4 * csrcs + 4 + 4 * words + 160)
  writeRtp(bytes, 0, 0, false, 1, 2, 3)
  bytes[0] = 0x90 | csrcs
  const at = 12 + 4 * csrcs
  bytes.set([form >> 8, form & 0xff, 0, words, ...elements], at)
  const header = emptyRtpHeader()
  expect(readRtp(bytes, bytes.length, header)).toBe(true)
  expect(header.payloadLength).toBe(160)
  return bytes
}

const oneByte = (...elements: number[]) => packet(0xbede, elements)
const twoByte = (...elements: number[]) => packet(0x1000, elements)

describe('the loudness that a packet says it has (RFC 6464)', () => {
  test.each([
    ['alone', oneByte(0x30, 42), 42],
    ['with voice', oneByte(0x30, 0x80 | 42), 42],
    ['silence', oneByte(0x30, 127), 127],
    ['after another and padding', oneByte(0x12, 7, 7, 7, 0, 0, 0x30, 9), 9],
    ['after CSRCs', packet(0xbede, [0x30, 12], 3), 12],
    ['in the form of two bytes', twoByte(3, 1, 33), 33],
    ['in that form, with bits of the application', packet(0x100f, [3, 1, 34]), 34],
    ['there after an empty one and padding', twoByte(9, 0, 0, 0, 3, 1, 35), 35],
  ])('is told: %s', (_name, bytes, level) => {
    expect(audioLevel(bytes, 3)).toBe(level)
  })

  test.each([
    ['another number', oneByte(0x20, 42)],
    ['behind the end of all', oneByte(0xf0, 0, 0x30, 42)],
    ['cut off', oneByte(0, 0, 0, 0x30)],
    ['empty', twoByte(3, 0)],
    ['cut off in the form of two bytes', twoByte(0, 0, 3, 4)],
    ['of a form that is not known', packet(0x1234, [0x30, 42])],
    ['no extension', new Uint8Array(172).fill(0x30, 12).fill(0x80, 0, 1)],
  ])('is not told: %s', (_name, bytes) => {
    expect(audioLevel(bytes, 3)).toBe(-1)
  })

  test('is a number from -1 to 127 whatever comes', () => {
    const random = seeded(8285)
    const header = emptyRtpHeader()
    for (let n = 0; n < 20_000; n++) {
      const bytes = Uint8Array.from({ length: 40 + 40 * random() }, () => 256 * random())
      bytes[0] = 0x90 | (bytes[0]! & 3)
      if (n % 2 === 0) bytes.set([0xbe, 0xde, 0, 1 + (n % 3)], 12 + 4 * (bytes[0]! & 3))
      if (!readRtp(bytes, bytes.length, header)) continue
      const level = audioLevel(bytes, 1 + (n % 14))
      expect(level >= -1 && level <= 127 && Number.isInteger(level)).toBe(true)
    }
  })
})
