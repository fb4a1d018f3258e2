import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import {
  newPlace,
  playedMsAt,
  SoundReader,
  SoundWriter,
} from '../../../engine/dsp/growing-sound.ts'

const RATE_HZ = 8000
const ramp = (from: number, count: number) => Int16Array.from({ length: count }, (_, i) => from + i)
const frame = () => new Int16Array(160)

/** How what breaks off there falls to silence, 5 ms long, and what comes after. */
const fallen = (last: number, count: number) =>
  Int16Array.from({ length: count }, (_, i) => (last * Math.max(0, 39 - i)) / 40)

/** Every frame until the end. */
function played(reader: SoundReader): number[] {
  const out: number[] = []
  for (const pcm = frame(); reader.next(pcm); ) out.push(...pcm)
  return out
}

describe('a sound that grows', () => {
  test('is heard from the first sample on, before its end is made', () => {
    const writer = new SoundWriter(RATE_HZ, 10_000)
    const reader = new SoundReader(writer.shared)
    writer.write(ramp(1, 200))
    const pcm = frame()
    expect(reader.next(pcm)).toBe(true)
    expect([pcm[0], pcm[159]]).toEqual([1, 160])
    writer.write(ramp(201, 300))
    writer.end()
    const rest = played(reader)
    expect(rest.slice(0, 340)).toEqual([...ramp(161, 340)])
    expect(rest.slice(340)).toEqual([...fallen(500, rest.length - 340)])
    expect(reader.gaps).toBe(0)
  })

  test('outgrows its first memory for readers that were there before', () => {
    const writer = new SoundWriter(RATE_HZ, 400_000)
    const early = new SoundReader(writer.shared)
    for (let i = 0; i < 40; i++) writer.write(ramp(i, 8000))
    writer.end()
    expect(played(early)).toHaveLength(320_000)
    expect(writer.samples).toBe(320_000)
  })

  test('is of bounded length', () => {
    const writer = new SoundWriter(RATE_HZ, 100)
    writer.write(ramp(0, 100))
    expect(() => writer.write(ramp(0, 1))).toThrow(RangeError)
  })

  test('has a gap where its maker is slow, and goes on once 200 ms lie ready', () => {
    const writer = new SoundWriter(RATE_HZ, 10_000)
    const reader = new SoundReader(writer.shared)
    const pcm = frame()
    writer.write(ramp(1, 240))
    reader.next(pcm)
    expect(reader.next(pcm)).toBe(true)
    expect([...pcm]).toEqual([...ramp(161, 80), ...fallen(240, 80)])
    writer.write(ramp(241, 1000))
    reader.next(pcm)
    expect(pcm.every((sample) => sample === 0)).toBe(true)
    writer.write(ramp(1241, 600))
    reader.next(pcm)
    // It rises in 5 ms.
    expect([...pcm.subarray(38, 42)]).toEqual([Math.trunc((279 * 38) / 40), 273, 281, 282])
    expect(pcm[0]).toBe(0)
    expect(reader.gaps).toBe(1)
  })

  test('never jumps: not where its maker is slow, wherever in a frame that is, and not where it dies', () => {
    const wave = Int16Array.from({ length: 4000 }, (_, i) => 8000 * Math.sin(i / 9))
    // And what rounding adds.
    const steepest = 8000 / 9 + 2
    for (const count of [0, 1, 37, 80, 159]) {
      const writer = new SoundWriter(RATE_HZ, 10_000)
      const reader = new SoundReader(writer.shared)
      const out: number[] = []
      const pcm = frame()
      const listen = (frames: number) => {
        for (let n = 0; n < frames && reader.next(pcm); n++) out.push(...pcm)
      }
      writer.write(wave.subarray(0, 320 + count))
      listen(4)
      writer.write(wave.subarray(320 + count, 2010 + count))
      listen(5)
      writer.end()
      listen(20)
      const jumps = out.map((sample, i) => Math.abs(sample - (out[i - 1] ?? 0)))
      expect(Math.max(...jumps)).toBeLessThan(steepest)
      expect(out.at(-1)).toBe(0)
    }
  })

  test('is played as often as is wanted, by each player from its beginning', () => {
    const writer = new SoundWriter(RATE_HZ, 10_000)
    writer.write(ramp(1, 100))
    const place = newPlace()
    const twice = new SoundReader(writer.shared, 2, place)
    const once = new SoundReader(writer.shared)
    writer.end()
    expect(played(twice)).toEqual([...ramp(1, 100), ...ramp(1, 100), ...fallen(100, 120)])
    expect(played(once)).toEqual([...ramp(1, 100), ...fallen(100, 60)])
    expect(playedMsAt(place)).toBe(25)
  })

  test('that ends without a sample is over at once', () => {
    const writer = new SoundWriter(RATE_HZ, 10)
    writer.end()
    expect(new SoundReader(writer.shared, 0).next(frame())).toBe(false)
    expect(new SoundReader(writer.shared, Number.POSITIVE_INFINITY).next(frame())).toBe(false)
  })

  test('is read whole in another thread while it grows', async () => {
    const writer = new SoundWriter(RATE_HZ, 2 ** 20)
    const source = new URL('../../../engine/dsp/growing-sound.ts', import.meta.url)
    const worker = new Worker(
      `import(${JSON.stringify(source.href)}).then(({ SoundReader }) => {
        const { parentPort, workerData } = require('node:worker_threads')
        const reader = new SoundReader(workerData)
        const pcm = new Int16Array(160)
        let sum = 0
        const step = () => {
          for (let n = 0; n < 50; n++) {
            if (!reader.next(pcm)) return parentPort.postMessage(sum)
            for (const sample of pcm) sum += sample
          }
          setImmediate(step)
        }
        step()
      })`,
      { eval: true, workerData: writer.shared },
    )
    const heard = new Promise((resolve, reject) =>
      worker.on('message', resolve).on('error', reject),
    )
    let sum = 0
    for (let i = 0; i < 200; i++) {
      const pcm = ramp(i, 800)
      for (const sample of pcm) sum += sample
      writer.write(pcm)
      await new Promise(setImmediate)
    }
    writer.end()
    expect(await heard).toBe(sum)
    await worker.terminate()
  })
})
