import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { newG722Decoder, newG722Encoder } from '../../../engine/dsp/g722.ts'
import { rmsDbfs } from '../../../engine/dsp/levels.ts'
import { hasSpandsp, spandspDecode, spandspEncode } from '../../support/spandsp.ts'
import { seeded } from './packet-trace.ts'

const FRAME = 320
const BYTES = 160
const sha256 = (array: Uint8Array | Int16Array) =>
  createHash('sha256')
    .update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
    .digest('hex')

function encoded(pcm: Int16Array): Uint8Array {
  const encoder = newG722Encoder()
  const out = new Uint8Array(pcm.length / 2)
  for (let at = 0; at < pcm.length; at += FRAME) {
    expect(encoder.encode(pcm.subarray(at, at + FRAME), out, at / 2)).toBe(BYTES)
  }
  return out
}

/** Decodes; frames that `lost` names are concealed. */
function decoded(bytes: Uint8Array, lost: (frame: number) => boolean = () => false): Int16Array {
  const decoder = newG722Decoder()
  const out = new Int16Array(2 * bytes.length)
  for (let frame = 0; frame * BYTES < bytes.length; frame++) {
    const pcm = out.subarray(frame * FRAME, (frame + 1) * FRAME)
    if (lost(frame)) decoder.conceal(pcm, undefined, 0, 0)
    else expect(decoder.decode(bytes, frame * BYTES, BYTES, pcm)).toBe(FRAME)
  }
  return out
}

/** Four seconds of whole-number arithmetic: a saw that slides, hiss that swells, and both at once. */
function hardSignal(): Int16Array {
  const random = seeded(722)
  let phase = 0
  return Int16Array.from({ length: 64_000 }, (_, i) => {
    phase = (phase + 300 + (i >> 3)) & 0xffff
    const saw = (phase - 32768) >> 2
    const hiss = Math.floor(random() * 2 ** 15) - 2 ** 14
    if (i < 20_000) return saw
    return i < 40_000 ? (hiss * (i - 20_000)) >> 15 : (saw + hiss) >> 1
  })
}

const tone = (levelDbm0: number) => {
  // A sine at full scale is +3.14 dBm0.
  const amplitude = 32768 * 10 ** ((levelDbm0 - 3.14) / 20)
  return Int16Array.from({ length: 32_000 }, (_, i) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * 1020.5 * i) / 16_000)),
  )
}

/** Speech: at 22,050 Hz, but here its samples are simply taken as 16 kHz. */
function speech(seconds: number): Int16Array {
  const sentence = 'She sells sea shells by the shore, and five foxes jump over the lazy dog. '
  const args = ['--stdout', '-s', '160', sentence.repeat(Math.ceil(seconds / 4))]
  const { stdout } = spawnSync('espeak-ng', args, { maxBuffer: 100_000_000 })
  return new Int16Array(new Uint8Array(stdout.subarray(44, 44 + seconds * 32_000)).buffer)
}

const hasReference = hasSpandsp() && spawnSync('espeak-ng', ['--version']).status === 0

describe('the same bits as libspandsp', () => {
  test('a hard signal, by the hash of what libspandsp 0.0.6 made of it', () => {
    const pcm = hardSignal()
    const bytes = encoded(pcm)
    expect(sha256(pcm)).toBe('89180467fddf180002ca66df2fd78116c58b6baab6c03dd6ef5f88432eb5a6d1')
    expect(sha256(bytes)).toBe('56dec4e6d110b4fb4c895380e869bd214e32ac1f51cb2efdddf6a848bff4c6cb')
    expect(sha256(decoded(bytes))).toBe(
      '76c53a69d011ef9006369bd7685b649af06ac1fa5c9e30968a5ee61078caf402',
    )
  })

  test.runIf(hasReference)('a minute of speech, both ways', () => {
    const pcm = speech(60)
    expect(pcm.length).toBe(60 * 16_000)
    expect(rmsDbfs(pcm)).toBeGreaterThan(-30)
    const bytes = encoded(pcm)
    expect(sha256(bytes)).toBe(sha256(spandspEncode(pcm)))
    expect(sha256(decoded(bytes))).toBe(sha256(spandspDecode(bytes)))
  })

  test.runIf(hasReference)('the hard signal, made anew', () => {
    const bytes = encoded(hardSignal())
    expect(sha256(bytes)).toBe(sha256(spandspEncode(hardSignal())))
    expect(sha256(decoded(bytes))).toBe(sha256(spandspDecode(bytes)))
  })
})

describe('quality', () => {
  test.each([
    { dbm0: -10, snrDb: 47.3 },
    { dbm0: -20, snrDb: 45.9 },
    { dbm0: -30, snrDb: 42.1 },
  ])('a tone of $dbm0 dBm0: $snrDb dB of SNR, 22 samples late', ({ dbm0, snrDb }) => {
    const pcm = tone(dbm0)
    const back = decoded(encoded(pcm))
    const error = pcm.slice(8000).map((_, i) => back[8000 + i]! - pcm[8000 - 22 + i]!)
    expect(Math.abs(rmsDbfs(pcm) - rmsDbfs(error) - snrDb)).toBeLessThan(0.3)
  })

  test('full scale clamps, it does not wrap', () => {
    const pcm = Int16Array.from({ length: 16_000 }, (_, i) => (i % 32 < 16 ? 32767 : -32768))
    const back = decoded(encoded(pcm)).slice(3222)
    const wrong = back.filter((sample, i) => sample < -8000 !== pcm[3200 + i]! < 0)
    expect(wrong.length).toBeLessThan(back.length / 10)
  })
})

describe('a stream with losses', () => {
  test('single frames lost: the level stays, nothing is left of it 100 ms later', () => {
    const pcm = tone(-20)
    const bytes = encoded(pcm)
    const clean = decoded(bytes)
    const out = decoded(bytes, (frame) => frame === 50)
    const levelErrorDb = rmsDbfs(out, 50 * FRAME, FRAME) - rmsDbfs(clean, 50 * FRAME, FRAME)
    expect(Math.abs(levelErrorDb)).toBeLessThan(1)
    const error = clean.map((sample, i) => sample - out[i]!)
    expect(rmsDbfs(error, 55 * FRAME, FRAME)).toBeLessThan(-60)
  })

  test('a long gap fades to silence within 60 ms', () => {
    const out = decoded(encoded(tone(-10)), (frame) => frame >= 50)
    expect(out.subarray(54 * FRAME).every((sample) => sample === 0)).toBe(true)
  })

  test('a pause is silence, once what was heard has faded', () => {
    const decoder = newG722Decoder()
    const pcm = new Int16Array(FRAME)
    decoder.decode(encoded(tone(-10)), 0, BYTES, pcm)
    decoder.pause(pcm)
    expect(pcm.subarray(FRAME / 4).every((sample) => sample === 0)).toBe(true)
  })

  test('reset: what follows is decoded as by a new decoder', () => {
    const bytes = encoded(tone(-10))
    const decoder = newG722Decoder()
    const pcm = new Int16Array(FRAME)
    for (let frame = 0; frame < 20; frame++) decoder.decode(bytes, frame * BYTES, BYTES, pcm)
    decoder.conceal(pcm, undefined, 0, 0)
    decoder.reset()
    const again = Array.from({ length: 5 }, (_, frame) => {
      decoder.decode(bytes, frame * BYTES, BYTES, pcm)
      return [...pcm]
    })
    expect(again.flat()).toEqual([...decoded(bytes.subarray(0, 5 * BYTES))])
  })
})

describe('payloads of other lengths', () => {
  test.each([1, 80, 240, 480])('%d bytes at a time', (bytesEach) => {
    const bytes = encoded(tone(-10)).subarray(0, 2400)
    const decoder = newG722Decoder()
    const out = new Int16Array(4800)
    for (let at = 0; at < 2400; at += bytesEach) {
      const samples = decoder.decode(bytes, at, bytesEach, out.subarray(2 * at))
      expect(samples).toBe(2 * bytesEach)
    }
    expect(sha256(out)).toBe(sha256(decoded(bytes)))
  })

  test('none, and more than there is', () => {
    const decoder = newG722Decoder()
    expect(decoder.decode(new Uint8Array(10), 0, 0, new Int16Array(320))).toBe(0)
    expect(decoder.decode(new Uint8Array(10), 5, 100, new Int16Array(320))).toBe(10)
    expect(decoder.decode(new Uint8Array(100), 0, 100, new Int16Array(64))).toBe(64)
    decoder.close()
  })
})
