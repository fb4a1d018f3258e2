/** What a contact says of itself, and what is told of it: RFC 3261 20.10, RFC 3327, RFC 5626. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { CallId } from '../../../engine/core/ids.ts'
import { Bench, device } from './support/recorder.ts'
import { register } from './support/registering.ts'

let bench: Bench
beforeEach(() => {
  bench = new Bench()
  bench.devices.set('alice', device('alice', 'right'))
})

const alice = () => bench.sip.registeredContacts(device('alice', 'right').id)
const uris = () => alice().map(({ uri }) => uri)
const from = (port: number, protocol = 'udp') => ({ protocol, address: '192.0.2.1', port })
const told = (request: { responses: readonly { headers?: object }[] }) =>
  (request.responses[0]?.headers ?? {}) as Record<string, string>

describe('q', () => {
  it.each([
    ['0.5', 0.5, ';q=0.5'],
    ['1', 1, ';q=1'],
    ['0', 0, ';q=0'],
    ['1.1', 1, ''],
    ['x', 1, ''],
  ])('%s', async (q, kept, shown) => {
    const answer = await register(bench, { contact: `<sip:a@h>;q=${q}` })
    expect(alice()[0]?.q).toBe(kept)
    expect(told(answer)['Contact']).toBe(`<sip:a@h>;expires=3600${shown}`)
  })
})

describe('Path', () => {
  const path = '<sip:in@edge.example;lr>, <sip:192.0.2.1:5070;lr;ob>'

  it('is told to a phone that knows it, and is the Route of calls to it', async () => {
    const contact = '<sip:a@10.0.0.9>'
    const answer = await register(bench, { contact, path, supported: 'path' }, {}, from(5070))
    expect(told(answer)).toMatchObject({ Path: path, Supported: 'path, outbound' })
    const target = { kind: 'device', deviceId: device('alice', 'right').id } as const
    bench.sip.invite('call' as CallId, { target, callerId: '1002', offers: { rtp: 'v=0\r\n' } })
    expect(bench.sent[0]?.out).toMatchObject({
      uri: 'sip:a@10.0.0.9',
      headers: { Route: path },
      // not what the Path says: anybody can write that
      nextHop: 'sip:192.0.2.1:5070;transport=udp',
    })
  })

  it('leaves the name of the device as it is', async () => {
    await register(bench, { contact: '<sip:a-0x55d0@10.0.0.9:5099>', path, supported: 'path' })
    const { id: deviceId } = device('alice', 'right')
    const target = { kind: 'device', deviceId, username: 'alice' } as const
    bench.sip.invite('call' as CallId, { target, callerId: '1002', offers: { rtp: 'v=0\r\n' } })
    const { uri, headers = {} } = bench.sent[0]?.out ?? {}
    expect(uri).toBe('sip:a-0x55d0@10.0.0.9:5099')
    expect(headers['To']).toMatch(/^<sip:alice@[^>]+>$/)
  })

  it('names the next hop where that is the proxy that sent the REGISTER', async () => {
    const own = '<sip:192.0.2.1:5099;transport=tcp;lr>'
    await register(bench, { contact: '<sip:a@10.0.0.9>', path: own }, {}, from(40_000, 'tcp'))
    const target = { kind: 'device', deviceId: device('alice', 'right').id } as const
    bench.sip.invite('call' as CallId, { target, callerId: '1002', offers: { rtp: 'v=0\r\n' } })
    expect(bench.sent[0]?.out.nextHop).toBe('sip:192.0.2.1:5099;transport=tcp;lr')
  })

  it.each([
    ['a proxy', { contact: '<sip:a@10.0.0.9>', path: '<sip:192.0.2.1:5070;lr;maddr=10.0.0.1>' }],
    ['a browser', { contact: '<sip:a@x.invalid;maddr=10.0.0.1>' }],
  ])('%s that names a third place by maddr is called where it is', async (_who, headers) => {
    await register(bench, headers, {}, from(5070))
    const target = { kind: 'device', deviceId: device('alice', 'right').id } as const
    bench.sip.invite('call' as CallId, { target, callerId: '1002', offers: { rtp: 'v=0\r\n' } })
    expect(bench.sent[0]?.out.nextHop).toBe('sip:192.0.2.1:5070;transport=udp')
  })

  it('is not told to a phone that does not, and has to be readable', async () => {
    expect(told(await register(bench, { contact: '<sip:a@h>', path }))).not.toHaveProperty('Path')
    expect((await register(bench, { contact: '<sip:b@h>', path: 'nonsense' })).status).toBe(400)
    expect(uris()).toEqual(['sip:a@h'])
  })

  it('survives a restart', async () => {
    await register(bench, { contact: '<sip:a@h>;q=0.3', path })
    const again = new Bench(bench.stored.values())
    await again.sip.load()
    expect(again.sip.registeredContacts(device('alice', 'right').id)).toMatchObject([
      { q: 0.3, path: ['<sip:in@edge.example;lr>', '<sip:192.0.2.1:5070;lr;ob>'] },
    ])
  })
})

describe('a flow (+sip.instance and reg-id)', () => {
  const instance = '+sip.instance="<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>"'
  const flow = (port: number, more = 'reg-id=1') => ({
    contact: `<sip:a@192.0.2.1:${port}>;${instance};${more}`,
    supported: 'path, outbound',
    'call-id': `boot-${port}`,
  })

  it('replaces the contact that the phone had before it came up on another port', async () => {
    const answer = await register(bench, flow(5061), {}, from(5061))
    expect(told(answer)).toMatchObject({ Require: 'outbound' })
    expect(told(answer)['Contact']).toBe(`<sip:a@192.0.2.1:5061>;expires=3600;${instance};reg-id=1`)
    await register(bench, flow(5062), {}, from(5062))
    expect(uris()).toEqual(['sip:a@192.0.2.1:5062'])
    expect([...bench.stored.values()].map(({ contact }) => contact)).toEqual(uris())
    expect(bench.registrar).toEqual([
      'registered alice udp/192.0.2.1:5061 null',
      'registered alice udp/192.0.2.1:5062 udp/192.0.2.1:5061',
    ])
  })

  it('is another with another reg-id', async () => {
    await register(bench, flow(5061), {}, from(5061))
    await register(bench, flow(5062, 'reg-id=2'), {}, from(5062))
    expect(uris()).toHaveLength(2)
  })

  it('is another way to the same contact with another reg-id', async () => {
    const own = (more: string) => ({ ...flow(5061, more), 'call-id': more })
    await register(bench, own('reg-id=1'), {}, from(40_001, 'tcp'))
    await register(bench, own('reg-id=2'), {}, from(40_002, 'tcp'))
    expect(alice().map(({ source }) => source)).toEqual([
      'tcp/192.0.2.1:40001',
      'tcp/192.0.2.1:40002',
    ])
    const target = { kind: 'device', deviceId: device('alice', 'right').id } as const
    bench.sip.invite('call' as CallId, { target, callerId: '1002', offers: { rtp: 'v=0\r\n' } })
    expect(bench.sent.map(({ out }) => out.nextHop)).toEqual(['sip:192.0.2.1:40001;transport=tcp'])
    await register(bench, own('reg-id=2;expires=0'), {}, from(40_002, 'tcp'))
    expect(alice().map(({ source }) => source)).toEqual(['tcp/192.0.2.1:40001'])
    expect([...bench.stored.values()].map(({ source }) => source)).toEqual(['tcp/192.0.2.1:40001'])
    await register(bench, own('reg-id=1;expires=0'))
    expect(bench.stored.size).toBe(0)
  })

  it('ends with expires=0, by whatever contact', async () => {
    await register(bench, flow(5061))
    await register(bench, flow(5062, 'reg-id=1;expires=0'))
    expect(uris()).toEqual([])
    expect(bench.registrar.at(-1)).toMatch(/^unregistered alice .* removed$/)
  })

  it('does not count without `outbound` or without reg-id', async () => {
    const { supported: _, ...unsaid } = flow(5061)
    const answer = await register(bench, unsaid)
    expect(told(answer)).not.toHaveProperty('Require')
    await register(bench, { ...unsaid, contact: flow(5062).contact })
    await register(bench, { ...flow(5063), contact: `<sip:a@192.0.2.1:5063>;${instance}` })
    expect(uris()).toHaveLength(3)
  })

  it('needs a first hop that knows it (439), and comes alone (400)', async () => {
    const via = 'SIP/2.0/UDP edge, SIP/2.0/UDP phone'
    expect((await register(bench, { ...flow(5061), via })).status).toBe(439)
    const path = '<sip:edge;lr;ob>'
    expect((await register(bench, { ...flow(5061), via, path })).status).toBe(200)
    const two = `${flow(1).contact}, ${flow(2, 'reg-id=2').contact}`
    expect((await register(bench, { ...flow(5061), contact: two })).status).toBe(400)
  })

  it('takes over the same contact that was registered without it', async () => {
    await register(bench, { contact: '<sip:a@192.0.2.1:5061>' })
    await register(bench, flow(5061))
    expect(uris()).toEqual(['sip:a@192.0.2.1:5061'])
    expect(bench.stored.size).toBe(1)
    expect(bench.registrar).toHaveLength(1)
  })
})

it('a Require that nobody knows is refused before anybody is asked who he is', async () => {
  expect((await register(bench, { contact: '<sip:a@h>', require: 'gruu' })).status).toBe(420)
  expect((await register(bench, { contact: '<sip:a@h>', require: 'path' })).status).toBe(200)
})

describe('what is told', () => {
  const contact = '<sip:a@10.0.0.9>'

  it('once for a contact, once for another place, nothing for a refresh', async () => {
    await register(bench, { contact }, {}, from(1000))
    await register(bench, { contact }, {}, from(1000))
    const sinceMs = alice()[0]?.registeredAtMs
    await bench.clock.advance(5000)
    await register(bench, { contact }, {}, from(2000))
    await register(bench, { contact }, {}, from(2000))
    expect(bench.registrar).toEqual([
      'registered alice udp/192.0.2.1:1000 null',
      'registered alice udp/192.0.2.1:2000 udp/192.0.2.1:1000',
    ])
    expect(alice()[0]?.registeredAtMs).toBe(sinceMs)
  })

  it('how each went', async () => {
    await bench.sip.load()
    await register(bench, { contact: `${contact}, <sip:b@h>, <sip:c@h>;expires=60` })
    await register(bench, { contact: `${contact};expires=0` })
    await bench.clock.advance(91_000)
    bench.sip.forgetDevice(device('alice', 'right').id, 'password')
    await register(bench, { contact }, {}, from(3000))
    expect(bench.registrar.slice(3)).toEqual([
      'unregistered alice udp/192.0.2.1:5060 removed',
      'unregistered alice udp/192.0.2.1:5060 expired',
      'unregistered alice udp/192.0.2.1:5060 password',
      'registered alice udp/192.0.2.1:3000 null',
    ])
  })

  it('a contact that is over and comes back before it was swept up has two stories', async () => {
    await register(bench, { contact: `${contact};expires=60` })
    await bench.clock.advance(61_000)
    await register(bench, { contact })
    expect(bench.registrar).toEqual([
      expect.stringMatching(/^registered .* null$/),
      expect.stringMatching(/ expired$/),
      expect.stringMatching(/^registered .* null$/),
    ])
  })
})

describe('after a restart', () => {
  const restarted = async (connectionsEnd: boolean) => {
    for (const [port, protocol] of ['udp', 'tcp', 'tls', 'ws', 'wss'].entries()) {
      const contact = `<sip:${protocol}@10.0.0.9>`
      await register(bench, { contact }, {}, from(1000 + port, protocol))
    }
    const again = new Bench(bench.stored.values(), true, { connectionsEnd })
    await again.sip.load()
    return again
  }
  const invite = (on: Bench) => {
    const target = { kind: 'device', deviceId: device('alice', 'right').id } as const
    on.sip.invite('call' as CallId, { target, callerId: '1002', offers: { rtp: 'a', webrtc: 'b' } })
    return on.sent.map(({ out }) => out.uri)
  }

  it('contacts whose connection ended with us are not called until they register again', async () => {
    const again = await restarted(true)
    again.devices.set('alice', device('alice', 'right'))
    expect(invite(again)).toEqual(['sip:udp@10.0.0.9'])
    await register(again, { contact: '<sip:tls@10.0.0.9>' }, {}, from(1002, 'tls'))
    const states = again.sip.registeredContacts(device('alice', 'right').id)
    expect(states.filter(({ reachability }) => reachability === 'gone')).toHaveLength(3)
  })

  it('480 at once when there is no other', async () => {
    await register(bench, { contact: '<sip:a@10.0.0.9>' }, {}, from(1001, 'tcp'))
    const again = new Bench(bench.stored.values(), true, { connectionsEnd: true })
    await again.sip.load()
    expect(invite(again)).toEqual([])
    await again.clock.advance(0)
    expect(again.heard).toEqual(['rejected 480 Not Registered'])
  })

  it('they are called where the SIP server lives on', async () => {
    expect(invite(await restarted(false))).toHaveLength(5)
  })
})

it('over ten contacts the one goes that was not heard of for longest, however soon a new one ends', async () => {
  for (let port = 1; port <= 10; port++)
    await register(bench, { contact: `<sip:a@192.0.2.1:${port}>` })
  await register(bench, { contact: '<sip:a@192.0.2.1:1>' })
  const answer = await register(bench, { contact: '<sip:new@192.0.2.1>;expires=60' })
  expect(told(answer)['Contact']).toContain('sip:new@192.0.2.1')
  expect(new Set(uris())).toEqual(
    new Set([
      'sip:new@192.0.2.1',
      ...[1, 3, 4, 5, 6, 7, 8, 9, 10].map((n) => `sip:a@192.0.2.1:${n}`),
    ]),
  )
  expect(bench.registrar.at(-1)).toMatch(/^unregistered alice .* displaced$/)
})
