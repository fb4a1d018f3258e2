/**
 * The rules that torture collections (RFC 4475, RFC 5118) are about, by messages of our own: what a
 * server answers by itself, what it hands to an application as it came, and what it says nothing to.
 * The application says yes to everything, so a 200 means: it was shown the request.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SipServer } from '../../../engine/sip-server/index.ts'
import { RawApp, RawPeer, startLab, until } from './lab.ts'

let server: SipServer
let app: RawApp
let peer: RawPeer

beforeAll(async () => {
  server = await startLab()
  app = await RawApp.open(server)
  await app.route('invite', 'options', 'register', 'message')
  peer = await RawPeer.open(server)
})
afterAll(async () => {
  app.close()
  peer.close()
  await server.close()
})

let serial = 0
const nextId = (): string => `rule-${serial++}`

interface Parts {
  readonly start?: string
  readonly via?: string
  readonly from?: string
  readonly to?: string
  readonly cseq?: string
  readonly callId?: string
  readonly more?: readonly string[]
  readonly body?: string
}

/** A request with one thing odd about it; `undefined` leaves a line out. */
const odd = (id: string, parts: Parts): string =>
  [
    parts.start ?? `OPTIONS sip:host.example SIP/2.0`,
    `Via: ${parts.via ?? `SIP/2.0/UDP peer.example;branch=z9hG4bK${id}`}`,
    `From: ${parts.from ?? '<sip:a@peer.example>;tag=1'}`,
    `To: ${parts.to ?? '<sip:b@host.example>'}`,
    `Call-ID: ${parts.callId ?? id}`,
    `CSeq: ${parts.cseq ?? '1 OPTIONS'}`,
    ...(parts.more ?? []),
    '',
    parts.body ?? '',
  ].join('\r\n')

/** Says yes to the next request that the application is shown, and returns its frame. */
const sayYes = async (): Promise<string> => {
  const frame = await app.next((each) => each.startsWith('sip|network'))
  app.send(`yes|sip|${frame.split('|')[7]}|\r\nSIP/2.0 200 OK\r\n\r\n`)
  await app.answer('yes')
  return frame
}

const isFinal = (message: { readonly status: number }): boolean => message.status >= 200

type Row = readonly [title: string, parts: Parts, status: number]

const refused: readonly Row[] = [
  [
    'a method of strange but legal characters',
    { start: "!odd-M3thod_*+`.%'~ sip:host.example SIP/2.0", cseq: "1 !odd-M3thod_*+`.%'~" },
    501,
  ],
  [
    'an escape in a method is no escape',
    { start: 'R%45GISTER sip:host.example SIP/2.0', cseq: '1 R%45GISTER' },
    501,
  ],
  [
    'methods are told by case',
    { start: 'options sip:host.example SIP/2.0', cseq: '1 options' },
    501,
  ],
  [
    'folded fields, blanks, no magic cookie, a dialog that nobody knows',
    {
      start: 'INVITE sip:b@host.example SIP/2.0',
      via: 'SIP  / 2.0\r\n /UDP\r\n\tpeer.example ;branch = old-style',
      to: '"b \\\\\\"" <sip:b@host.example>\r\n ; TAG = gone',
      cseq: '0007\r\n  INVITE',
    },
    481,
  ],
  ['nothing between separators in Via', { via: 'SIP/2.0/UDP peer.example;;,;' }, 400],
  ['nothing after the last separator of Contact', { more: ['Contact: <sip:a@h>;'] }, 400],
  ['a body shorter than announced', { more: ['Content-Length: 9000'], body: 'short' }, 400],
  ['a body of negative length', { more: ['Content-Length: -1'] }, 400],
  ['a length that is no number', { more: ['Content-Length: ten'] }, 400],
  ['two lengths', { more: ['Content-Length: 0', 'l: 5'], body: 'hello' }, 400],
  ['a CSeq of 36 bits', { cseq: '36893488147 OPTIONS' }, 400],
  ['an open quote', { to: '"b <sip:b@host.example>' }, 400],
  ['brackets around the Request-URI', { start: 'OPTIONS <sip:b@host.example> SIP/2.0' }, 400],
  ['a blank in the Request-URI', { start: 'OPTIONS sip:b@host.example; lr SIP/2.0' }, 400],
  ['two blanks in the start line', { start: 'OPTIONS  sip:b@host.example SIP/2.0' }, 400],
  ['IPv6 without brackets', { start: 'OPTIONS sip:2001:db8::7 SIP/2.0' }, 400],
  ['a newer protocol', { start: 'OPTIONS sip:b@host.example SIP/7.0' }, 505],
  ['a CSeq of another method', { cseq: '1 INVITE' }, 400],
  ['two of what there may be one of', { more: ['CSeq: 2 OPTIONS', 't: <sip:c@h>'] }, 400],
]

test.each(refused)('refused: %s', async (_title, parts, status) => {
  const id = nextId()
  peer.send(odd(id, parts))
  const answer = await peer.next((message) => message.callId === id && isFinal(message))
  expect(answer.status).toBe(status)
  // one that nobody can read goes back as it is
  if (parts.to === undefined) expect(answer.toTag).toBeDefined()
  if (status === 501) expect(answer.header('allow')).toContain('REGISTER')
  expect(app.frames).toEqual([])
})

type Shown = readonly [title: string, parts: Parts, holds?: string]

const shown: readonly Shown[] = [
  [
    'escapes in a URI are left alone',
    { start: 'OPTIONS sip:a%40b%00@host.example SIP/2.0' },
    '%00',
  ],
  ['a display name right before the bracket', { from: 'a<sip:a@peer.example>;tag=1' }],
  ['a semicolon in the user part', { start: 'OPTIONS sip:u;p=1@host.example SIP/2.0' }, 'u;p=1@'],
  [
    'Via values of transports unheard of',
    { more: ['Via: SIP/2.0/SCTP x.example', 'v: SIP/2.0/NEW y.example'] },
    'SIP/2.0/NEW y.example',
  ],
  ['a long header', { more: [`X-Long: ${'very '.repeat(2000)}long`] }, 'very long'],
  ['a Date in no time zone of ours', { more: ['Date: Fri, 01 Jan 2010 16:00:00 EST'] }, 'EST'],
  ['hops used up', { more: ['Max-Forwards: 0'] }],
  ['a scheme that an application may know', { start: 'OPTIONS news:of.the.day SIP/2.0' }, 'news:'],
  [
    'an extension that an application may know',
    { more: ['Require: mind-reading'] },
    'mind-reading',
  ],
  ['blanks after the version', { start: 'OPTIONS sip:b@host.example SIP/2.0  ' }],
  ['a branch of nothing but the cookie', { via: 'SIP/2.0/UDP peer.example;branch=z9hG4bK' }],
  ['headers in the Request-URI', { start: 'OPTIONS sip:b@h.example?Route=%3Csip:x%3E SIP/2.0' }],
  ['a received address in brackets', { via: 'SIP/2.0/UDP [2001:db8::1];received=[2001:db8::2]' }],
  ['three colons in an IPv6 address', { start: 'OPTIONS sip:a@[2001:db8:::192.0.2.1] SIP/2.0' }],
]

for (const [title, parts, holds] of shown) {
  test(`shown: ${title}`, async () => {
    const id = nextId()
    peer.send(odd(id, parts))
    const frame = await sayYes()
    if (holds !== undefined) expect(frame).toContain(holds)
    const answer = await peer.next((message) => message.callId === id && isFinal(message))
    expect(answer.status).toBe(200)
    // every Via goes back, in order
    const count = 1 + (parts.more ?? []).filter((line) => /^v(ia)?:/i.test(line)).length
    expect(answer.headers('via')).toHaveLength(count)
  })
}

test('what follows the announced body in a datagram is nothing', async () => {
  const [one, two] = [nextId(), nextId()]
  const invite = { start: 'INVITE sip:b@host.example SIP/2.0', cseq: '1 INVITE' }
  peer.send(odd(one, { more: ['Content-Length: 0'] }) + odd(two, invite))
  expect(await sayYes()).not.toContain('INVITE')
  await peer.next((message) => message.callId === one && isFinal(message))
  // answers to what came before may be repeated still
  expect(peer.received.filter(({ callId }) => callId === one || callId === two)).toEqual([])
})

test('a body of any bytes is shown as it came', async () => {
  const id = nextId()
  const body = 'a\0b\x07\x7f\xff\r\n\r\nc'
  const parts = { start: 'MESSAGE sip:b@host.example SIP/2.0', cseq: '1 MESSAGE' }
  const text = odd(id, { ...parts, more: [`Content-Length: ${body.length}`], body })
  peer.send(Buffer.from(text, 'latin1'))
  await app.next((each) => each.includes(`Call-ID: ${id}`) && each.includes('a\0b\x07\x7f'))
})

test('line ends before a request are nothing (RFC 3261 7.5)', async () => {
  const id = nextId()
  peer.send(`\r\n\r\n\r\n${odd(id, {})}`)
  await sayYes()
  expect((await peer.next((message) => message.callId === id)).status).toBe(200)
})

test('headers that never end are refused', async () => {
  const id = nextId()
  peer.send(odd(id, {}).trimEnd())
  const answer = await peer.next((message) => message.callId === id)
  expect(answer.status).toBe(400)
})

test('a request with next to nothing in it is answered with what it has', async () => {
  peer.send('INVITE sip:b@host.example SIP/2.0\r\nVia: SIP/2.0/UDP p.example\r\nl: 0\r\n\r\n')
  const answer = await peer.next((message) => message.status === 400)
  expect([answer.header('via'), answer.callId, answer.header('cseq')]).toEqual([
    `SIP/2.0/UDP p.example;rport=${peer.port};received=127.0.0.1`,
    '',
    undefined,
  ])
})

test('two requests with the branch of old, told apart by what they are', async () => {
  const ids = [nextId(), nextId()]
  for (const id of ids) peer.send(odd(id, { via: 'SIP/2.0/UDP peer.example;branch=1' }))
  for (const id of ids) {
    await sayYes()
    await peer.next((message) => message.callId === id && message.status === 200)
  }
})

test.each([
  ['200 without a request', 'SIP/2.0 200 Gr\xfc\xdfe'],
  ['100 without a reason', 'SIP/2.0 100 '],
  ['a status of ten digits', 'SIP/2.0 4294967396 Wraps'],
  ['a status of two digits', 'SIP/2.0 20 Short'],
])('no answer to a response: %s', async (_title, start) => {
  const id = nextId()
  const { dropped } = server.stats()
  const before = dropped.strayResponse + dropped.garbage + dropped.badResponse
  const via = 'SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKnone, SIP/2.0/UDP 255.255.255.255'
  peer.send(odd(id, { start, via }))
  await until(() => {
    const now = server.stats().dropped
    return now.strayResponse + now.garbage + now.badResponse === before + 1
  })
  await sleep(5)
  // answers to what came before may be repeated still
  const answers = peer.received.filter(({ callId }) => callId === id)
  expect([answers, app.frames]).toEqual([[], []])
})
