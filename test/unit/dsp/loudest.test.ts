import { expect, test } from 'vitest'
import { Loudest } from '../../../engine/dsp/mixer/loudest.ts'
import { SpeechMeter } from '../../../engine/dsp/mixer/speech-meter.ts'

/** A tick is 20 ms. */
function scene(members: number) {
  const meter = new SpeechMeter()
  const loudest = new Loudest(meter)
  const heard = new Uint8Array(members).fill(1)
  for (let n = 0; n < members; n++) meter.add()
  /** Who was the loudest, whenever that was another one. */
  const run = (ticks: number, ...levelsDb: readonly (number | undefined)[]) => {
    const turns: number[] = []
    for (let n = 0; n < ticks; n++) {
      levelsDb.forEach((db, slot) => {
        meter.power[slot] = db === undefined ? 0 : 10 ** (db / 10)
      })
      for (let slot = 0; slot < levelsDb.length; slot++) meter.update(slot)
      const before = loudest.slot
      loudest.update(heard)
      if (loudest.slot !== before) turns.push(loudest.slot)
    }
    return turns
  }
  return { meter, loudest, run }
}

test('the first who speaks is it within 300 ms', () => {
  expect(scene(2).run(15, undefined, -20)).toEqual([1])
})

test('whoever is louder than one who speaks is it within 300 ms, and no other for a second', () => {
  const { run } = scene(2)
  expect(run(60, -25, undefined)).toEqual([0])
  expect(run(15, -25, -15)).toEqual([1])
  expect(run(35, -12, -25)).toEqual([])
  expect(run(15, -12, -25)).toEqual([0])
})

test('two who shout each other down by turns do not make it flicker', () => {
  const { run } = scene(2)
  const turns = []
  const seconds = 20
  for (let n = 0; n < 2.5 * seconds; n++) {
    turns.push(...run(10, -12, -24), ...run(10, -24, -12))
  }
  expect(turns.length).toBeLessThanOrEqual(seconds)
})

test('who is louder most of the time is it, at the cost of pauses between words', () => {
  const { run } = scene(2)
  run(20, -25, undefined)
  const turns = []
  for (let n = 0; n < 10; n++) turns.push(...run(20, -25, -12), ...run(5, -25, undefined))
  expect(turns).toEqual([1])
})

test('the one is silent, the other speaks: when his word has died away', () => {
  const { run } = scene(2)
  run(50, -20, undefined)
  expect(run(40, undefined, -30)).toEqual([1])
  expect(run(60, undefined, undefined)).toEqual([-1])
})

test('somebody goes: the one who takes his slot is still it, or still the next one', () => {
  const { run, loudest, meter } = scene(3)
  run(20, undefined, undefined, -20)
  loudest.remove(0)
  meter.remove(0)
  expect(loudest.slot).toBe(0)
})
