import { expect, test } from 'vitest'
import { fileTimeMs } from '../../../engine/app/recordings/story.ts'

test('a pause has no length in the file: what happens in it or after it moves to the left', () => {
  const spans = [
    { kind: 'masked', startMs: 500, endMs: 700 },
    { kind: 'paused', startMs: 1_000, endMs: 1_000, heldMs: 4_000 },
    { kind: 'paused', startMs: 2_000, endMs: 2_000, heldMs: 500 },
  ] as const
  const times = [0, 600, 999, 1_000, 3_000, 5_000, 5_999, 6_000, 6_400, 6_500, 9_000]
  expect(times.map((wallMs) => fileTimeMs(wallMs, spans))).toEqual([
    ...[0, 600, 999, 1_000, 1_000, 1_000, 1_999, 2_000, 2_000, 2_000, 4_500],
  ])
  expect(fileTimeMs(1_234, [])).toBe(1_234)
  expect(fileTimeMs(1_234, [{ kind: 'lost', startMs: 100, endMs: 900 }])).toBe(1_234)
})
