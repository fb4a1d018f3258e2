/** A device at several places: who is called when, and what the others are told. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { CallId } from '../../../engine/core/ids.ts'
import { Bench, device, type Sent } from './support/recorder.ts'
import { register } from './support/registering.ts'

const call = 'call' as CallId
const sdp = 'v=0\r\nm=audio 4000 RTP/AVP 0\r\n'
const sdpHeaders = { 'content-type': 'application/sdp' }
let bench: Bench
const takenBefore = new WeakSet<Sent>()
beforeEach(() => {
  bench = new Bench()
  bench.devices.set('alice', device('alice', 'right'))
})

/** Calls alice, who is registered at these; the INVITEs that went out so far are taken. */
async function called(...contacts: string[]): Promise<void> {
  for (const contact of contacts) await register(bench, { contact })
  const target = { kind: 'device', deviceId: device('alice', 'right').id } as const
  bench.sip.invite(call, { target, callerId: '1002', offers: { rtp: sdp } })
  for (const sent of bench.sent) takenBefore.add(sent.taken())
}
const users = () => bench.sent.map(({ out }) => /^sip:(\w+)@/.exec(out.uri ?? '')?.[1])
const to = (user: string) => {
  const at = users().indexOf(user)
  expect(at, `an INVITE to ${user}`).toBeGreaterThanOrEqual(0)
  const sent = bench.sent[at]!
  if (!takenBefore.has(sent)) sent.taken()
  takenBefore.add(sent)
  return sent
}
const elsewhere = 'SIP;cause=200;text="Call completed elsewhere"'

describe('several contacts', () => {
  it('ring at once; the first answer wins, and the others hear why they stop', async () => {
    await called('<sip:a@h>', '<sip:b@h>', '<sip:c@h>')
    expect(users().toSorted((a = '', b = '') => a.localeCompare(b))).toEqual(['a', 'b', 'c'])
    to('b').respond(180)
    to('b').respond(200, sdpHeaders, sdp)
    expect([to('a'), to('c')].map((one) => one.cancelReason)).toEqual([elsewhere, elsewhere])
    expect(to('b').canceled).toBe(false)
    expect(bench.heard.at(-1)).toMatch(/^answered /)
  })

  it('a late 200 is acknowledged and hung up', async () => {
    await called('<sip:a@h>', '<sip:b@h>')
    to('a').respond(200, sdpHeaders, sdp)
    to('b').respond(200, sdpHeaders, sdp)
    expect(to('b').acks).toBe(1)
    expect(bench.sent.filter(({ out }) => out.method === 'BYE')).toHaveLength(1)
    expect(bench.heard.filter((line) => line.startsWith('answered'))).toHaveLength(1)
  })

  it('a caller who gives up is no call completed elsewhere', async () => {
    await called('<sip:a@h>', '<sip:b@h>')
    bench.sip.cancel(call)
    expect(
      [to('a'), to('b')].map(({ canceled, cancelReason }) => [canceled, cancelReason]),
    ).toEqual([
      [true, undefined],
      [true, undefined],
    ])
  })

  it('a call that somebody else has taken is told so', async () => {
    await called('<sip:a@h>', '<sip:b@h>')
    bench.sip.cancel(call, true)
    expect([to('a'), to('b')].map((one) => one.cancelReason)).toEqual([elsewhere, elsewhere])
  })

  it('a CANCEL that waits for the server keeps its reason', async () => {
    await register(bench, { contact: '<sip:a@h>, <sip:b@h>' })
    const target = { kind: 'device', deviceId: device('alice', 'right').id } as const
    bench.sip.invite(call, { target, callerId: '1002', offers: { rtp: sdp } })
    const [first, second] = bench.sent
    first?.taken().respond(200, sdpHeaders, sdp)
    expect(second?.canceled).toBe(false)
    expect(second?.taken().cancelReason).toBe(elsewhere)
  })

  it.each([
    [[486, 480], 486],
    [[404, 480], 480],
    [[503, 404], 404],
    [[408, 500], 408],
  ])('all fail with %j: %i', async ([one, other], best) => {
    await called('<sip:a@h>', '<sip:b@h>')
    to('a').respond(one!)
    expect(bench.heard).toEqual([])
    to('b').respond(other!)
    expect(bench.heard.at(-1)).toMatch(new RegExp(`^rejected ${best} `))
  })

  it('a 6xx ends all', async () => {
    await called('<sip:a@h>;q=0.9', '<sip:b@h>;q=0.9', '<sip:c@h>;q=0.1')
    to('a').respond(603)
    expect(to('b').cancelReason).toBe('SIP;cause=603')
    expect(bench.heard.at(-1)).toMatch(/^rejected 603 /)
    await bench.clock.advance(60_000)
    expect(users()).not.toContain('c')
  })
})

describe('contacts by q', () => {
  const three = ['<sip:a@h>;q=0.5', '<sip:b@h>', '<sip:c@h>;q=0.5', '<sip:d@h>;q=0.1']

  it('go one group after the other has failed', async () => {
    await called(...three)
    expect(users()).toEqual(['b'])
    to('b').respond(486)
    expect(
      users()
        .slice(1)
        .toSorted((a = '', b = '') => a.localeCompare(b)),
    ).toEqual(['a', 'c'])
    to('a').respond(404)
    to('c').respond(480)
    expect(users()[3]).toBe('d')
    to('d').respond(404)
    expect(bench.heard.at(-1)).toMatch(/^rejected 486 /)
  })

  it('or has not answered for 15 s: its phones stop ringing', async () => {
    await called(...three)
    to('b').respond(180)
    await bench.clock.advance(14_999)
    expect(users()).toEqual(['b'])
    await bench.clock.advance(1)
    expect([to('b').canceled, to('b').cancelReason]).toEqual([true, undefined])
    expect(users()).toHaveLength(3)
    to('a').respond(200, sdpHeaders, sdp)
    expect(to('c').cancelReason).toBe(elsewhere)
    await bench.clock.advance(60_000)
    expect(users()).not.toContain('d')
    expect(bench.heard.at(-1)).toMatch(/^answered /)
  })

  it('a 200 from a group that was given up is hung up', async () => {
    await called(...three)
    await bench.clock.advance(15_000)
    to('b').respond(200, sdpHeaders, sdp)
    expect(to('b').acks).toBe(1)
    expect(bench.sent.filter(({ out }) => out.method === 'BYE')).toHaveLength(1)
  })

  it('the caller gives up: nobody more is called', async () => {
    await called(...three)
    bench.sip.cancel(call)
    await bench.clock.advance(60_000)
    expect(users()).toEqual(['b'])
  })
})

describe('a 3xx', () => {
  const moved = {
    contact: '<sip:bob@elsewhere.example>;q=0.2, <sip:+61 2 9876 5432@x>, <sip:%zz@h>',
  }

  it('tells where the person is, the most wanted first, when nobody else answers', async () => {
    await called('<sip:a@h>', '<sip:b@h>')
    to('a').respond(302, { contact: '<sip:bob@elsewhere.example>;q=0.2, <tel:+61298765432>' })
    expect(bench.heard).toEqual([])
    to('b').respond(486)
    expect(bench.heard.at(-1)).toMatch(/^rejected 302 /)
    expect(bench.attempts.at(-1)?.redirects).toEqual(['+61298765432', 'bob'])
    // nobody was called there
    expect(users()).toHaveLength(2)
  })

  it('that names a registered contact means the device that is registered there', async () => {
    bench.devices.set('bob', device('bob', 'right'))
    await register(bench, { contact: '<sip:b-0x55d0@10.0.0.9:5099>' }, { username: 'bob' })
    await called('<sip:a@h>')
    const there = '<sip:b-0x55d0@10.0.0.9:5099>;q=0.5'
    const past = '<sip:b-0x55d0@10.0.0.9:5098>;q=0.1'
    to('a').respond(302, { contact: `${past}, ${there}` })
    expect(bench.attempts.at(-1)?.redirects).toEqual(['bob', 'b-0x55d0'])
    bench.sip.invite('again' as CallId, {
      target: { kind: 'device', deviceId: device('alice', 'right').id },
      ...{ callerId: '1002', offers: { rtp: sdp } },
    })
    bench.sent.at(-1)!.taken().respond(302, { contact: past })
    expect(bench.attempts.at(-1)?.redirects).toEqual(['b-0x55d0'])
  })

  it('of a carrier or a SIP address is a failure like any other', () => {
    bench.sip.invite(call, {
      target: { kind: 'uri', uri: 'sip:x@y' },
      callerId: '1002',
      offers: { rtp: sdp },
    })
    bench.sent[0]!.taken().respond(302, moved)
    expect(bench.heard).toEqual(['rejected 302 Test'])
    expect(bench.attempts.at(-1)).not.toHaveProperty('redirects')
  })
})
