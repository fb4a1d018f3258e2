/** Registration at trunks and pings, on a recorder and a virtual clock. */
import { beforeEach, describe, expect, test } from 'vitest'
import type { TrunkId } from '../../../engine/core/ids.ts'
import type { TrunkRecord } from '../../../engine/core/ports/sip.ts'
import { settle } from '../../support/virtual-clock.ts'
import { Bench, type Sent } from './support/recorder.ts'

const id = '00000000-0000-4000-8000-000000000001' as TrunkId
const trunk: TrunkRecord = {
  ...{ id, name: 'carrier', host: '192.0.2.9', port: 5060, transport: 'udp' },
  ...{ username: 'us', password: 'pw', defaultCallerId: null, prefixes: [], priority: 0 },
  ...{ weight: 10, maxCalls: null, maxCallsPerSecond: null, enabled: true },
}
const registering: TrunkRecord = {
  ...trunk,
  registration: { expiresS: 3600, contactUser: null },
}
const challenge = {
  'www-authenticate': 'Digest realm="r", nonce="n", algorithm=SHA-256, qop="auth"',
}

let bench: Bench
beforeEach(() => {
  bench = new Bench()
})

async function withTrunk(one: TrunkRecord): Promise<void> {
  bench.trunks.splice(0, bench.trunks.length, one)
  bench.sip.trunksChanged()
  await settle()
}
const last = (): Sent => bench.sent.at(-1)!
const headersOf = ({ out }: Sent) => out.headers
const status = () => bench.sip.trunkStatus(id)
const contact = () => headersOf(last())['Contact'] ?? ''
const granted = (expires: number) => ({ contact: `${contact()};expires=${expires}` })
/** What the registrar says to the REGISTER that is out now. */
async function answer(code: number, headers: Record<string, string> = {}): Promise<void> {
  last().taken().respond(code, headers)
  await settle()
}
async function registered(expires = 3600): Promise<void> {
  await answer(200, granted(expires))
}

describe('registering at a trunk', () => {
  test('REGISTER with our Contact; again with a digest; refreshed before the granted time is over', async () => {
    await withTrunk(registering)
    expect(last().out).toMatchObject({
      method: 'REGISTER',
      uri: 'sip:192.0.2.9:5060;transport=udp',
      headers: { To: '<sip:us@192.0.2.9>', Expires: '3600', CSeq: '1 REGISTER' },
    })
    expect(contact()).toMatch(/^<sip:us@localhost;line=\w{22}>$/)
    const callId = headersOf(last())['Call-ID']
    await answer(401, challenge)
    expect(headersOf(last())).toMatchObject({ CSeq: '2 REGISTER', 'Call-ID': callId })
    expect(headersOf(last())['Authorization']).toMatch(/^Digest username="us".*algorithm=SHA-256/)
    await registered(120)
    expect(status().registration).toEqual({
      ...{ state: 'registered', lastError: null },
      untilMs: bench.clock.nowMs() + 120_000,
    })
    expect(bench.heard).toEqual(['trunk carrier registered'])
    await bench.clock.advance(101_000)
    expect(bench.sent).toHaveLength(2)
    await bench.clock.advance(7_500)
    expect(headersOf(last())).toMatchObject({ CSeq: '3 REGISTER', 'Call-ID': callId })
    await registered(120)
    expect(bench.heard).toHaveLength(1)
  })

  test('423: asks for as long as the registrar wants', async () => {
    await withTrunk(registering)
    await answer(423, { 'min-expires': '7200' })
    expect(headersOf(last())['Expires']).toBe('7200')
    await answer(423, { 'min-expires': '7200' })
    expect(status().registration).toMatchObject({ state: 'failed', lastError: '423 Test' })
    expect(bench.sent).toHaveLength(2)
  })

  test('423 again and again: waits before it asks for longer still', async () => {
    await withTrunk(registering)
    await answer(423, { 'min-expires': '7200' })
    await answer(423, { 'min-expires': '7201' })
    expect(bench.sent).toHaveLength(2)
    expect(status().registration).toMatchObject({ state: 'failed', lastError: '423 Test' })
    await bench.clock.advance(40_000)
    expect(bench.sent).toHaveLength(3)
    await answer(423, { 'min-expires': '7201' })
    expect(headersOf(last())['Expires']).toBe('7201')
  })

  test.each([
    ['a number of seconds that is none', { expires: '-1' }, 3600],
    ['Expires', { expires: '300' }, 300],
    ['somebody else’s Contact', { contact: '<sip:us@192.0.2.1>;expires=60', expires: '300' }, 300],
  ])('granted by %s', async (_, headers, seconds) => {
    await withTrunk(registering)
    await answer(200, headers)
    expect(status().registration?.untilMs).toBe(bench.clock.nowMs() + seconds * 1000)
  })

  test('silence and errors: 30 s, doubled up to 30 min, a quarter more or less; told once', async () => {
    await withTrunk(registering)
    const waits: number[] = []
    for (let i = 0; i < 9; i++) {
      const before = bench.sent.length
      await answer(500)
      const sinceMs = bench.clock.nowMs()
      while (bench.sent.length === before) await bench.clock.advance(500)
      waits.push((bench.clock.nowMs() - sinceMs) / 1000)
    }
    const expected = [30, 60, 120, 240, 480, 960, 1800, 1800, 1800]
    for (const [i, seconds] of expected.entries()) {
      expect(waits[i]).toBeGreaterThanOrEqual(seconds * 0.75)
      expect(waits[i]).toBeLessThanOrEqual(seconds * 1.25 + 1)
    }
    expect(bench.heard).toEqual(['trunk carrier registrationFailed'])
    await registered()
    await answer(200, granted(3600))
    expect(bench.heard.at(-1)).toBe('trunk carrier registered')
  })

  test('no answer at all', async () => {
    await withTrunk(registering)
    last().taken()
    await bench.clock.advance(40_000)
    expect(status().registration).toMatchObject({ state: 'failed', lastError: 'no answer' })
  })

  test.each([
    [430, 'Flow Failed'],
    [503, 'DNS Error'],
  ])(
    'a host without an address is told as that, not as the server’s own %i',
    async (code, reason) => {
      await withTrunk(registering)
      last().taken().respond(code, {}, '', '', reason)
      await settle()
      const lastError = 'DNS: the host has no address'
      expect(status().registration).toMatchObject({ state: 'failed', lastError })
    },
  )

  test('a registrar’s own 430 is told as it came', async () => {
    await withTrunk(registering)
    await answer(430)
    expect(status().registration).toMatchObject({ lastError: '430 Test' })
  })

  test('Retry-After is kept', async () => {
    await withTrunk(registering)
    await answer(503, { 'retry-after': '600' })
    await bench.clock.advance(599_000)
    expect(bench.sent).toHaveLength(1)
    await bench.clock.advance(2_000)
    expect(bench.sent).toHaveLength(2)
  })

  test('a wrong password is told once, and tried rarely', async () => {
    await withTrunk(registering)
    await answer(401, challenge)
    await answer(401, challenge)
    expect(status().registration).toMatchObject({ state: 'failed', lastError: '401 Test' })
    await bench.clock.advance(20 * 60_000)
    expect(bench.sent).toHaveLength(2)
    while (bench.sent.length === 2) await bench.clock.advance(1_000)
    await answer(403)
    expect(bench.heard).toEqual([
      'trunk carrier registrationFailed',
      'trunk carrier registrationFailed',
    ])
    await bench.clock.advance(20 * 60_000)
    expect(bench.sent).toHaveLength(3)
  })

  test('a challenge of another realm gets no credentials', async () => {
    await withTrunk({ ...registering, realm: 'carrier.example' })
    await answer(401, challenge)
    expect(bench.sent).toHaveLength(1)
    expect(status().registration).toMatchObject({ state: 'failed' })
  })

  test.each<[string, () => void]>([
    ['switched off', () => bench.trunks.splice(0, 1, { ...registering, enabled: false })],
    ['not to register any more', () => bench.trunks.splice(0, 1, trunk)],
    ['deleted', () => bench.trunks.splice(0)],
  ])('%s: un-registers, with the digest', async (_, change) => {
    await withTrunk(registering)
    await registered()
    change()
    bench.sip.trunksChanged()
    await settle()
    expect(headersOf(last())['Expires']).toBe('0')
    await answer(401, challenge)
    expect(headersOf(last())).toMatchObject({ Expires: '0' })
    expect(headersOf(last())['Authorization']).toBeDefined()
    await answer(200)
    expect(status().registration).toBeNull()
    await bench.clock.advance(3_600_000)
    expect(headersOf(last())['Expires']).toBe('0')
  })

  test('changed: the old one is taken away before the new one comes, however long that takes', async () => {
    await withTrunk(registering)
    await registered()
    await withTrunk({ ...registering, password: 'new' })
    expect(headersOf(last())['Expires']).toBe('0')
    last().taken()
    await bench.clock.advance(1_600)
    expect(headersOf(last())['Expires']).toBe('3600')
    // and what does not concern the registration does not touch it
    await registered()
    const before = bench.sent.length
    await withTrunk({ ...registering, password: 'new', priority: 3 })
    expect(bench.sent).toHaveLength(before)
  })

  test('the control connection came back: registers again; its loss is not the trunk’s fault', async () => {
    await withTrunk(registering)
    bench.down()
    last().fail('linkDown')
    await bench.clock.advance(60_000)
    expect(status().registration).toMatchObject({ state: 'trying' })
    expect(bench.heard).toEqual([])
    bench.up()
    await settle()
    expect(bench.sent).toHaveLength(2)
    await registered()
    bench.up()
    await settle()
    expect(bench.sent).toHaveLength(3)
  })

  test('the end: un-registers, and does not wait for a registrar that is gone', async () => {
    await withTrunk(registering)
    await registered()
    let closed = false
    const closing = bench.sip.close().then(() => {
      closed = true
    })
    await settle()
    expect(headersOf(last())['Expires']).toBe('0')
    expect(closed).toBe(false)
    await bench.clock.advance(2_000)
    await closing
    expect(bench.clock.pendingTimers).toBe(0)
  })
})

describe('pinging a trunk', () => {
  const pinged: TrunkRecord = { ...trunk, pingIntervalS: 20 }
  /** The next OPTIONS, answered or not. */
  async function next(code?: number): Promise<void> {
    const before = bench.sent.length
    if (code === undefined) await bench.clock.advance(5_000)
    else await answer(code)
    while (bench.sent.length === before) await bench.clock.advance(500)
  }

  test('down after three misses in a row, up after two answers', async () => {
    await withTrunk(pinged)
    expect(last().out).toMatchObject({ method: 'OPTIONS', uri: 'sip:192.0.2.9:5060;transport=udp' })
    await next(200)
    expect(status()).toMatchObject({ reachable: true, roundTripMs: 0 })
    for (const code of [undefined, 503, 200, 408, undefined]) await next(code)
    expect(status().reachable).toBe(true)
    await next(503)
    expect(status()).toMatchObject({ reachable: false, roundTripMs: null })
    for (const code of [undefined, 200, 503, 200]) await next(code)
    expect(status().reachable).toBe(false)
    await next(200)
    expect(status().reachable).toBe(true)
    expect(bench.heard).toEqual(['trunk carrier down', 'trunk carrier up'])
  })

  test.each([200, 403, 404, 405, 481, 500, 483])('%i is a sign of life', async (code) => {
    await withTrunk(pinged)
    for (let i = 0; i < 4; i++) await next(code)
    expect(status().reachable).toBe(true)
  })

  test('a control connection that is down is no miss', async () => {
    await withTrunk(pinged)
    for (let i = 0; i < 4; i++) {
      bench.down()
      last().fail('linkDown')
      await bench.clock.advance(60_000)
      bench.up()
      await settle()
    }
    expect(bench.heard).toEqual([])
  })

  test('nobody is pinged without being asked for, or any more', async () => {
    await withTrunk(trunk)
    expect(bench.sent).toEqual([])
    await withTrunk(pinged)
    await withTrunk({ ...pinged, pingIntervalS: null })
    await bench.clock.advance(600_000)
    expect(bench.sent).toHaveLength(1)
    expect(status()).toEqual({ registration: null, reachable: null, roundTripMs: null })
  })
})
