/** A short run of every fuzz target, the same one each time; `npm run fuzz` runs them for longer. */

import { describe, expect, test } from 'vitest'
import { giantsOf, inputsOf } from '../../fuzz/mutate.ts'
import { message } from '../../fuzz/targets/message.ts'
import { messageSeeds } from '../../fuzz/targets/message-seeds.ts'
import { targets } from '../../fuzz/targets.ts'
import fc from '../../support/property.ts'

describe.each(targets.map((target) => [target.name, target] as const))('%s', (_name, target) => {
  test('takes its seeds', () => {
    for (const seed of target.seeds) expect(() => target.run(seed)).not.toThrow()
  })

  test('takes damaged ones', () => {
    const property = fc.property(inputsOf(target), (input) => target.run(input))
    const { errorInstance, counterexample } = fc.check(property, { numRuns: 400, seed: 4475 })
    // the input may be long: what is shown of it has an end
    const shown = JSON.stringify(counterexample?.[0].slice(0, 500))
    expect(errorInstance, `input ${shown}`).toBeNull()
  })

  test('takes one thing over and over, as much as there may be', () => {
    const giants = giantsOf(target)
    expect(giants.some(({ length }) => length > target.mostBytes * 0.9)).toBe(true)
    for (const giant of giants.filter((_, i) => i % 7 === 0)) target.run(giant)
  })
})

describe('a message that has troubled others', () => {
  test.each(Object.entries(messageSeeds))('%s', (_says, text) => message.run(text))
})
