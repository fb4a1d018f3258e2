/** Everything that `npm run quality -- c2` prints, in virtual time. */
import { describe, expect, test } from 'vitest'
import { c2Groups } from './c2.ts'

describe.each(Object.entries(c2Groups))('%s', (_, measure) => {
  test('passes', () => {
    const properties = measure()
    expect(properties.length).toBeGreaterThan(0)
    expect(properties.filter(({ passes }) => !passes)).toEqual([])
  })
})
