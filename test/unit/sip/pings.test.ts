/** OPTIONS to contacts: who is there, how long it takes, and that it costs no more than it must. */
import { expect, it } from 'vitest'
import type { CallId } from '../../../engine/core/ids.ts'
import type { RegistrationRecord } from '../../../engine/core/ports/registrations.ts'
import { Bench, device, type Sent } from './support/recorder.ts'
import { register } from './support/registering.ts'

const everyMs = 30_000
const opened = (stored: Iterable<RegistrationRecord> = []): Bench => {
  const bench = new Bench(stored, true, { pingEveryMs: everyMs })
  bench.devices.set('alice', device('alice', 'right'))
  return bench
}
const states = (bench: Bench) =>
  bench.sip
    .registeredContacts(device('alice', 'right').id)
    .map(({ reachability, roundTripMs }) => [reachability, roundTripMs])
const behindNat = { protocol: 'udp', address: '203.0.113.7', port: 40_000 }
const contact = '<sip:a@10.0.0.9:5062>'
/** Lets that much time pass, and each OPTIONS be answered by `answer` after 25 ms. */
async function pass(bench: Bench, ms: number, answer: (sent: Sent) => void): Promise<Sent[]> {
  const asked: Sent[] = []
  for (const endMs = bench.clock.nowMs() + ms; bench.clock.nowMs() < endMs; ) {
    const before = bench.sent.length
    await bench.clock.advance(25)
    for (const sent of asked.slice(-1)) if (!sent.forgotten) answer(sent)
    asked.push(...bench.sent.slice(before).map((sent) => sent.taken()))
  }
  return asked
}
const says = (status: number) => {
  const done = new Set<Sent>()
  return (sent: Sent): void => {
    if (!done.has(sent)) sent.respond(status)
    done.add(sent)
  }
}
const silence = (): void => {}

it('a new contact is asked after a second, where it registered from; what it says does not matter', async () => {
  const bench = opened()
  await register(bench, { contact }, {}, behindNat)
  expect(states(bench)).toEqual([['unknown', null]])
  const asked = await pass(bench, 1_500, says(486))
  expect(asked.map(({ out }) => out)).toMatchObject([
    {
      method: 'OPTIONS',
      uri: 'sip:a@10.0.0.9:5062',
      nextHop: 'sip:203.0.113.7:40000;transport=udp',
    },
  ])
  expect(states(bench)).toEqual([['reachable', 25]])
})

it.each([
  ['behind a NAT', behindNat, contact, 10],
  ['at its own address', { address: '10.0.0.9', port: 5062 }, contact, 3],
  ['at its own address and the usual port', { address: '10.0.0.9' }, '<sip:a@10.0.0.9>', 3],
  ['over TCP', { ...behindNat, protocol: 'tcp' }, contact, 3],
])('%s: how often in five minutes', async (_name, place, where, times) => {
  const bench = opened()
  await register(bench, { contact: where }, {}, place)
  expect(await pass(bench, 300_000, says(200))).toHaveLength(times)
})

it('a refresh changes nothing about it; another place is asked soon', async () => {
  const bench = opened()
  await register(bench, { contact }, {}, behindNat)
  await pass(bench, 5_000, says(200))
  await register(bench, { contact }, {}, behindNat)
  expect(states(bench)).toEqual([['reachable', 25]])
  expect(await pass(bench, 10_000, says(200))).toHaveLength(0)
  await register(bench, { contact }, {}, { ...behindNat, port: 40_001 })
  expect(states(bench)).toEqual([['unknown', null]])
  expect(await pass(bench, 2_000, says(200))).toHaveLength(1)
})

it('one missed answer is nothing, two are; then it is asked seldom, and an answer brings it back', async () => {
  const bench = opened()
  await register(bench, { contact }, {}, behindNat)
  await pass(bench, 2_000, says(200))
  await pass(bench, 35_000, silence)
  expect(states(bench)).toEqual([['reachable', 25]])
  await pass(bench, 35_000, silence)
  expect(states(bench)).toEqual([['unreachable', 25]])
  expect(await pass(bench, 110_000, silence)).toHaveLength(0)
  await pass(bench, 15_000, says(200))
  expect(states(bench)).toEqual([['reachable', 25]])
  expect(bench.registrar).toHaveLength(1)
})

it('the word of our own server that nobody answers counts as silence', async () => {
  const bench = opened()
  await register(bench, { contact }, {}, behindNat)
  await pass(bench, 70_000, says(408))
  expect(states(bench)).toEqual([['unreachable', null]])
})

it.each([410, 430, 503])(
  'a connection that is closed (%i): gone, until it registers',
  async (status) => {
    const bench = opened()
    const place = { ...behindNat, protocol: 'wss' }
    await register(bench, { contact }, {}, place)
    await pass(bench, 2_000, says(status))
    expect(states(bench)).toEqual([['gone', null]])
    expect(await pass(bench, 300_000, says(200))).toHaveLength(0)
    await register(bench, { contact }, {}, place)
    await pass(bench, 2_000, says(200))
    expect(states(bench)).toEqual([['reachable', 25]])
  },
)

it('without a control connection nobody is asked, and nobody is to blame', async () => {
  const bench = opened()
  await register(bench, { contact }, {}, behindNat)
  bench.down()
  expect(await pass(bench, 60_000, silence)).toHaveLength(0)
  bench.up()
  await pass(bench, 2_000, says(200))
  expect(states(bench)).toEqual([['reachable', 25]])
})

it('what is gone is not asked any more, and there is no timer left', async () => {
  const bench = opened()
  await register(bench, { contact }, {}, behindNat)
  await pass(bench, 2_000, says(200))
  await register(bench, { contact: '*', expires: '0' })
  expect(await pass(bench, 60_000, says(200))).toHaveLength(0)
  expect(bench.clock.pendingTimers).toBe(0)
})

it('3,000 at once are asked evenly', async () => {
  const one = (i: number): RegistrationRecord => ({
    ...{ deviceId: device(`d${i}`, 'x').id, accountId: device('d', 'x').accountId },
    ...{ username: `d${i}`, contact: `sip:d@10.0.0.9:${i + 1}`, source: 'udp/203.0.113.7:1000' },
    ...{ userAgent: null, q: null, path: [], flow: null, sipCallId: 'c', cseq: 1 },
    ...{ registeredAtMs: 0, expiresAtMs: 2_000_000_000_000 },
  })
  const bench = opened(Array.from({ length: 3_000 }, (_, i) => one(i)))
  await bench.sip.load()
  const perSecond: number[] = []
  for (let second = 0; second < 90; second++) {
    const before = bench.sent.length
    await bench.clock.advance(1_000)
    const asked = bench.sent.slice(before)
    for (const sent of asked) sent.taken().respond(200)
    perSecond.push(asked.length)
  }
  expect(Math.max(...perSecond.slice(0, 30))).toBeLessThanOrEqual(310)
  const later = perSecond.slice(60)
  expect(Math.max(...later)).toBeLessThanOrEqual(110)
  expect(later.reduce((sum, each) => sum + each)).toBeGreaterThanOrEqual(2_900)
})

it('the SIP server began anew: contacts on connections that it had are asked at once, and called no more', async () => {
  const bench = opened()
  await register(bench, { contact }, {}, { ...behindNat, protocol: 'tcp' })
  bench.devices.set('bob', device('bob', 'right'))
  await register(bench, { contact }, { username: 'bob' }, behindNat)
  await pass(bench, 2_000, says(200))
  bench.down()
  bench.up()
  const asked = await pass(bench, 500, says(430))
  expect(asked.map(({ out }) => out.nextHop)).toEqual(['sip:203.0.113.7:40000;transport=tcp'])
  expect(states(bench)).toEqual([['gone', 25]])
  const target = { kind: 'device', deviceId: device('alice', 'right').id } as const
  bench.sip.invite('call' as CallId, { target, callerId: '1002', offers: { rtp: 'v=0' } })
  await bench.clock.advance(1)
  expect(bench.heard).toEqual(['rejected 480 Not Registered'])
})
