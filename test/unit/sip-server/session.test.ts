/** Session timers on a virtual clock (RFC 4028): who refreshes, by what, and what happens without. */
import { describe, expect, test } from 'vitest'
import type { Field } from '../../../engine/sip-server/index.ts'
import { type Call, Sim } from './sim.ts'

const timer = (refresher: 'uac' | 'uas', seconds = 90): string =>
  `Session-Expires: ${seconds};refresher=${refresher}`
const update = 'Allow: INVITE, ACK, BYE, UPDATE'

type Setup = (sim: Sim, refresherIsUs: boolean, more?: readonly string[]) => Call

/** We are called; the timer is the peer's wish. */
const calledBy: Setup = (sim, isUs, more = []) =>
  sim.callIn('c', { fields: [timer(isUs ? 'uas' : 'uac'), 'Supported: timer', ...more] })
/** We call; the peer says who refreshes. */
const calling: Setup = (sim, isUs, more = []) =>
  sim.callOut(['Session-Expires: 90', 'Supported: timer'], {
    fields: [timer(isUs ? 'uac' : 'uas'), 'Require: timer', ...more],
  })

const setups: readonly (readonly [string, Setup])[] = [
  ['we were called', calledBy],
  ['we called', calling],
]

describe.each(setups)('%s', (_title, setUp) => {
  test.each([
    ['INVITE', []],
    ['UPDATE', [update]],
  ] as const)('we refresh by %s at half the interval, again and again', async (method, more) => {
    const sim = new Sim()
    setUp(sim, true, more)
    for (let round = 1; round <= 3; round++) {
      sim.said.length = 0
      await sim.wait(39.9)
      expect(sim.heard(method)).toEqual([])
      await sim.wait(10.1)
      const refresh = sim.last(method)
      expect(refresh.header('session-expires')).toBe('90;refresher=uac')
      expect(refresh.header('min-se')).toBe('90')
      sim.answer(refresh, 200, { fields: [timer('uac')] })
      expect(sim.heard('ACK')).toHaveLength(method === 'INVITE' ? 1 : 0)
    }
    expect(sim.heard('BYE')).toEqual([])
    // the application saw nothing of it
    expect(sim.frames.filter((frame) => frame.includes(`\r\n${method} `))).toEqual([])
  })
  test.each(['INVITE', 'UPDATE'])(
    'the peer refreshes by %s; when it stops, BYE',
    async (method) => {
      const sim = new Sim()
      const { callId, inside } = setUp(sim, false)
      for (let seq = 2; seq < 5; seq++) {
        await sim.wait(45)
        sim.request(method, callId, {
          ...inside,
          seq,
          fields: [timer('uac'), 'Supported: timer'],
        })
        sim.respond(sim.shown(method), 200)
        expect(sim.last('SIP/2.0 200').header('session-expires')).toBe('90;refresher=uac')
        if (method === 'INVITE') sim.request('ACK', callId, { ...inside, seq })
      }
      sim.said.length = 0
      // a third of the interval before it ends, at most 32 s (section 10)
      await sim.wait(59.9)
      expect(sim.heard('BYE')).toEqual([])
      await sim.wait(0.2)
      expect(sim.last('BYE').header('reason')).toContain('Session timer expired')
      expect(sim.shown('BYE')).toContain('|unsolicited|')
      await sim.wait(100)
      expect([sim.idle, sim.clock.pendingTimers]).toEqual([true, 0])
    },
  )
  test('a refresh that nobody answers: BYE before the session ends', async () => {
    const sim = new Sim()
    setUp(sim, true)
    await sim.wait(89.9)
    expect(sim.heard('BYE').length).toBeGreaterThan(0)
    expect(sim.context.dialogs.size).toBe(0)
  })
  test('a refresh that is refused: BYE', async () => {
    const sim = new Sim()
    setUp(sim, true)
    await sim.wait(50)
    sim.answer(sim.last('INVITE'), 481)
    expect(sim.heard('BYE')).toHaveLength(1)
  })
  test('a refresh that is refused for now: once more in time, and the call goes on', async () => {
    const sim = new Sim()
    setUp(sim, true)
    await sim.wait(50)
    sim.answer(sim.last('INVITE'), 500, { fields: ['Retry-After: 2'] })
    sim.said.length = 0
    await sim.wait(9)
    expect(sim.times('INVITE').length).toBeGreaterThan(0)
    sim.answer(sim.last('INVITE'), 200, { fields: [timer('uac')] })
    await sim.wait(30)
    expect(sim.heard('BYE')).toEqual([])
    expect(sim.context.dialogs.size).toBe(1)
  })
  test.each([491, 500, 503, 488])(
    'a refresh that gets %i again and again: BYE in time',
    async (status) => {
      const sim = new Sim()
      setUp(sim, true)
      const startS = sim.nowS
      const answered = new Set<string>()
      while (sim.heard('BYE').length === 0 && sim.nowS - startS < 120) {
        for (const { message } of sim.heard('INVITE').slice(-1)) {
          const branch = message.via?.branch ?? ''
          if (message.toTag === undefined || answered.has(branch)) continue
          answered.add(branch)
          sim.answer(message, status)
        }
        await sim.wait(0.5)
      }
      expect(sim.times('BYE')[0]).toBeGreaterThanOrEqual(60)
      expect(sim.times('BYE')[0]).toBeLessThanOrEqual(60.5)
      expect(answered.size).toBeGreaterThan(1)
    },
  )
  test('an interval too small for the peer (422): again with what it wants', async () => {
    const sim = new Sim()
    setUp(sim, true)
    await sim.wait(50)
    sim.answer(sim.last('INVITE'), 422, { fields: ['Min-SE: 240'] })
    const again = sim.last('INVITE')
    expect(again.header('session-expires')).toBe('240;refresher=uac')
    expect(again.header('min-se')).toBe('240')
    sim.answer(again, 200, { fields: [timer('uac', 240)] })
    expect(sim.heard('BYE')).toEqual([])
  })
  test.each<[string, Field[]]>([
    ['no Min-SE', []],
    ['one that we asked for', [['Min-SE', '90']]],
    ['one that makes no sense', [['Min-SE', '4000000000']]],
  ])('422 with %s: BYE, not a loop', async (_what, fields) => {
    const sim = new Sim()
    setUp(sim, true)
    await sim.wait(50)
    const lines = fields.map(([name, value]) => `${name}: ${value}`)
    sim.answer(sim.last('INVITE'), 422, { fields: lines })
    expect(sim.heard('BYE')).toHaveLength(1)
  })
  test('while the application re-INVITEs, the refresh waits', async () => {
    const sim = new Sim()
    const { dialogId } = setUp(sim, true)
    await sim.wait(39)
    sim.said.length = 0
    sim.inDialog(dialogId, 'INVITE')
    sim.answer(sim.last('INVITE'), 180)
    await sim.wait(15)
    const branches = new Set(sim.heard('INVITE').map(({ message }) => message.via?.branch))
    expect(branches.size).toBe(1)
  })
  test('too small an interval in the dialog: 422, and the timer is not lost', async () => {
    const sim = new Sim()
    const { callId, inside } = setUp(sim, false)
    await sim.wait(10)
    const fields = ['Session-Expires: 30', 'Supported: timer']
    sim.request('INVITE', callId, { ...inside, seq: 2, fields })
    expect(sim.last('SIP/2.0 422').header('min-se')).toBe('90')
    expect(sim.shown('INVITE')).toBe('')
    await sim.wait(51)
    expect(sim.times('BYE')[0]).toBe(60)
  })
})

test('glare at a refresh: 491, then again after 2.1 to 4 s by the caller, 0 to 2 s by the called', async () => {
  for (const [setUp, least, most] of [[calling, 2.1, 4] as const, [calledBy, 0, 2] as const]) {
    for (let seed = 1; seed <= 20; seed++) {
      const sim = new Sim(seed)
      setUp(sim, true)
      await sim.wait(50)
      const first = sim.last('INVITE')
      sim.answer(first, 491)
      const fromS = sim.nowS
      sim.said.length = 0
      await sim.wait(5)
      const waited = (sim.times('INVITE')[0] ?? 99) - fromS
      expect(waited).toBeGreaterThanOrEqual(least - 0.001)
      expect(waited).toBeLessThanOrEqual(most + 0.001)
    }
  }
})

test('too small an interval in the INVITE that makes the call is made 90, as the client library expects', () => {
  const sim = new Sim()
  sim.callIn('c', { fields: ['Session-Expires: 30;refresher=uas', 'Supported: timer'] })
  expect(sim.last('SIP/2.0 200').header('session-expires')).toBe('90;refresher=uas')
})
