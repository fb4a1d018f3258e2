import { expect, test } from 'vitest'
import { VoiceWatch } from '../../../engine/core/voice-watch.ts'

/** 20 ms at 8 kHz. */
const frame = (amplitude: number): Uint8Array =>
  new Uint8Array(
    Int16Array.from({ length: 160 }, (_, i) => (i % 8 < 4 ? 1 : -1) * amplitude).buffer,
  )

type Parts = readonly (readonly [amplitude: number, frames: number])[]

function heard(parts: Parts, watch = new VoiceWatch()): VoiceWatch {
  for (const [amplitude, frames] of parts) {
    for (let n = 0; n < frames; n++) watch.hear(frame(amplitude), 20)
  }
  return watch
}

test.each([
  ['nothing', [], false, 0],
  ['silence', [[0, 100]], false, 2000],
  ['speech', [[3000, 50]], true, 0],
  [
    'speech, then silence',
    [
      [3000, 50],
      [0, 30],
    ],
    true,
    600,
  ],
  [
    'a click',
    [
      [0, 10],
      [9000, 2],
      [0, 10],
    ],
    false,
    440,
  ],
  ['the noise of a line', [[20, 100]], false, 2000],
  [
    'soft speech over it',
    [
      [20, 100],
      [600, 20],
    ],
    true,
    0,
  ],
  ['a hum that does not end', [[400, 1000]], true, 15_000],
  [
    'somebody soft, with nothing at all before and between',
    [
      [0, 20],
      [200, 20],
      [0, 20],
      [200, 20],
      [0, 20],
      [100, 20],
    ],
    true,
    0,
  ],
  [
    'speech in it',
    [
      [400, 100],
      [2000, 50],
    ],
    true,
    0,
  ],
  [
    'a hum that begins, and does not end',
    [
      [20, 100],
      [400, 900],
    ],
    true,
    15_000,
  ],
  ['a line that is not there', [[0, 0]], false, 0],
] as const)('%s', (_what, parts, hasHeard, quietMs) => {
  const watch = heard(parts)
  expect(watch.hasHeard).toBe(hasHeard)
  expect(Math.abs(watch.quietMs - quietMs)).toBeLessThanOrEqual(quietMs === 15_000 ? 3_000 : 0)
})

test.each([
  ['a hum that is there from the beginning', [[400, 1000]], 20_000],
  [
    'the noise of a line that comes late',
    [
      [0, 20],
      [200, 100],
    ],
    2400,
  ],
] as const)('where noise is expected: %s', (_what, parts, quietMs) => {
  const watch = heard(parts, new VoiceWatch(-34, -42))
  expect([watch.hasHeard, watch.quietMs]).toEqual([false, quietMs])
})

test('noise that is known is noise behind a lost packet too', () => {
  const watch = heard([[400, 1000]])
  const before = watch.quietMs
  heard(
    [
      [0, 4],
      [400, 100],
    ],
    watch,
  )
  expect(watch.quietMs - before).toBe(2080)
  // Nothing for longer is a line that was silent all the while: what comes behind it may be somebody soft.
  heard(
    [
      [0, 5],
      [400, 10],
    ],
    watch,
  )
  expect(watch.quietMs).toBe(0)
})
