import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { SampleReader, SampleWriter } from '../../../engine/dsp/sample-ring.ts'

const rateHz = 16_000
const frame = 320
/** What should lie ready: 60 ms. */
const ready = 960

function ring() {
  const writer = new SampleWriter(rateHz)
  const reader = new SampleReader(writer.shared)
  const out = new Int16Array(frame)
  let written = 0
  return {
    writer,
    reader,
    /** 1, 2, 3, ... through everything that is written, `at` samples a time. */
    write: (count: number, at = frame) => {
      for (let left = count; left > 0; left -= at) {
        const length = Math.min(at, left)
        writer.write(Int16Array.from({ length }, () => (written++ % 30_000) + 1))
      }
    },
    next: () => {
      const goesOn = reader.next(out)
      return goesOn ? [...out] : undefined
    },
  }
}
const numbers = (from: number, count: number) =>
  Array.from({ length: count }, (_, n) => ((from + n) % 30_000) + 1)
const silence = new Array(frame).fill(0)

test('the reader learns the rate, and has silence until enough lies ready', () => {
  const { reader, write, next } = ring()
  expect(reader.rateHz).toBe(rateHz)
  expect(next()).toEqual(silence)
  for (let n = 0; n < 2; n++) {
    write(frame)
    expect(next()).toEqual(silence)
  }
  write(frame)
  expect(reader.waiting).toBe(ready)
  expect(next()).toEqual(numbers(0, frame))
  expect(reader.underruns).toBe(0)
})

test('samples come out in order, each once', () => {
  const { reader, write, next } = ring()
  write(ready)
  for (let n = 0; n < 5000; n++) {
    expect(next()).toEqual(numbers(n * frame, frame))
    write(frame)
  }
  expect([reader.underruns, reader.skipped]).toEqual([0, 0])
})

test('an underrun is silence, and it is waited until enough lies ready again', () => {
  const { reader, write, next } = ring()
  write(ready)
  for (let n = 0; n < 3; n++) next()
  write(100)
  expect(next()).toEqual([...numbers(ready, 100), ...silence.slice(100)])
  expect(reader.underruns).toBe(1)
  write(frame)
  expect(next()).toEqual(silence)
  write(ready - frame)
  expect(next()).toEqual(numbers(ready + 100, frame))
  expect(reader.underruns).toBe(1)
})

test('a writer that gives 128 ms at a time is played without a gap', () => {
  const { reader, write, next } = ring()
  const chunk = 2048
  let ticks = 0
  let firstAt: number | undefined
  for (let given = 0; given < 100; ) {
    // Now sooner, now later, as a recorder program does.
    const dueAt = given * 6.4 + (given % 3)
    if (ticks >= dueAt) {
      write(chunk, chunk)
      given += 1
    }
    const heard = next()
    if (heard?.some((sample) => sample !== 0)) firstAt ??= ticks
    ticks += 1
  }
  expect(firstAt).toBeGreaterThan(0)
  expect([reader.underruns, reader.skipped]).toEqual([0, 0])
})

test('what piled up is left out, the oldest first', () => {
  const { reader, write, next } = ring()
  write(ready)
  next()
  write(12_000, 12_000)
  // The heap says how this writer writes: half a second at most lies ready.
  const heard = next()
  expect(heard).toEqual(numbers(ready + 12_000 - 8000, frame))
  expect(reader.skipped).toBe(ready - frame + 12_000 - 8000)
  expect(reader.waiting).toBe(8000 - frame)
})

test('nobody reads: what finds no room is counted, and what is there stays whole', () => {
  const { writer, reader, write, next } = ring()
  for (let n = 0; n < 200; n++) write(frame)
  expect(writer.dropped).toBe(200 * frame - 2 ** 15)
  expect(reader.waiting).toBe(2 ** 15)
  expect(next()).toEqual(numbers(2 ** 15 - ready, frame))
})

test('after the end the rest is played, then it is over', () => {
  const { writer, write, next } = ring()
  write(frame + 7)
  expect(next()).toEqual(silence)
  writer.end()
  expect(next()).toEqual(numbers(0, frame))
  expect(next()).toEqual([...numbers(frame, 7), ...silence.slice(7)])
  expect(next()).toBeUndefined()
})

test('the end of nothing is the end', () => {
  const { writer, next } = ring()
  writer.end()
  expect(next()).toBeUndefined()
})

test('positions may wrap', () => {
  const { writer, write, next } = ring()
  const header = new Int32Array(writer.shared, 0, 2)
  header.fill(2 ** 31 - 1000)
  write(ready)
  for (let n = 0; n < 100; n++) {
    expect(next()).toEqual(numbers(n * frame, frame))
    write(frame)
  }
  expect(header[0]).toBeLessThan(0)
})

test('a thread of its own writes: nothing is lost, torn or doubled', async () => {
  const thread = new Worker(new URL('./ring-writer-child.ts', import.meta.url))
  const [shared] = (await once(thread, 'message')) as [SharedArrayBuffer]
  const reader = new SampleReader(shared)
  const out = new Int16Array(frame)
  let heard = 0
  let wrong = 0
  while (reader.next(out)) {
    for (const sample of out) {
      // Silence where nothing was there.
      if (sample === 0) continue
      if (sample !== (heard % 30_000) + 1) wrong += 1
      heard += 1
    }
  }
  expect({ heard, wrong, skipped: reader.skipped }).toEqual({ heard: 2e6, wrong: 0, skipped: 0 })
  await thread.terminate()
})
