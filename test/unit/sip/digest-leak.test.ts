/** Who challenges us gets credentials only where they belong (the class of CVE-2021-41158). */
import { beforeEach, describe, expect, test } from 'vitest'
import type { CallId, TrunkId } from '../../../engine/core/ids.ts'
import type { SipTarget, TrunkRecord } from '../../../engine/core/ports/sip.ts'
import { settle } from '../../support/virtual-clock.ts'
import { DeviceCalls } from './support/device-calls.ts'
import { Bench, type Sent } from './support/recorder.ts'

let bench: Bench
beforeEach(() => {
  bench = new Bench()
})

const call = 'call-1' as CallId
const carrier: TrunkRecord = {
  ...{ id: 'trunk' as TrunkId, name: 'carrier', host: '192.0.2.9', port: 5060, transport: 'udp' },
  ...{ username: 'us', password: 'pw', defaultCallerId: '+15005550000', prefixes: [] },
  ...{ priority: 0, weight: 10, maxCalls: null, maxCallsPerSecond: null, enabled: true },
}
const toTrunk = { kind: 'trunk', trunk: carrier, number: '+61400000001' } as const
const withSdp = { 'content-type': 'application/sdp' }
const challenge = (realm: string) => ({
  'proxy-authenticate': `Digest realm="${realm}", nonce="n"`,
})

function invite(target: SipTarget): Sent {
  bench.sip.invite(call, { target, callerId: '+15005550001', offers: { rtp: 'v=0\r\n' } })
  return bench.sent.at(-1)!.taken()
}
const signed = (): Sent[] =>
  bench.sent.filter(({ out }) =>
    Object.keys(out.headers).some((name) => /^(proxy-)?authorization$/i.test(name)),
  )

/** A trunk's call that was challenged so, or not at all, and then answered. */
function answered(realm?: string, changes: Partial<TrunkRecord> = {}): void {
  const first = invite({ ...toTrunk, trunk: { ...carrier, ...changes } })
  if (realm !== undefined) first.respond(407, challenge(realm))
  bench.sent.at(-1)!.taken().respond(200, withSdp, 'v=0\r\n')
}

/** We hang up, and whoever is there asks for credentials. */
function byeChallenged(realm: string, from = carrier.host): Sent[] {
  const before = signed().length
  bench.sip.bye(call)
  const bye = bench.sent.findLast(({ out }) => out.method === 'BYE')!
  bye.taken('sip:them@203.0.113.1').respond(407, challenge(realm), '', from)
  const again = signed().slice(before)
  bench.sent.at(-1)!.taken().respond(200)
  return again
}

describe('no credentials leave', () => {
  test.each([['a SIP address', { kind: 'uri', uri: 'sip:x@203.0.113.1' }]] as const)(
    'for %s that challenges the INVITE',
    (_says, target) => {
      invite(target).respond(407, challenge('carrier.example'))
      expect(signed()).toEqual([])
    },
  )

  test('for a BYE that is challenged in another realm than the INVITE was', () => {
    answered('carrier.example')
    expect(byeChallenged('attacker.example')).toEqual([])
  })

  test('for a BYE that somebody else challenges than who answered the INVITE', () => {
    answered('carrier.example')
    expect(byeChallenged('carrier.example', '203.0.113.1')).toEqual([])
  })

  test('for a BYE that is challenged in another realm than the trunk was given', () => {
    answered(undefined, { realm: 'carrier.example' })
    expect(byeChallenged('attacker.example')).toEqual([])
  })

  test('for a BYE of a call whose INVITE needed none', () => {
    answered()
    expect(byeChallenged('carrier.example')).toEqual([])
  })
})

describe('a SIP address that was dialled with credentials', () => {
  const place = { kind: 'uri', uri: 'sip:x@203.0.113.1' } as const
  const known = { ...place, credentials: { username: 'kate', password: 's3cret' } }

  test('is told them when it challenges the INVITE, and its BYE is', () => {
    invite(known).respond(407, challenge('pbx.example'))
    expect(signed()).toHaveLength(1)
    expect(signed()[0]?.out.headers['Proxy-Authorization']).toContain('username="kate"')
    bench.sent.at(-1)!.taken().respond(200, withSdp, 'v=0\r\n')
    expect(byeChallenged('pbx.example')).toHaveLength(1)
  })

  test('is told nothing in another realm, afterwards', () => {
    invite(known).respond(407, challenge('pbx.example'))
    bench.sent.at(-1)!.taken().respond(200, withSdp, 'v=0\r\n')
    expect(byeChallenged('attacker.example')).toEqual([])
  })

  test('nor is somebody else, afterwards', () => {
    invite(known).respond(407, challenge('pbx.example'))
    bench.sent.at(-1)!.taken().respond(200, withSdp, 'v=0\r\n')
    expect(byeChallenged('pbx.example', '203.0.113.1')).toEqual([])
  })

  test('is told once: whoever does not take them fails the call', () => {
    invite(known).respond(407, challenge('pbx.example'))
    bench.sent.at(-1)!.taken().respond(407, challenge('pbx.example'))
    expect(signed()).toHaveLength(1)
    expect(bench.heard.at(-1)).toMatch(/^rejected 407/)
  })

  test('the next call there without them is told none', () => {
    invite(known).respond(407, challenge('pbx.example'))
    bench.sent.at(-1)!.taken().respond(486)
    invite(place).respond(407, challenge('pbx.example'))
    expect(signed()).toHaveLength(1)
  })
})

test.each(['BYE', 'INVITE', 'NOTIFY'])(
  'to a device, and to wherever its Record-Route leads, none: %s',
  async (method) => {
    bench.trunks.push(carrier)
    bench.transferWished = async () => {}
    const calls = new DeviceCalls(bench)
    const { callId, dialogId } = await calls.up('c1')
    if (method === 'BYE') bench.sip.bye(callId)
    if (method === 'INVITE') bench.sip.reoffer(callId, async () => 'v=0').catch(() => {})
    if (method === 'NOTIFY') calls.request('REFER', dialogId, { 'refer-to': '<sip:1003@pbx>' })
    await settle()
    calls.sent(method)[0]!.taken().respond(407, challenge('carrier.example'), '', carrier.host)
    await settle()
    expect(calls.sent(method)).toHaveLength(1)
    expect(signed()).toEqual([])
  },
)

describe('a BYE gets them', () => {
  test('that is challenged as the INVITE was', () => {
    answered('carrier.example')
    expect(byeChallenged('carrier.example')).toHaveLength(1)
  })

  test('that alone is challenged, in the realm that the trunk was given', () => {
    answered(undefined, { realm: 'carrier.example' })
    expect(byeChallenged('carrier.example')).toHaveLength(1)
  })

  test('that alone is challenged, as an INVITE of another call was', () => {
    answered('carrier.example')
    bench.sip.bye(call)
    bench.sent.at(-1)!.taken().respond(200)
    answered()
    expect(byeChallenged('carrier.example')).toHaveLength(1)
    answered()
    expect(byeChallenged('attacker.example')).toEqual([])
    answered(undefined, { host: '198.51.100.1' })
    expect(byeChallenged('carrier.example')).toEqual([])
  })

  test('that alone is challenged, as the REGISTER there was', async () => {
    const registering = { ...carrier, registration: { expiresS: 3600, contactUser: null } }
    bench.trunks.push(registering)
    bench.sip.trunksChanged()
    await settle()
    const asked = { 'www-authenticate': 'Digest realm="carrier.example", nonce="n"' }
    bench.sent.at(-1)!.taken().respond(401, asked)
    bench.sent.at(-1)!.taken().respond(200)
    // what a callee asked for through the trunk comes after what the trunk itself has
    answered('elsewhere.example')
    expect(byeChallenged('elsewhere.example')).toHaveLength(1)
    answered()
    expect(byeChallenged('elsewhere.example')).toEqual([])
    answered()
    expect(byeChallenged('carrier.example')).toHaveLength(1)
  })
})
