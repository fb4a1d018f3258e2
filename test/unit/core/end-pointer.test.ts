import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { EndPointer } from '../../../engine/core/end-pointer.ts'
import { resample } from '../../../engine/dsp/resampler.ts'
import { readWav } from '../../../engine/dsp/wav.ts'
import { voice } from '../../support/voice.ts'

const rateHz = 8_000
const frameMs = 20
const limits = { speechTimeoutMs: 1_000, maxSpeechMs: 20_000 }

const amplitude = (db: number) => 32_768 * 10 ** (db / 20)
const silence = (ms: number) => new Int16Array(ms * 8)
/** The same each time. */
function noise(ms: number, db: number): Int16Array {
  let state = 1
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return (state / 2 ** 31 - 1) * Math.sqrt(3)
  }
  return Int16Array.from({ length: ms * 8 }, () => random() * amplitude(db))
}
const tone = (ms: number, db: number) =>
  Int16Array.from(
    { length: ms * 8 },
    (_, i) => Math.SQRT2 * amplitude(db) * Math.sin((2 * Math.PI * 440 * i) / rateHz),
  )
/** One after the other. */
const row = (...parts: readonly Int16Array[]) => Int16Array.from(parts.flatMap((part) => [...part]))
const mixed = (one: Int16Array, other: Int16Array) =>
  one.map((sample, i) => Math.max(-32_768, Math.min(32_767, sample + (other[i] ?? 0))))
/** A quarter of a second each of buzzing and of next to nothing. */
const talk = (ms: number) =>
  row(...Array.from({ length: ms / 500 }, () => row(tone(250, -20), tone(250, -50))))

function speak(text: string): Int16Array {
  const wav = execFileSync('espeak-ng', ['--stdout', text], { maxBuffer: 10_000_000 })
  const { samples, rateHz: from } = readWav(new Uint8Array(wav))
  return resample(samples[0] ?? new Int16Array(0), from, rateHz)
}

interface Found {
  begunMs?: number
  endedMs?: number
  pointer: EndPointer
}

function heard(pcm: Int16Array, over: Partial<typeof limits> = {}): Found {
  const pointer = new EndPointer({ ...limits, ...over })
  const found: Found = { pointer }
  for (let at = 0, ms = frameMs; at + 160 <= pcm.length; at += 160, ms += frameMs) {
    pointer.hear(new Uint8Array(pcm.slice(at, at + 160).buffer), frameMs)
    if (pointer.state !== 'waiting') found.begunMs ??= ms
    if (pointer.state === 'ended') found.endedMs ??= ms
  }
  return found
}

describe('nobody speaks', () => {
  test.each([
    ['silence', silence(20_000)],
    ['the noise of a line', noise(20_000, -60)],
    ['the noise of a bad line', noise(20_000, -45)],
    ['noise after nothing at all', row(silence(300), noise(20_000, -40))],
    ['a quiet tone', tone(20_000, -40)],
    ['a click', row(silence(1_000), tone(40, -6), silence(3_000))],
    ['a knock', row(noise(1_000, -60), tone(100, -6), noise(3_000, -60))],
    ['knocks', row(...Array.from({ length: 20 }, () => row(silence(900), tone(100, -6))))],
  ])('%s', (_what, pcm) => {
    const { begunMs, pointer } = heard(pcm)
    expect([begunMs, pointer.state]).toEqual([undefined, 'waiting'])
    // What is held of it is bounded.
    expect(pointer.take().length).toBeLessThanOrEqual(500 * 8)
  })
})

describe('somebody speaks', () => {
  test.each([
    ['after silence', silence(1_500)],
    ['in the noise of a line', noise(6_000, -55)],
    ['in a car', noise(6_000, -40)],
  ])('a buzzing voice, %s', (_what, before) => {
    const said = row(silence(1_500), voice('agent').subarray(0, 2_000 * 8), silence(2_500))
    const { begunMs = 0, endedMs = 0, pointer } = heard(mixed(said, before))
    expect(begunMs).toBeGreaterThan(1_500)
    expect(begunMs).toBeLessThanOrEqual(2_100)
    expect(endedMs - 1_000).toBeGreaterThan(3_200)
    expect(endedMs - 1_000).toBeLessThanOrEqual(3_560)
    expect(pointer.spokenMs).toBeGreaterThan(1_300)
    // All that was said, and half a second before it was noticed, in the frame that is counted with it.
    expect(pointer.take().length / 8).toBe(endedMs - begunMs + 500 + frameMs)
  })

  test.each(['yes', 'no', 'two', 'I would like to speak with the sales department, please'])(
    'a real voice: %s',
    (text) => {
      const words = speak(text)
      const { begunMs = 0, endedMs = 0 } = heard(
        mixed(row(silence(1_000), words, silence(3_000)), noise(10_000, -60)),
      )
      expect(begunMs).toBeGreaterThan(1_000)
      expect(begunMs).toBeLessThan(1_300)
      const endMs = 1_000 + words.length / 8
      // espeak-ng itself leaves some 300 ms of silence after its last word, and a soft end is none.
      expect(endedMs - 1_000).toBeGreaterThan(endMs - 600)
      expect(endedMs - 1_000).toBeLessThanOrEqual(endMs)
    },
  )

  test('who speaks at once is heard from his first sound', () => {
    const { begunMs = 0, pointer } = heard(row(voice('lead'), silence(2_000)))
    expect(begunMs).toBeLessThan(400)
    expect(pointer.state).toBe('ended')
    expect(pointer.take().length).toBeGreaterThan(voice('lead').length)
  })

  test('a pause that is shorter than the limit ends nothing', () => {
    const pcm = row(silence(500), talk(1_000), silence(600), talk(1_000), silence(3_000))
    const once = heard(pcm)
    expect(once.endedMs).toBeGreaterThan(3_800)
    expect(heard(pcm, { speechTimeoutMs: 500 }).endedMs).toBeLessThan(2_300)
  })

  test('a long talk is heard to the limit, and no more of it is held', () => {
    const { begunMs = 0, endedMs = 0, pointer } = heard(row(silence(500), talk(40_000)))
    expect(endedMs - begunMs).toBeLessThanOrEqual(20_000)
    expect(endedMs - begunMs).toBeGreaterThan(19_800)
    expect(pointer.take().length).toBeLessThanOrEqual(20_500 * 8 + 160)
  })

  test('a loud tone, which lasts, is taken for noise after a while', () => {
    const { begunMs, endedMs = 0 } = heard(row(silence(500), tone(20_000, -20)))
    expect(begunMs).toBeDefined()
    expect(endedMs).toBeLessThan(6_000)
  })

  test('it ends in loud noise too, once that is known', () => {
    const said = row(silence(6_000), voice('agent'), silence(4_000))
    const inNoise = mixed(said, noise(13_000, -32))
    const { endedMs = 0 } = heard(inNoise.subarray(1_500 * 8))
    expect(endedMs).toBeGreaterThan(0)
  })

  test('after its end it hears nothing', () => {
    const pointer = new EndPointer(limits)
    const pcm = row(silence(500), talk(1_000), silence(2_000))
    for (let at = 0; at + 160 <= pcm.length; at += 160)
      pointer.hear(new Uint8Array(pcm.slice(at, at + 160).buffer), frameMs)
    const { length } = pointer.take()
    pointer.hear(new Uint8Array(320), frameMs)
    expect(length).toBeGreaterThan(0)
    expect(pointer.take().length).toBe(0)
  })
})
