import { expect, test } from 'vitest'
import { textFrame } from '../../../engine/api/socket/text-frame.ts'

test.each([
  ['', '8100'],
  ['a'.repeat(125), '817d'],
  ['a'.repeat(126), '817e007e'],
  ['é'.repeat(200), '817e0190'],
  ['a'.repeat(65_535), '817effff'],
  ['a'.repeat(65_536), '817f0000000000010000'],
])('a text of any length is one frame (RFC 6455 section 5.2): %#', (text, head) => {
  const frame = textFrame(text)
  const headBytes = head.length / 2
  expect(frame.toString('hex', 0, headBytes)).toBe(head)
  expect(frame.toString('utf8', headBytes)).toBe(text)
})
