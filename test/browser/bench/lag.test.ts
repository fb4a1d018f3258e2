/** The measuring of delays itself. */
import { expect, test } from 'vitest'
import { chirp, lagOf, onsets } from '../in-page/lag.ts'

const rateHz = 48_000
const click = chirp(rateHz)

/** A second with a click at each of these places. */
function withClicks(...places: readonly number[]): Float32Array {
  const signal = new Float32Array(rateHz)
  for (const place of places) signal.set(click, place)
  return signal
}

test('a click is found where it begins, once', () => {
  const found = onsets(withClicks(1000, 20_000), 4800)
  expect(found).toHaveLength(2)
  expect(Math.abs((found[0] ?? 0) - 1000)).toBeLessThan(24)
})

test('a click that is quieter, turned over and noisy is found at its lag', () => {
  const heard = withClicks(1000 + 7321).map(
    (sample, at) => -0.3 * sample + 0.002 * Math.sin(at * at),
  )
  const lag = lagOf(withClicks(1000), heard, 1000, click.length, 20_000)
  expect(lag).toBe(7321)
})

test('what is not there, and what may come after the end, has no lag', () => {
  const sent = withClicks(1000, 40_000)
  expect(lagOf(sent, new Float32Array(rateHz), 1000, click.length, 20_000)).toBeUndefined()
  expect(lagOf(sent, sent, 40_000, click.length, 20_000)).toBeUndefined()
})
