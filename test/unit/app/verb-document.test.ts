import { describe, expect, test } from 'vitest'
import { readNumberRoute } from '../../../engine/api/dialects/telefonie/number-route.ts'
import { writeVerbs } from '../../../engine/api/dialects/telefonie/write-verbs.ts'
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

test('a callee with credentials, and a queue with words for the one who waits, there and back', () => {
  const verbs = [
    { verb: 'dial', targets: [{ to: 'sip:kate@pbx.example', username: 'us', password: 'pw' }] },
    { verb: 'dial', queue: 'a', queue_url: 'https://app.example/b', queue_method: 'GET' },
    { verb: 'enqueue', queue: 'a', max_size: 3 },
  ]
  const read = readVerbs(verbs)
  expect(read.slice(1)).toEqual([
    { verb: 'dial', queue: 'a', queueUrl: 'https://app.example/b', queueMethod: 'GET' },
    { verb: 'enqueue', queue: 'a', maxSize: 3 },
  ])
  expect(writeVerbs(read)).toEqual(verbs)
})

test.each([{ username: 'us' }, { password: 'pw' }, { username: 'u\r\ns', password: 'pw' }])(
  'credentials that are none: %j',
  (credentials) => {
    const targets = [{ to: 'sip:kate@pbx.example', ...credentials }]
    expect(() => readVerbs([{ verb: 'dial', targets }])).toThrow(/username/)
  },
)

test('no password of a callee is kept with a number', () => {
  const targets = [{ to: 'sip:kate@pbx.example', username: 'us', password: 'pw' }]
  const branches = { '1': [{ verb: 'dial' as const, targets }] }
  const verbs = [{ verb: 'gather' as const, branches }]
  expect(() => readNumberRoute({ verbs })).toThrow('is not kept with a number')
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
    [
      [{ verb: 'hangup' }, { verb: 'say', txt: 'hi' }],
      'verbs/1/txt: say has no such field; it has text, ',
    ],
    [[{ verb: 'leave', at: 1 }], 'verbs/0/at: leave has no such field; it has none'],
    [[{ verb: 'say', text: '' }], 'verbs/0/text: must not have fewer than 1 characters'],
    [[{ verb: 'say' }], 'verbs/0: must have required properties text'],
    [[{ verb: 'pause', length: '2' }], 'verbs/0/length: must be number'],
    [[{ verb: 'gather', branches: { '1': [{ verb: 'x' }] } }], 'verbs/0/branches/1/0/verb: "x"'],
    [[{ verb: 'gather', branches: { a: [] } }], 'verbs/0/branches/a: not a row of keys'],
    [[{ verb: 'gather', timeout: 0 }], 'verbs/0/timeout: must be >= 0.1'],
    [new Array(101).fill({ verb: 'hangup' }), 'verbs: more than 100 verbs'],
    [
      [{ verb: 'stream', url: 'wss://a.example', mode: 'both' }],
      'verbs/0/mode: must be one of start, connect',
    ],
    [[{ verb: 'constructor' }], 'verbs/0/verb: "constructor" must be one of'],
  ])('%j', (document, message) => {
    expect(() => readVerbs(document)).toThrow(message)
  })
})

test('verbs with all their fields are documents again', () => {
  const document = [
    {
      verb: 'gather',
      prompts: [
        { verb: 'say', text: 'one' },
        { verb: 'pause', length: 0.5 },
        { verb: 'play', url: 'https://app.example/a.wav', on_failure: 'next' },
      ],
      ...{ barge_in: false, min_digits: 2, num_digits: 4, digit_timeout: 1.5 },
      ...{ action: 'https://app.example/got', method: 'GET', action_on_empty: true },
    },
    {
      verb: 'dial',
      targets: [
        { to: '1001', headers: { 'X-A': 'b' }, status_callback: 'https://app.example/s' },
        { to: '+61412345678', send_digits: 'ww1', url: 'https://app.example/w', method: 'GET' },
      ],
      ...{ time_limit: 60, hangup_on_star: true, answer_on_bridge: false, on_failure: 'next' },
      ...{ sequential: true, ring_tone: 'de' },
      ...{ pass_headers: true, action: 'https://app.example/after', method: 'POST' },
    },
    {
      ...{ verb: 'record_message', max_length: 30, silence: 2.5, finish_on_keys: '#' },
      ...{ beep: false, trim: false, action: 'https://app.example/said', transcribe: true },
      transcribe_callback: 'https://app.example/text',
    },
    { verb: 'refer', to: 'sip:a@b.example', action: 'https://app.example/referred' },
    {
      ...{ verb: 'stream', mode: 'start', url: 'wss://bot.example/a', name: 'ear', tracks: 'both' },
      ...{ format: 'L16', rate: 8000, endian: 'big', framing: 'header', speak: 'replace' },
      ...{ buffer_ms: 500, parameters: { a: 'b' }, status_callback: 'https://app.example/s' },
      ...{ status_callback_method: 'GET', action: 'https://app.example/after', method: 'POST' },
    },
    { verb: 'stop_stream', name: 'ear' },
    {
      ...{ verb: 'conference', name: 'a', end_on_exit: true, action: 'https://app.example/over' },
    },
  ]
  expect(writeVerbs(readVerbs(document))).toEqual(document)
})

test.each([
  [[{ verb: 'dial' }], 'dial needs one of `to`, `targets` and `queue`'],
  [[{ verb: 'dial', to: '1001', targets: [{ to: '1002' }] }], 'dial needs one of'],
  [[{ verb: 'dial', targets: [] }], 'verbs/0/targets'],
  [
    [
      {
        verb: 'gather',
        prompt: { verb: 'say', text: 'a' },
        prompts: [{ verb: 'pause', length: 1 }],
      },
    ],
    'prompt or prompts',
  ],
  [[{ verb: 'gather', url: 'https://a.example', action: 'https://a.example' }], 'url or action'],
  [[{ verb: 'record_message', silence: -1 }], 'verbs/0/silence'],
  [[{ verb: 'refer' }], 'verbs/0'],
  [[{ verb: 'stream', url: 'wss://a.example', format: 'PCMU', rate: 16000 }], 'PCMU is at 8000'],
  [[{ verb: 'stream', url: 'wss://a.example', tracks: 'both', framing: 'raw' }], 'told apart'],
  [[{ verb: 'stream', url: 'wss://a.example', protocol: 'twiml', rate: 8000 }], 'rate does not go'],
  [[{ verb: 'stream', url: 'wss://a.example', parameters: { a: 1 } }], 'verbs/0'],
  [
    [{ verb: 'stream', url: 'https://a.example' }],
    'verbs/0/url: must be an address that begins with',
  ],
  [[{ verb: 'stream', url: 'wss://a.example/#b' }], 'wss: or ws:, without a fragment'],
  [[{ verb: 'conference', name: 'a', room: { language: 'de_AT' } }], 'must be a language tag'],
  [[{ verb: 'stop_stream' }], 'verbs/0'],
])('%j is refused', (document, message) => {
  expect(() => readVerbs(document)).toThrow(message)
})
