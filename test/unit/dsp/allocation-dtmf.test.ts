import { expect, test } from 'vitest'
import { DtmfDetector } from '../../../engine/dsp/dtmf-detector.ts'
import { ToneGenerator } from '../../../engine/dsp/tone-generator.ts'
import { dtmfTone } from '../../../engine/dsp/tones.ts'

const FRAME = 160
const FRAMES = 2000
/** While code is being compiled anew there is something on the heap: one good round tells. */
const MOST_ROUNDS = 40
/** A single number on the heap takes 16 bytes, an array more; the measuring itself takes a few. */
const TOO_MANY_BYTES = 16

test('a frame in which a DTMF detector looks for keys leaves nothing on the heap', () => {
  let told = 0
  const detector = new DtmfDetector({
    onDigit: () => {
      told += 1
    },
  })
  const sound = new Int16Array(FRAMES * FRAME)
  const tone = dtmfTone('147*2580369#ABCD', 100, 300)
  new ToneGenerator({ ...tone, rounds: 20 }, 8000).next(sound, 0, sound.length)
  for (let i = 0; i < sound.length; i++) sound[i]! += 200 * Math.sin(i / 11) * Math.sin(i / 500)
  const round = (): number => {
    global.gc?.()
    const before = process.memoryUsage().heapUsed
    for (let at = 0; at < sound.length; at += FRAME) detector.process(sound, at)
    const grown = process.memoryUsage().heapUsed - before
    // Below 0 something was collected: then there was something to collect.
    return grown < 0 ? Number.POSITIVE_INFINITY : grown / FRAMES
  }
  expect(global.gc).toBeDefined()
  const rounds: number[] = []
  while (rounds.length < MOST_ROUNDS && !(rounds.at(-1)! < TOO_MANY_BYTES)) rounds.push(round())
  expect(rounds.at(-1)).toBeLessThan(TOO_MANY_BYTES)
  expect(told).toBeGreaterThan(10)
})
