/** An encoder that goes on where another one is. */
import { expect, test } from 'vitest'
import type { Encoder, PcmRateHz } from '../../../engine/dsp/codec.ts'
import { newAlawEncoder, newUlawEncoder } from '../../../engine/dsp/g711-codec.ts'
import { newG722Encoder } from '../../../engine/dsp/g722.ts'
import { newOpusEncoder } from '../../../engine/dsp/opus.ts'

const encoders: readonly [string, () => Encoder][] = [
  ['PCMU', newUlawEncoder],
  ['PCMA', newAlawEncoder],
  ['G722', newG722Encoder],
  ...([8000, 16_000, 48_000] as const).map((rateHz: PcmRateHz): [string, () => Encoder] => [
    `opus ${rateHz}`,
    () => newOpusEncoder(rateHz),
  ]),
]

/** A tone that rises and has something of noise. */
function frame(n: number, rateHz: number): Int16Array {
  let state = n + 1
  return Int16Array.from({ length: rateHz / 50 }, (_, i) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    const at = n / 50 + i / rateHz
    return 8000 * Math.sin(2 * Math.PI * (300 + 200 * at) * at) + state / 2 ** 21
  })
}

function packet(encoder: Encoder, n: number): string {
  const bytes = new Uint8Array(1500)
  return bytes.subarray(0, encoder.encode(frame(n, encoder.rateHz), bytes, 0)).join()
}

test.each(encoders)('%s: a copy makes the same of what follows', (_, newEncoder) => {
  const [one, other] = [newEncoder(), newEncoder()]
  for (let n = 0; n < 30; n++) packet(one, n)
  for (let n = 0; n < 9; n++) packet(other, 100 + n)
  other.copyFrom(one)
  for (let n = 30; n < 60; n++) expect(packet(other, n)).toBe(packet(one, n))
})

test.each(encoders)('%s: the two go their own ways afterwards', (_, newEncoder) => {
  const [one, other, alone] = [newEncoder(), newEncoder(), newEncoder()]
  for (let n = 0; n < 10; n++) {
    packet(one, n)
    packet(alone, n)
  }
  other.copyFrom(one)
  for (let n = 0; n < 10; n++) packet(other, 200 + n)
  for (let n = 10; n < 20; n++) expect(packet(one, n)).toBe(packet(alone, n))
  other.close()
  expect(packet(one, 20)).toBe(packet(alone, 20))
})

test('encoders of another codec or rate are refused', () => {
  expect(() => newUlawEncoder().copyFrom(newAlawEncoder())).toThrow(TypeError)
  expect(() => newG722Encoder().copyFrom(newUlawEncoder())).toThrow(TypeError)
  expect(() => newOpusEncoder(8000).copyFrom(newOpusEncoder(16_000))).toThrow(TypeError)
})
