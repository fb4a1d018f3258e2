import { expect, test } from 'vitest'
import { Outcome } from '../../../../softphone/device/outcome.ts'

test.each([
  ['SIP;cause=200;text="Call completed elsewhere"', true],
  ['Q.850;cause=26, SIP ;cause=200', true],
  ['SIP;cause=487;text="cause=200"', false],
  ['SIP;cause=2000', false],
  ['Q.850;cause=200', false],
  [undefined, undefined],
])('a call that was given up by the caller: %s', (header, elsewhere) => {
  const outcome = new Outcome()
  outcome.canceled(header)
  expect(outcome.end.by).toBe('remote')
  expect(outcome.end.answeredElsewhere ?? false).toBe(elsewhere ?? false)
  if (header === undefined) expect(outcome.end.reason).toBe('The caller gave up.')
})
