import { beforeEach, describe, expect, it } from 'vitest'
import type { CallId } from '../../../engine/core/ids.ts'
import { settle } from '../../support/virtual-clock.ts'
import { type Answer, authorization, Bench, device, nonceOf, Received } from './support/recorder.ts'

let bench: Bench
beforeEach(() => {
  bench = new Bench()
  bench.devices.set('alice', device('alice', 'right'))
})

type Headers = Record<string, string>
let count = 0

/** One REGISTER by alice without credentials. */
const bare = (headers: Headers = {}, more: object = {}): Received =>
  new Received('REGISTER', {
    headers: {
      to: '<sip:alice@ringdown>',
      'call-id': 'c1',
      cseq: `${++count} REGISTER`,
      ...headers,
    },
    ...more,
  })

async function challenge(address?: string): Promise<string> {
  const first = bench.receive(bare({}, address === undefined ? {} : { address }))
  await settle()
  return nonceOf(first)
}

/** A REGISTER with fresh credentials. */
async function register(
  headers: Headers,
  answer: Answer = {},
  more: object = {},
): Promise<Received> {
  const request = bare(
    { ...headers, authorization: authorization(await challenge(), answer) },
    more,
  )
  bench.receive(request)
  await settle()
  return request
}

const alice = () => bench.sip.registeredContacts(bench.devices.get('alice')!.id)
const uris = () => alice().map((one) => one.uri)
const contactOf = (request: Received) => request.responses[0]?.headers?.['Contact']

describe('expiry', () => {
  it.each([
    ['none: an hour', { contact: '<sip:a@1.1.1.1>' }, 200, 3600],
    ['from the contact', { contact: '<sip:a@1.1.1.1>;expires=120', expires: '600' }, 200, 120],
    ['from the header', { contact: '<sip:a@1.1.1.1>', expires: '600' }, 200, 600],
    ['at most an hour', { contact: '<sip:a@1.1.1.1>;expires=86400' }, 200, 3600],
    ['nonsense: an hour', { contact: '<sip:a@1.1.1.1>;expires=x' }, 200, 3600],
    ['the least', { contact: '<sip:a@1.1.1.1>;expires=60' }, 200, 60],
    ['too brief', { contact: '<sip:a@1.1.1.1>;expires=59' }, 423, undefined],
  ])('%s', async (_name, headers: Headers, status, seconds) => {
    const request = await register(headers)
    expect(request.status).toBe(status)
    const expected = seconds === undefined ? undefined : `<sip:a@1.1.1.1>;expires=${seconds}`
    expect(contactOf(request)).toBe(expected)
    if (status === 423) expect(request.responses[0]?.headers).toEqual({ 'Min-Expires': '60' })
  })

  it('passes with the clock, in memory and in the store', async () => {
    await bench.sip.load()
    await register({ contact: '<sip:a@1.1.1.1>;expires=60' })
    await bench.clock.advance(59_000)
    expect(alice()).toHaveLength(1)
    await bench.clock.advance(2_000)
    expect(alice()).toHaveLength(0)
    await bench.clock.advance(30_000)
    expect(bench.stored.size).toBe(0)
  })
})

describe('contacts', () => {
  it('are all listed, whoever registered them', async () => {
    await register({ contact: '<sip:a@1.1.1.1>', 'call-id': 'x' })
    await bench.clock.advance(1000)
    const second = await register({ contact: '<sip:a@2.2.2.2>, <sip:a@3.3.3.3>;expires=60' })
    expect(contactOf(second)).toBe(
      '<sip:a@2.2.2.2>;expires=3600, <sip:a@1.1.1.1>;expires=3599, <sip:a@3.3.3.3>;expires=60',
    )
    expect(bench.stored.size).toBe(3)
  })

  it('are asked for by a REGISTER without Contact', async () => {
    await register({ contact: '<sip:a@1.1.1.1>' })
    expect(contactOf(await register({}))).toBe('<sip:a@1.1.1.1>;expires=3600')
  })

  it('go with expires=0, one by one', async () => {
    await register({ contact: '<sip:a@1.1.1.1>, <sip:a@2.2.2.2>' })
    const request = await register({ contact: '<sip:A@1.1.1.1>;expires=0' })
    expect(request.status).toBe(200)
    expect(uris()).toEqual(['sip:a@1.1.1.1', 'sip:a@2.2.2.2'])
    await register({ contact: '<sip:a@1.1.1.1>;expires=0' })
    expect(uris()).toEqual(['sip:a@2.2.2.2'])
    expect(bench.stored.size).toBe(1)
  })

  it('go all at once with *', async () => {
    await register({ contact: '<sip:a@1.1.1.1>, <sip:a@2.2.2.2>' })
    const request = await register({ contact: '*', expires: '0' })
    expect(request.status).toBe(200)
    expect(contactOf(request)).toBeUndefined()
    expect(alice()).toEqual([])
    expect(bench.stored.size).toBe(0)
  })

  it.each([
    ['* with time left', { contact: '*', expires: '60' }, 400],
    ['* without Expires', { contact: '*' }, 400],
    ['a contact that is none', { contact: 'mailto:a@b' }, 400],
    [
      'eleven at once',
      { contact: Array.from({ length: 11 }, (_, i) => `<sip:${i}@h>`).join() },
      403,
    ],
    ["another's address", { to: '<sip:bob@ringdown>', contact: '<sip:a@h>' }, 403],
  ])('%s changes nothing', async (_name, headers: Headers, status) => {
    await register({ contact: '<sip:a@1.1.1.1>' })
    expect((await register(headers)).status).toBe(status)
    expect(uris()).toEqual(['sip:a@1.1.1.1'])
  })

  it('are ten at most: the one that ends first goes', async () => {
    for (let i = 0; i < 11; i++) {
      await register({ contact: `<sip:a@1.1.1.${i}>` })
      await bench.clock.advance(1000)
    }
    expect(alice()).toHaveLength(10)
    expect(uris()).not.toContain('sip:a@1.1.1.0')
    expect(bench.stored.size).toBe(10)
  })

  it('may be new forty at once, and then ten a minute: the rest waits', async () => {
    const ten = (round: number) =>
      Array.from({ length: 10 }, (_, i) => `<sip:a@10.0.${round}.${i}>`).join()
    for (let round = 0; round < 4; round++) {
      expect((await register({ contact: ten(round) })).status).toBe(200)
    }
    const refused = await register({ contact: '<sip:a@10.0.9.9>' })
    expect(refused.responses).toEqual([
      { status: 503, headers: { 'Retry-After': '60' }, reason: 'Too Many New Contacts' },
    ])
    expect(uris()).not.toContain('sip:a@10.0.9.9')
    // who is there stays, and may go
    expect((await register({ contact: ten(3) })).status).toBe(200)
    expect((await register({ contact: '<sip:a@10.0.3.0>;expires=0' })).status).toBe(200)
    await bench.clock.advance(60_000)
    expect((await register({ contact: ten(4) })).status).toBe(200)
    expect((await register({ contact: '<sip:a@10.0.9.9>' })).status).toBe(503)
  })

  it('are the same in another spelling', async () => {
    await register({ contact: '<sip:a@Host.example;transport=UDP>' })
    await register({ contact: '<sip:a@host.EXAMPLE;transport=udp;ob>' })
    expect(uris()).toEqual(['sip:a@host.EXAMPLE;transport=udp;ob'])
    expect(bench.stored.size).toBe(1)
  })

  it('remember where the REGISTER came from', async () => {
    const more = { address: '2001:db8::7', port: 33_000 }
    await register({ contact: '<sip:a@10.0.0.1>', 'user-agent': 'Phone/1' }, {}, more)
    expect(alice()).toMatchObject([{ source: 'udp/[2001:db8::7]:33000', userAgent: 'Phone/1' }])
  })

  it('survive a restart', async () => {
    await register({ contact: '<sip:a@1.1.1.1>' })
    const again = new Bench(bench.stored.values())
    await again.sip.load()
    expect(again.sip.registeredContacts(bench.devices.get('alice')!.id)).toHaveLength(1)
  })
})

describe('order', () => {
  it.each([
    ['lower in the same Call-ID', { 'call-id': 'c', cseq: '4 REGISTER' }, 500],
    ['equal in the same Call-ID', { 'call-id': 'c', cseq: '5 REGISTER' }, 500],
    ['higher in the same Call-ID', { 'call-id': 'c', cseq: '6 REGISTER' }, 200],
    ['lower in another Call-ID', { 'call-id': 'd', cseq: '1 REGISTER' }, 200],
  ])('%s', async (_name, headers: Headers, status) => {
    await register({ contact: '<sip:a@1.1.1.1>', 'call-id': 'c', cseq: '5 REGISTER' })
    const contact = '<sip:a@1.1.1.1>;expires=600'
    expect((await register({ contact, ...headers })).status).toBe(status)
    const left = alice()[0]!.expiresAtMs - bench.clock.nowMs()
    expect(left).toBe(status === 200 ? 600_000 : 3_600_000)
  })
})

describe('digest', () => {
  const again = async (nonce: string, answer: Answer = {}, address?: string): Promise<Received> => {
    const more = address === undefined ? {} : { address }
    const request = bare({ authorization: authorization(nonce, answer) }, more)
    bench.receive(request)
    await settle()
    return request
  }
  const saysStale = (request: Received): boolean =>
    request.responses[0]?.headers?.['WWW-Authenticate']?.includes('stale=true') ?? false

  it('takes a nonce again as long as nc grows', async () => {
    const nonce = await challenge()
    expect((await again(nonce, { nc: '00000001' })).status).toBe(200)
    expect((await again(nonce, { nc: '0000000a' })).status).toBe(200)
    const replayed = await again(nonce, { nc: '0000000a' })
    expect(replayed.status).toBe(401)
    expect(saysStale(replayed)).toBe(true)
  })

  it('takes a nonce without qop once', async () => {
    const nonce = await challenge()
    expect((await again(nonce, { plain: true })).status).toBe(200)
    expect(saysStale(await again(nonce, { plain: true }))).toBe(true)
  })

  it('says stale after five minutes, and for a nonce that is not ours', async () => {
    const nonce = await challenge()
    await bench.clock.advance(300_001)
    expect(saysStale(await again(nonce))).toBe(true)
    expect(saysStale(await again('made-up'))).toBe(true)
    expect(bench.sip.counts().digestsFailed).toBe(0)
  })

  it.each([
    ['a wrong password', { password: 'wrong' }],
    ['an unknown user', { username: 'nobody' }],
    ['another method', { method: 'INVITE' }],
    ['another target', { uri: 'sip:elsewhere' }],
    ['a broken count', { nc: 'zz' }],
  ])('does not take %s', async (_name, answer: Answer) => {
    const request = await again(await challenge(), answer)
    expect(request.status).toBe(401)
    expect(saysStale(request)).toBe(false)
    expect(bench.sip.counts().digestsFailed).toBe(1)
  })

  it('locks an address out after 20 failures in a minute, and only that one', async () => {
    const nonce = await challenge('198.51.100.1')
    for (let i = 0; i < 20; i++) {
      expect((await again(nonce, { password: `x${i}` }, '198.51.100.1')).status).toBe(401)
    }
    expect((await again(nonce, {}, '198.51.100.1')).status).toBe(403)
    expect((await again(nonce, {}, '198.51.100.2')).status).toBe(200)
    expect(bench.sip.counts()).toMatchObject({ digestsFailed: 20, lockouts: 1 })
    await bench.clock.advance(300_000)
    expect((await again(await challenge(), {}, '198.51.100.1')).status).toBe(200)
  })

  it('does not lock out for 19 failures a minute', async () => {
    for (let minute = 0; minute < 3; minute++) {
      const nonce = await challenge()
      for (let i = 0; i < 19; i++) await again(nonce, { password: 'x' })
      await bench.clock.advance(60_000)
    }
    expect((await again(await challenge())).status).toBe(200)
  })

  it('answers 500 when the store fails', async () => {
    bench.devices.get = () => {
      throw new Error('disk')
    }
    expect((await again('n')).status).toBe(500)
  })
})

describe('where a registered device is called', () => {
  const call = 'call' as CallId
  const invited = () => {
    const deviceId = bench.devices.get('alice')!.id
    const target = { kind: 'device', deviceId } as const
    bench.sip.invite(call, { target, callerId: '1002', offers: { rtp: 'rtp', webrtc: 'webrtc' } })
    return bench.sent.at(-1)!
  }
  const from = (protocol: string) => ({ protocol, address: '203.0.113.7', port: 40_000 })

  it.each(['udp', 'tcp', 'tls', 'ws', 'wss'])('over %s: where it came from', async (protocol) => {
    await register({ contact: '<sip:a@10.0.0.9:5062>' }, {}, from(protocol))
    expect(alice()[0]?.source).toBe(`${protocol}/203.0.113.7:40000`)
    expect(invited().out).toMatchObject({
      uri: 'sip:a@10.0.0.9:5062',
      nextHop: `sip:203.0.113.7:40000;transport=${protocol}`,
      body: protocol.startsWith('ws') ? 'webrtc' : 'rtp',
    })
  })
  it('a browser: at the name that it made up, which the server knows', async () => {
    await register({ contact: '<sip:x@a1b2.invalid;transport=ws>' }, {}, from('wss'))
    const { uri, nextHop } = invited().out
    expect({ uri, nextHop }).toEqual({ uri: 'sip:x@a1b2.invalid;transport=ws', nextHop: undefined })
  })
  it.each([410, 430])('gone with its connection (%i): it is away', async (status) => {
    await register({ contact: '<sip:x@a1b2.invalid;transport=ws>' }, {}, from('ws'))
    invited().taken().respond(status)
    expect(bench.heard.at(-1)).toMatch(/^rejected 480\b/)
  })
})
