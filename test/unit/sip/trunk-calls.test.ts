/** Calls by trunks: who is told who calls, whose word is believed, and how a trunk is known. */
import { beforeEach, describe, expect, it, test } from 'vitest'
import { ha1Md5, ha1Sha256 } from '../../../engine/core/digest.ts'
import type { CallId, TrunkId } from '../../../engine/core/ids.ts'
import type { GuardCommand } from '../../../engine/core/ports/bans.ts'
import type { SipTarget, TrunkRecord } from '../../../engine/core/ports/sip.ts'
import { withoutSipSecrets } from '../../../engine/core/sip-secrets.ts'
import { defaultTrunkOptions } from '../../../engine/core/trunk-options.ts'
import { BanList } from '../../../engine/sip/auth/bans.ts'
import { lineOf } from '../../../engine/sip/trunk/contact.ts'
import { settle } from '../../support/virtual-clock.ts'
import {
  authorization,
  Bench,
  device,
  nonceOf,
  quietLog,
  Received,
  realm,
  type Sent,
} from './support/recorder.ts'
import { register } from './support/registering.ts'

let bench: Bench
beforeEach(() => {
  bench = new Bench()
})

const carrier: TrunkRecord = {
  ...{ id: 'trunk' as TrunkId, name: 'carrier', host: '192.0.2.9', port: 5060, transport: 'udp' },
  ...{ username: 'us', password: 'pw', defaultCallerId: null, prefixes: [], priority: 0 },
  ...{ weight: 10, maxCalls: null, maxCallsPerSecond: null, enabled: true },
}
const toTrunk = { kind: 'trunk', trunk: carrier, number: '+61400000001' } as const

function invite(target: SipTarget = toTrunk, more: object = {}): Sent {
  bench.sip.invite('call' as CallId, {
    target,
    callerId: '+15005550001',
    offers: { rtp: 'v=0\r\n' },
    ...more,
  })
  return bench.sent.at(-1)!
}

describe('an outbound call', () => {
  const shown = '<sip:+15005550001@pbx.example>'
  const anonymous = '"Anonymous" <sip:anonymous@anonymous.invalid>'
  it.each<[string, Partial<TrunkRecord>, boolean, string, string | undefined, string | undefined]>([
    ['a trunk', {}, false, shown, undefined, undefined],
    ['a trusted trunk', { trusted: true }, false, shown, shown, undefined],
    ['a trunk, in secret', {}, true, anonymous, undefined, 'id'],
    ['a trusted trunk, in secret', { trusted: true }, true, anonymous, shown, 'id'],
  ])('to %s, who calls', (_, changes, withheld, from, asserted, privacy) => {
    const target = { ...toTrunk, trunk: { ...toTrunk.trunk, ...changes } }
    const { headers } = invite(target, { callerId: '+15005550001', withheld }).out
    expect(headers['From']?.split(';tag=')[0]).toBe(from)
    expect(headers['P-Asserted-Identity']).toBe(asserted)
    expect(headers['Privacy']).toBe(privacy)
  })

  it('writes numbers as the trunk has them', () => {
    const numbers = { ...defaultTrunkOptions.numbers, format: 'national', country: 'AU' } as const
    const trunk = { ...toTrunk.trunk, numbers, trusted: true }
    const { uri, headers } = invite(
      { ...toTrunk, trunk, number: '+61298765432' },
      { callerId: '+61412345678' },
    ).out
    expect(uri).toMatch(/^sip:0298765432@/)
    expect(headers['From']).toMatch(/^<sip:0412345678@pbx\.example>;tag=/)
    expect(headers['P-Asserted-Identity']).toBe('<sip:0412345678@pbx.example>')
  })
})

let calls = 0
async function incoming(options: Partial<Received> & { headers?: Record<string, string> } = {}) {
  const request = new Received('INVITE', {
    ...{ uri: 'sip:+15005550100@ringdown', address: '192.0.2.9', port: 5060 },
    ...options,
    headers: {
      ...{ 'call-id': `c${++calls}`, contact: '<sip:them@192.0.2.9>', to: '<sip:x@y>' },
      ...{ from: '<sip:+61411111111@them>;tag=1', 'content-type': 'application/sdp' },
      ...options.headers,
    },
  })
  bench.receive(request)
  await settle()
  return request
}

describe('who calls by a trunk', () => {
  const pai = { 'p-asserted-identity': '"Bob" <sip:+61422222222@them>, <tel:+61422222222>' }
  const rpid = { 'remote-party-id': '<sip:+61433333333@them>;party=calling' }
  test.each<[string, Partial<TrunkRecord>, Record<string, string>, string]>([
    ['From', {}, {}, '+61411111111'],
    ['From, where nobody trusts the trunk', {}, { ...pai, ...rpid }, '+61411111111'],
    [
      'P-Asserted-Identity of a trusted trunk',
      { trusted: true },
      { ...pai, ...rpid },
      '+61422222222',
    ],
    ['Remote-Party-ID of a trusted trunk', { trusted: true }, rpid, '+61433333333'],
    [
      'From, where a trusted trunk asserts nobody',
      { trusted: true },
      { 'p-asserted-identity': '<sip:@x>' },
      '+61411111111',
    ],
    ['nobody, with Privacy', { trusted: true }, { ...pai, privacy: 'critical;id' }, 'anonymous'],
    ['nobody, with Privacy of a stranger', {}, { privacy: 'header' }, 'anonymous'],
    ['somebody, with Privacy: none', {}, { privacy: 'none' }, '+61411111111'],
    [
      'nobody, by Remote-Party-ID',
      { trusted: true },
      { 'remote-party-id': '<sip:+61433333333@t>;privacy=full' },
      'anonymous',
    ],
    [
      'nobody, by From',
      { trusted: true },
      { ...pai, from: '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1' },
      'anonymous',
    ],
    ['nobody, where From cannot be read', {}, { from: '<sip:a b@c>;tag=1' }, 'anonymous'],
  ])('%s', async (_, changes, headers, expected) => {
    bench.trunks.push({ ...carrier, ...changes })
    await incoming({ headers })
    expect(bench.heard).toEqual([`incoming ${expected} +15005550100 trunk`])
  })

  test('numbers as the trunk writes them become E.164', async () => {
    const numbers = { ...defaultTrunkOptions.numbers, format: 'national', country: 'AU' } as const
    bench.trunks.push({ ...carrier, numbers })
    await incoming({
      uri: 'sip:0298765432@ringdown',
      headers: { from: '<sip:0411111111@t>;tag=1' },
    })
    expect(bench.heard).toEqual(['incoming +61411111111 +61298765432 trunk'])
  })
})

describe('who calls from a trunk’s address by another port, with a device’s name', () => {
  const at = { address: '192.0.2.9', port: 40_000 }
  const from = '<sip:alice@pbx>;tag=t'
  beforeEach(() => {
    bench.trunks.push(carrier)
    bench.devices.set('alice', device('alice', 'right'))
  })

  test('is the device where that is registered there, and proves it', async () => {
    await register(bench, { contact: '<sip:alice@10.0.0.7>' }, {}, at)
    const first = await incoming({ ...at, headers: { from } })
    expect(first.status).toBe(401)
    const uri = 'sip:+15005550100@ringdown'
    const value = authorization(nonceOf(first), { method: 'INVITE', uri })
    await incoming({ ...at, headers: { from, authorization: value } })
    expect(bench.heard).toEqual(['incoming alice +15005550100 device'])
  })

  test('has to prove it where the device is registered nowhere', async () => {
    expect((await incoming({ ...at, headers: { from } })).status).toBe(401)
  })

  test('is an extension behind the trunk where the device is elsewhere', async () => {
    await register(bench, { contact: '<sip:alice@10.0.0.7>' }, {}, { address: '198.51.100.1' })
    await incoming({ ...at, headers: { from } })
    expect(bench.heard).toEqual(['incoming alice +15005550100 trunk'])
  })
})

describe('a call is known to be a trunk’s', () => {
  const elsewhere = { address: '198.51.100.7', port: 40_000 }

  test.each<[string, string, boolean]>([
    ['a network of its list', '198.51.100.0/24', true],
    ['an address of its list', '198.51.100.7', true],
    ['not by another one', '198.51.100.8', false],
    ['not by a network of the other family', '2001:db8::/32', false],
  ])('by %s', async (_, listed, known) => {
    bench.trunks.push({ ...carrier, inbound: { by: 'address', addresses: [listed] } })
    const request = await incoming(elsewhere)
    expect(request.status).toBe(known ? undefined : 401)
    expect(bench.heard).toHaveLength(known ? 1 : 0)
  })

  describe('by its credentials', () => {
    const inbound = {
      by: 'digest',
      username: 'carrier',
      ha1Md5: ha1Md5('carrier', realm, 'secret'),
      ha1Sha256: ha1Sha256('carrier', realm, 'secret'),
    } as const
    const uri = 'sip:+15005550100@ringdown'
    const answerTo = (challenged: Received, password: string, username = 'carrier') => ({
      headers: {
        authorization: authorization(nonceOf(challenged), {
          username,
          password,
          method: 'INVITE',
          uri,
        }),
      },
    })
    beforeEach(() => {
      bench.trunks.push({ ...carrier, inbound })
    })

    test('from anywhere', async () => {
      const challenged = await incoming(elsewhere)
      expect(challenged.status).toBe(401)
      await incoming({ ...elsewhere, ...answerTo(challenged, 'secret') })
      expect(bench.heard).toEqual(['incoming +61411111111 +15005550100 trunk'])
    })

    test.each([
      ['a wrong password', 'wrong', 'carrier'],
      ['the user name that we have there', 'pw', 'us'],
    ])('not by %s', async (_, password, username) => {
      const challenged = await incoming(elsewhere)
      const again = await incoming({ ...elsewhere, ...answerTo(challenged, password, username) })
      expect([again.status, bench.heard]).toEqual([401, []])
    })

    test('not by its address alone', async () => {
      expect([(await incoming()).status, bench.heard]).toEqual([401, []])
    })

    test('not while it is switched off', async () => {
      bench.trunks.splice(0, 1, { ...carrier, inbound, enabled: false })
      const challenged = await incoming(elsewhere)
      await incoming({ ...elsewhere, ...answerTo(challenged, 'secret') })
      expect(bench.heard).toEqual([])
    })
  })

  describe('by our Contact there', () => {
    const registering: TrunkRecord = {
      ...carrier,
      registration: { expiresS: 3600, contactUser: 'desk' },
    }
    async function contact(): Promise<string> {
      bench.trunks.push(registering)
      bench.sip.trunksChanged()
      await settle()
      const text = bench.sent.at(-1)?.out.headers['Contact'] ?? ''
      return text.slice(1, -1).replace('localhost', 'ringdown')
    }

    test('from anywhere; To says who was called', async () => {
      const headers = { to: '<sip:+15005550100@carrier>' }
      await incoming({ ...elsewhere, uri: await contact(), headers })
      expect(bench.heard).toEqual(['incoming +61411111111 +15005550100 trunk'])
    })

    test.each([
      ['another line', (uri: string) => uri.replace(/line=.{4}/, 'line=0000')],
      ['no line', (uri: string) => uri.replace(/;line=.*/, '')],
    ])('not with %s', async (_, spoilt) => {
      const request = await incoming({ ...elsewhere, uri: spoilt(await contact()) })
      expect([request.status, bench.heard]).toEqual([401, []])
    })

    test('not where there is no password that it could be made of', async () => {
      const uri = (await contact()).replace(
        /line=.*/,
        `line=${lineOf({ ...registering, password: null })}`,
      )
      bench.trunks.splice(0, 1, { ...registering, password: null })
      expect((await incoming({ ...elsewhere, uri })).status).toBe(401)
    })

    test('of two trunks at one address it is the one whose Contact is called', async () => {
      const other = { ...registering, id: 'other' as TrunkId, password: 'other' }
      const one = { ...other, registration: { expiresS: 3600, contactUser: 'front' } }
      bench.trunks.push({ ...one, trusted: true })
      bench.trunks.push(registering)
      const identity = { 'p-asserted-identity': '<sip:+61422222222@t>', to: '<sip:+15005550100@c>' }
      await incoming({ uri: 'sip:front@ringdown', headers: identity })
      await incoming({ uri: 'sip:desk@ringdown', headers: identity })
      expect(bench.heard).toEqual([
        'incoming +61422222222 +15005550100 trunk',
        'incoming +61411111111 +15005550100 trunk',
      ])
    })
  })
})

test('a trunk is not banned, nor limited, wherever its calls come from', async () => {
  const told: GuardCommand[] = []
  const bans = new BanList({
    clock: bench.clock,
    log: quietLog,
    never: [],
    tell: (c) => told.push(c),
  })
  const listed = { ...carrier, inbound: { by: 'address', addresses: ['203.0.113.0/28'] } } as const
  const off = { ...listed, host: '192.0.2.10', enabled: false }
  const trunks = async () => [listed, off]
  const busy = new Bench([], true, { bans, trunks })
  await settle()
  expect(told).toEqual([{ is: 'exempt', addresses: ['192.0.2.9', '203.0.113.0/28'] }])
  bans.offend('203.0.113.9', 'malformed')
  expect(bans.list()).toEqual([])
  await busy.sip.close()
})

test('whoever calls as somebody unknown is looked for in the same places as a device', async () => {
  const looked: string[] = []
  const devices = {
    byUsername: async (name: string) => {
      looked.push('devices')
      return name === 'alice' ? device('alice', 'right') : undefined
    },
  }
  const trunks = async () => {
    looked.push('trunks')
    return []
  }
  const places = async (username: string): Promise<string[]> => {
    const lab = new Bench([], true, { devices, trunks })
    const headers = { from: `<sip:${username}@x>;tag=1`, contact: '<sip:x@192.0.2.1>' }
    const more = { 'call-id': 'c', cseq: '1 INVITE', 'content-type': 'application/sdp' }
    const ask = lab.receive(new Received('INVITE', { headers: { ...headers, ...more } }))
    await settle()
    const answer = { username, password: 'wrong', method: 'INVITE' }
    const proof = { authorization: authorization(nonceOf(ask), answer) }
    lab.receive(new Received('INVITE', { headers: { ...headers, ...more, ...proof } }))
    await settle()
    return looked.splice(0)
  }
  expect(await places('nobody')).toEqual(await places('alice'))
})

test('a name server that is away is waited for once, not with every call', async () => {
  bench.trunks.push({ ...carrier, host: 'gone.example' }, { ...carrier, id: 'b' as TrunkId })
  bench.resolve = () => new Promise(() => {})
  const first = [incoming(), incoming()]
  await settle()
  expect(bench.lookups).toBe(1)
  await bench.clock.advance(3_000)
  await Promise.all(first)
  expect(bench.calls).toHaveLength(2)
  await bench.clock.advance(5_001)
  await incoming()
  expect(bench.calls).toHaveLength(3)
})

test('a limit of calls in a second counts calls, and neither challenges nor strangers', async () => {
  const limited = { limits: { maxCallsPerSecond: 2 } }
  bench = new Bench([], true, limited)
  bench.trunks.push(carrier)
  for (let i = 0; i < 5; i++) {
    expect((await incoming({ address: '203.0.113.1' })).status).toBe(401)
  }
  await incoming()
  await incoming()
  expect(bench.calls).toHaveLength(2)
  expect((await incoming()).responses).toEqual([{ status: 503, headers: { 'Retry-After': '30' } }])
  await bench.clock.advance(1_000)
  // those that are let in at one time are counted before they are taken
  await Promise.all([incoming(), incoming(), incoming()])
  expect(bench.calls).toHaveLength(4)
})

test('what our Contact at a registrar is known by is not in a trace', () => {
  const line = lineOf(carrier)
  const raw = `INVITE sip:us@192.0.2.1;line=${line} SIP/2.0\r\n\r\n`
  expect(withoutSipSecrets(raw)).toBe(raw.replace(line, '*'.repeat(line.length)))
})
