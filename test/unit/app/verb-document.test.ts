import { describe, expect, test } from 'vitest'
import { readVerbs } from '../../../engine/app/verb-document.ts'

test('durations are seconds in the document and milliseconds inside', () => {
  const verbs = [
    { verb: 'pause', length: 1.5 },
    { verb: 'dial', to: '1001', timeout: 20 },
    {
      verb: 'gather',
      num_digits: 2,
      finish_on_key: '',
      timeout: 3,
      branches: { '12': [{ verb: 'reject', sip_status: 486 }] },
    },
    { verb: 'send_digits', digits: '1#' },
  ]
  expect(readVerbs(verbs)).toEqual([
    { verb: 'pause', durationMs: 1_500 },
    { verb: 'dial', to: '1001', timeoutMs: 20_000 },
    {
      verb: 'gather',
      numDigits: 2,
      finishOnKey: '',
      timeoutMs: 3_000,
      branches: { '12': [{ verb: 'reject', sipStatus: 486 }] },
    },
    { verb: 'sendDigits', digits: '1#' },
  ])
})

test('what is said may be marked up', () => {
  const verbs = [{ verb: 'say', text: '<speak>hi</speak>', markup: 'ssml' }]
  expect(readVerbs(verbs)).toEqual(verbs)
  expect(() => readVerbs([{ verb: 'say', text: 'hi', markup: 'html' }])).toThrow('verbs/0/markup')
})

describe('a fault is told in the words of the verb that was meant', () => {
  test.each([
    [{ verbs: [] }, 'verbs: must be a list of verbs'],
    [[{ verb: 'sya', text: 'hi' }], 'verbs/0/verb: "sya" must be one of answer, say, play'],
    [[{ text: 'hi' }], 'verbs/0/verb: missing; it must be one of'],
    [[null], 'verbs/0/verb: missing; it must be one of'],
    [[{ verb: 'hangup' }, { verb: 'say', txt: 'hi' }], 'verbs/1/txt: say has no such field'],
    [[{ verb: 'say', text: '' }], 'verbs/0/text: must not have fewer than 1 characters'],
    [[{ verb: 'say' }], 'verbs/0: must have required properties text'],
    [[{ verb: 'pause', length: '2' }], 'verbs/0/length: must be number'],
    [[{ verb: 'gather', branches: { '1': [{ verb: 'x' }] } }], 'verbs/0/branches/1/0/verb: "x"'],
    [[{ verb: 'gather', branches: { a: [] } }], 'verbs/0/branches/a: not a row of keys'],
    [[{ verb: 'gather', timeout: 0 }], 'verbs/0/timeout: must be >= 0.1'],
    [new Array(101).fill({ verb: 'hangup' }), 'verbs: more than 100 verbs'],
    [[{ verb: 'constructor' }], 'verbs/0/verb: "constructor" must be one of'],
  ])('%j', (document, message) => {
    expect(() => readVerbs(document)).toThrow(message)
  })
})
