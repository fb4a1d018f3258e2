import { expect, test } from 'vitest'
import { mostRecognised, Recogniser } from '../../../../engine/app/speech/recogniser.ts'
import type { Transcript } from '../../../../engine/core/ports/recordings.ts'
import type { Transcriber } from '../../../../engine/core/ports/transcriber.ts'
import { settle, VirtualClock } from '../../../support/virtual-clock.ts'

const sound = { rateHz: 8_000, samples: new Int16Array(800) }
const never = new AbortController().signal
const said: Transcript = { text: 'yes', segments: [] }

/** Answers when it is told to, the first that asked first. */
function held() {
  const waiting: ((transcript: Transcript) => void)[] = []
  const signals: AbortSignal[] = []
  const transcriber: Transcriber = {
    unavailableBecause: () => undefined,
    transcribe: (_sound, signal) => {
      signals.push(signal)
      return new Promise((resolve) => waiting.push(resolve))
    },
  }
  const clock = new VirtualClock()
  return { clock, signals, waiting, recogniser: new Recogniser(transcriber, clock) }
}

test('so many at once, and no more; one that is done makes room', async () => {
  const { recogniser, waiting } = held()
  const all = Array.from({ length: mostRecognised }, () => recogniser.recognise(sound, never))
  const tooMany = recogniser.recognise(sound, never)
  await expect(tooMany).rejects.toMatchObject({ code: 'transcription_failed' })
  expect(waiting).toHaveLength(mostRecognised)
  waiting[0]?.(said)
  expect(await all[0]).toBe(said)
  const another = recogniser.recognise(sound, never)
  await settle()
  waiting.at(-1)?.(said)
  expect(await another).toBe(said)
})

test('those that were waited for in vain make room too', async () => {
  const { recogniser, clock, signals } = held()
  const all = Array.from({ length: mostRecognised }, () => recogniser.recognise(sound, never))
  const failed = Promise.allSettled(all)
  await clock.advance(30_000)
  expect((await failed).every(({ status }) => status === 'rejected')).toBe(true)
  expect(signals.every(({ aborted }) => aborted)).toBe(true)
  void recogniser.recognise(sound, never).catch(() => undefined)
  await settle()
  expect(signals).toHaveLength(mostRecognised + 1)
})

test('is called off with its reason, by who does not want it any more', async () => {
  const { recogniser, signals } = held()
  const over = new AbortController()
  const wanted = recogniser.recognise(sound, over.signal)
  over.abort(new Error('hung up'))
  await expect(wanted).rejects.toThrow('hung up')
  expect(signals[0]?.aborted).toBe(true)
  await expect(recogniser.recognise(sound, over.signal)).rejects.toThrow('hung up')
  expect(signals).toHaveLength(1)
})
