/** The proof proves something: recordings that differ are told apart, and those that do not are not. */
import { describe, expect, test } from 'vitest'
import { compare, judge } from '../support/drachtio/compare.ts'
import { FrameReader } from '../support/drachtio/control-proxy.ts'
import { parseFixture, printFixture } from '../support/drachtio/fixture.ts'
import { breaches } from '../support/drachtio/invariants.ts'
import { type Lanes, renumber } from '../support/drachtio/lanes.ts'
import { normalise } from '../support/drachtio/normalise.ts'
import { planNames, portPlan } from '../support/drachtio/ports.ts'
import type { Recorded, Recording } from '../support/drachtio/recording.ts'
import { readTranscript } from '../support/drachtio/transcript.ts'

const plan = portPlan(0)
const portNames = planNames(plan, plan.sip)
const id = '0f001973-3cfb-4aba-8618-7490b95439c8'
const otherId = '1f001973-3cfb-4aba-8618-7490b95439c8'

const options = (tag = 'a1'): string =>
  [
    `OPTIONS sip:bob@127.0.0.1:${plan.sip} SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:${plan.peer(0)};branch=z9hG4bK${tag}`,
    `From: <sip:alice@127.0.0.1:${plan.peer(0)}>;tag=${tag}`,
    `To: <sip:bob@127.0.0.1:${plan.sip}>`,
    `Call-ID: call-${tag}`,
    'CSeq: 1 OPTIONS',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n')

const ok = (tag = 'a1'): string =>
  options(tag)
    .replace(/^OPTIONS.*/, 'SIP/2.0 200 OK')
    .replace(/(branch=\S+)/, `$1;rport=${plan.peer(0)}`)

const frame = (payload: string): Recorded => ({
  kind: 'frame',
  atMs: 0,
  connection: 'APP1',
  toServer: false,
  payload,
})

const sip = (from: string, to: string, text: string): Recorded => ({
  kind: 'sip',
  atMs: 0,
  from,
  to,
  text,
})

const event = (tag = 'a1', size = options(tag).length): string =>
  [
    ...[id, 'sip', 'network', size, 'udp', '127.0.0.1', plan.peer(0), '10:00:00.123456'],
    ...[otherId, '', '127.0.0.1', plan.sip, `\r\n${options(tag)}`],
  ].join('|')

const record = (items: readonly Recorded[]): Recording => ({ items: [...items], portNames })
const lanes = (...items: readonly Recorded[]): Lanes => renumber(normalise(record(items)))

const run = (tag: string): Recorded[] => [
  sip('p0', 'srv', options(tag)),
  frame(event(tag)),
  sip('srv', 'p0', ok(tag)),
]

describe('compare', () => {
  test('two runs that differ in ids, tags, branches and times are equal', () => {
    expect(compare(lanes(...run('a1')), lanes(...run('zz')))).toEqual([])
  })

  const reference = run('a1')
  const cases: readonly [string, Recorded[], RegExp][] = [
    ['a message that is missing', reference.slice(0, 2), /^missing srv > p0: SIP\/2\.0 200 OK/],
    ['a message too many', [...reference, sip('srv', 'p0', ok('b2'))], /^extra srv > p0/],
    [
      'another status',
      [...reference.slice(0, 2), sip('srv', 'p0', ok().replace('200 OK', '486 Busy'))],
      /^extra srv > p0: SIP\/2\.0 486 Busy/,
    ],
    [
      'a header that is missing',
      [...reference.slice(0, 2), sip('srv', 'p0', ok().replace(/To:.*\r\n/, ''))],
      /^header srv > p0: .*no "To: <sip:bob@srv>"/,
    ],
    [
      'a frame with a field less',
      [reference[0]!, frame(event().replace('|\r\n', '\r\n')), reference[2]!],
      /^extra srv > APP1/,
    ],
    [
      'many retransmissions',
      [...reference, ...Array.from({ length: 3 }, () => sip('srv', 'p0', ok()))],
      /^repeats srv > p0/,
    ],
  ]
  test.each(cases)('%s is found', (_title, items, line) => {
    const found = compare(lanes(...reference), lanes(...items))
    expect(found.join('\n')).toMatch(new RegExp(line.source, 'm'))
  })

  test('symbols must correspond one to one', () => {
    const answers = (first: string, second: string): Lanes =>
      lanes(frame(`${id}|response|${first}|OK`), frame(`${id}|response|${second}|OK`))
    expect(compare(answers(id, otherId), answers(id, id))).toHaveLength(1)
    expect(compare(answers(id, id), answers(id, otherId))).toHaveLength(1)
    expect(compare(answers(id, otherId), answers(otherId, id))).toEqual([])
  })
})

describe('judge', () => {
  const rule = { what: /^extra/, because: 'test' }
  test('an allowed difference passes, any other does not', () => {
    expect(judge(['extra x', 'missing y'], [rule])).toEqual({ wrong: ['missing y'], unused: [] })
  })
  test('a rule that matches nothing is told', () => {
    expect(judge([], [rule]).unused).toEqual([rule])
    expect(judge([], [{ ...rule, sometimes: true }]).unused).toEqual([])
  })
})

describe('rules for every recording', () => {
  const cases: readonly [string, Recorded[], RegExp][] = [
    ['text that was not on the wire', [frame(event())], /not as received/],
    ['an unknown kind', [frame(`${id}|telemetry|x`)], /unknown frame kind/],
    [
      'a response before the answer to its request',
      [frame(event().replace(options(), ok())), sip('p0', 'srv', ok())],
      /response before the answer/,
    ],
    [
      'a frame id used twice',
      [sip('p0', 'srv', options()), frame(event()), frame(event())],
      /used twice/,
    ],
    [
      'a time without microseconds',
      [sip('p0', 'srv', options()), frame(event().replace('10:00:00.123456', '10:00:00'))],
      /time "10:00:00"/,
    ],
  ]
  test.each(cases)('%s is found', (_title, items, line) => {
    expect(breaches(record(items)).join('\n')).toMatch(line)
  })
  test('a correct run passes', () => {
    expect(breaches(record(run('a1')))).toEqual([])
  })
})

test('a fixture reads back as it was written', () => {
  const written = lanes(...run('a1'), sip('srv', 'p0', ok('a1')))
  expect(parseFixture(printFixture(written))).toEqual(written)
})

test('a transcript becomes the same lanes as a live recording', () => {
  const transcript = [
    '# title',
    '',
    '[   0.100] ALICE --> SRV  (udp 21010>21000, 255 bytes)',
    ...options()
      .split('\r\n')
      .slice(0, -2)
      .map((line) => `    ${line}`),
    '',
    '[   0.101] APP1 <== SRV',
    ...`722#${event()}`
      .split('\r\n')
      .slice(0, -2)
      .map((line) => `    ${line}`),
    '',
    '[   0.102] SRV --> ALICE  (udp 21000>21010, 255 bytes)',
    ...ok()
      .split('\r\n')
      .slice(0, -2)
      .map((line) => `    ${line}`),
    '',
    '[   0.602] SRV --> ALICE  (same 255 bytes as at 0.102: SIP/2.0 200 OK)',
  ]
    .join('\n')
    .replaceAll(String(plan.sip), '21000')
    .replaceAll(String(plan.peer(0)), '21010')
  const read = renumber(normalise(readTranscript(transcript)))
  expect(read).toEqual(lanes(...run('a1'), sip('srv', 'p0', ok())))
})

test('frames are cut by bytes, however the stream is split', () => {
  const payloads = ['m1|ping', 'zażółć 😀', '']
  const stream = Buffer.from(payloads.map((p) => `${Buffer.byteLength(p)}#${p}`).join(''))
  const seen: string[] = []
  const reader = new FrameReader((payload) => seen.push(payload.toString('utf8')))
  for (const byte of stream) reader.push(Buffer.from([byte]))
  expect(seen).toEqual(payloads)
})
