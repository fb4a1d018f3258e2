import { afterEach, beforeEach, expect, test } from 'vitest'
import type { OpenMicrophone } from '../../../engine/core/ports/microphone.ts'
import { SampleReader } from '../../../engine/dsp/sample-ring.ts'
import { LiveMicrophone } from '../../../engine/microphone/live-microphone.ts'
import { pacedRecorder, realClock, type StubPrograms, stubPrograms } from './stub-recorder.ts'

let stubs: StubPrograms
let microphone: LiveMicrophone
beforeEach(() => {
  stubs = stubPrograms()
  const { environment } = stubs
  microphone = new LiveMicrophone({ program: 'sox', device: undefined, environment }, realClock)
})
afterEach(async () => {
  await microphone.close()
  stubs.remove()
})

const counting = '(n) => Array.from({ length: 320 }, (_, at) => (n * 320 + at) % 30000 + 1)'

function readerOf({ sound }: OpenMicrophone): SampleReader {
  if (sound.kind !== 'live') throw new Error('not live')
  return new SampleReader(sound.ring)
}

test('what is said comes through the ring; closed, it ends', async () => {
  stubs.add('sox', pacedRecorder(counting))
  const open = await microphone.open()
  const reader = readerOf(open)
  expect(reader.rateHz).toBe(16_000)
  const frame = new Int16Array(320)
  const heard: number[] = []
  while (heard.length < 1600) {
    expect(reader.next(frame)).toBe(true)
    heard.push(...frame.filter((sample) => sample !== 0))
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const first = heard[0] ?? 0
  expect(heard).toEqual(heard.map((_, n) => ((first - 1 + n) % 30_000) + 1))
  await open.close()
  expect(await open.ended).toBeUndefined()
  while (reader.next(frame)) await new Promise((resolve) => setTimeout(resolve, 1))
})

test('one at a time, also while it is being opened; then the next', async () => {
  stubs.add('sox', pacedRecorder(counting))
  const [first, second] = await Promise.allSettled([microphone.open(), microphone.open()])
  expect(second).toMatchObject({ status: 'rejected', reason: { code: 'microphone_busy' } })
  if (first.status === 'rejected') throw first.reason
  await expect(microphone.open()).rejects.toMatchObject({ code: 'microphone_busy' })
  await first.value.close()
  const next = await microphone.open()
  await next.close()
})

test('a microphone that could not be opened is not busy', async () => {
  await expect(microphone.open()).rejects.toMatchObject({ code: 'microphone_unavailable' })
  stubs.add('sox', pacedRecorder(counting))
  await (await microphone.open()).close()
})

test('the program dies: it is told, the sound ends, and it can be opened again', async () => {
  const dies = `setTimeout(() => process.stderr.write('unplugged', () => process.exit(1)), 200)`
  stubs.add('sox', pacedRecorder(counting, dies))
  const open = await microphone.open()
  expect(await open.ended).toBe('unplugged')
  const frame = new Int16Array(320)
  const reader = readerOf(open)
  let ticks = 0
  while (reader.next(frame)) ticks += 1
  expect(ticks).toBeGreaterThan(0)
  await (await microphone.open()).close()
})

test('closed for good, it ends what is open and opens nothing more', async () => {
  stubs.add('sox', pacedRecorder(counting))
  const open = await microphone.open()
  await microphone.close()
  expect(await open.ended).toBeUndefined()
  await expect(microphone.open()).rejects.toMatchObject({ code: 'draining' })
})

test('closed for good while it is being opened, it does not stay open', async () => {
  stubs.add('sox', pacedRecorder(counting))
  const opening = microphone.open()
  const closing = microphone.close()
  await expect(opening).rejects.toMatchObject({ code: 'draining' })
  await closing
})
