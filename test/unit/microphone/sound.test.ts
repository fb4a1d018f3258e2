import { describe, expect, test } from 'vitest'
import { LevelMeter, timeText } from '../../../engine/microphone/meter.ts'
import { pictureOf } from '../../../engine/microphone/picture.ts'
import { soundIn } from '../../../engine/microphone/trim.ts'

const rateHz = 16_000
const silence = (ms: number) => new Int16Array((rateHz * ms) / 1000)
const tone = (ms: number, dbfs: number) =>
  silence(ms).map((_, at) =>
    Math.round(32_768 * 10 ** ((dbfs + 3.01) / 20) * Math.sin((2 * Math.PI * 500 * at) / rateHz)),
  )
function inTurn(...parts: Int16Array[]): Int16Array {
  const all = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
const inMs = (samples: number) => (samples * 1000) / rateHz

describe('soundIn', () => {
  test('keeps 100 ms of the silence at both ends', () => {
    const stretch = soundIn(inTurn(silence(500), tone(300, -20), silence(700)), rateHz)
    expect([inMs(stretch?.from ?? 0), inMs(stretch?.to ?? 0)]).toEqual([400, 900])
  })

  test('keeps what there is where there is less', () => {
    const stretch = soundIn(inTurn(silence(40), tone(300, -20), silence(60)), rateHz)
    expect(stretch).toEqual({ from: 0, to: 6400 })
  })

  test('leaves pauses inside alone', () => {
    const words = inTurn(silence(200), tone(100, -20), silence(3000), tone(100, -20), silence(200))
    expect(soundIn(words, rateHz)).toEqual({ from: 1600, to: (200 + 3200 + 100) * 16 })
  })

  test.each([
    { dbfs: -44, heard: true },
    { dbfs: -46, heard: false },
  ])('the threshold is -45 dBFS: $dbfs is sound: $heard', ({ dbfs, heard }) => {
    const found = soundIn(inTurn(silence(100), tone(100, dbfs), silence(100)), rateHz)
    expect(found !== undefined).toBe(heard)
  })

  test('the threshold can be another one', () => {
    const soft = inTurn(silence(100), tone(100, -60), silence(100))
    expect(soundIn(soft, rateHz, -70)).toBeDefined()
  })

  test('a click is no sound, 30 ms are', () => {
    const click = inTurn(silence(500), tone(10, -3), silence(500))
    expect(soundIn(click, rateHz)).toBeUndefined()
    expect(soundIn(inTurn(silence(500), tone(30, -3), silence(500)), rateHz)).toBeDefined()
    const withClick = inTurn(tone(10, -3), silence(500), tone(100, -20), silence(500))
    expect(inMs(soundIn(withClick, rateHz)?.from ?? 0)).toBe(410)
  })

  test('nothing and silence are none', () => {
    expect(soundIn(new Int16Array(0), rateHz)).toBeUndefined()
    expect(soundIn(silence(1000), rateHz)).toBeUndefined()
  })
})

describe('LevelMeter', () => {
  test('shows time and level, always as wide', () => {
    const meter = new LevelMeter(rateHz)
    const first = meter.line()
    expect(first).toMatch(/^00:00\.0 \[ {30}\] {2}-60\.0 dBFS/)
    meter.take(tone(1500, -30))
    expect(meter.line()).toMatch(/^00:01\.5 \[#{15} {15}\] {2}-30\.0 dBFS/)
    expect(meter.line()).toHaveLength(first.length)
    expect(meter.isClipped).toBe(false)
  })

  test('says until the end that it was clipped, and when', () => {
    const meter = new LevelMeter(rateHz)
    meter.take(silence(2000))
    meter.take(Int16Array.of(-32_768))
    meter.take(silence(61_000))
    expect(meter.line()).toMatch(/CLIPPED at 00:02\.0 *$/)
    expect(meter.line()).toMatch(/^01:03\.0/)
  })

  test('times', () => {
    expect([0, 99, 100, 59_999, 600_000].map(timeText)).toEqual([
      '00:00.0',
      '00:00.0',
      '00:00.1',
      '00:59.9',
      '10:00.0',
    ])
  })
})

test('the picture is as high as the sound is loud', () => {
  const quarter = Int16Array.from({ length: 6400 }, (_, at) => (at < 3200 ? 8_192 : 32_767))
  const lines = pictureOf(quarter).split('\n')
  expect(lines).toHaveLength(9)
  expect(lines.map((line) => line.replaceAll(' ', '').length)).toEqual([
    32, 32, 32, 64, 64, 64, 32, 32, 32,
  ])
  expect(lines[4]).toBe('-'.repeat(64))
  expect(lines[0]).toBe(' '.repeat(32) + '#'.repeat(32))
  expect(pictureOf(new Int16Array(0)).split('\n')[4]).toBe('-'.repeat(64))
})
