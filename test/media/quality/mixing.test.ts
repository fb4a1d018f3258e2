import { expect, test } from 'vitest'
import { mixingRows } from './c3-mixing.ts'

test.each([...mixingRows()])('$name', ({ ours, passLine, passes }) => {
  expect(passes, `${ours}, not ${passLine}`).toBe(true)
})
