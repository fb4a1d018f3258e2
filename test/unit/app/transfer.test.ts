import { describe, expect, test } from 'vitest'
import { transferCall } from '../../../engine/app/transfer-call.ts'
import { Failure } from '../../../engine/core/failures.ts'
import type { CallId } from '../../../engine/core/ids.ts'
import type { CallLab } from '../../support/call-lab.ts'
import { answers, dials, hangsUp, twoParties } from './two-parties.ts'

const byAlice = '<sip:1001@pbx>'
const wish = (to: string, replaces?: CallId | 'unknown') => ({
  ...{ to, replaces, referredBy: byAlice, referTo: `<sip:${to}@pbx>` },
})

const told = (lab: CallLab): string[] =>
  lab.commands.filter((line) => line.startsWith('sip.transferProgress'))
const bridges = (lab: CallLab): string[] =>
  lab.commands.filter((line) => line.startsWith('media.bridge'))
const isUp = (lab: CallLab, id: CallId): boolean => lab.calls.get(id)?.state.at === 'up'

/** `by` is the leg that sends REFER; the target rings afterwards. */
async function refer(lab: CallLab, by: CallId, to = '1003'): Promise<CallId> {
  await lab.sip.transferWished(by, wish(to))
  await lab.settle()
  const target = lab.invited.at(-1)!
  lab.sip.progress(target, 180, undefined)
  await lab.settle()
  return target
}

/** The two who talk can each transfer the other. */
describe.each([
  ['the caller transfers', 'caller', 'callee'],
  ['the callee transfers', 'callee', 'caller'],
] as const)('blind: %s', (_title, leaves, stays) => {
  test('the target answers: the two who are left talk', async () => {
    const { lab, ...legs } = await twoParties()
    const [leaving, kept] = [legs[leaves], legs[stays]]
    const target = await refer(lab, leaving)
    expect(lab.requests.at(-1)!.headers).toEqual({ 'Referred-By': byAlice })
    expect(lab.requests.at(-1)!.callerId).toBe(stays === 'callee' ? '1002' : '1001')
    expect(lab.nowPlaying(kept)).toEqual({ kind: 'tone', tone: 'ringback' })
    await answers(lab, target)
    expect(lab.nowPlaying(kept)).toBeUndefined()
    expect(bridges(lab)).toEqual([`media.bridge ${stays === 'callee' ? 'c2' : 'c1'} c3`])
    const name = leaves === 'caller' ? 'c1' : 'c2'
    expect(told(lab)).toEqual([
      `sip.transferProgress ${name} 180`,
      `sip.transferProgress ${name} 200`,
    ])
    const log = await lab.logOf(leaving)
    expect(log.slice(-3)).toEqual(['transfer.started', 'transfer.progress', 'transfer.completed'])
    // The phone hangs up by itself; one that does not is hung up.
    expect(isUp(lab, leaving)).toBe(true)
    await lab.clock.advance(4_000)
    expect(isUp(lab, leaving)).toBe(false)
    expect([isUp(lab, kept), isUp(lab, target)]).toEqual([true, true])
    await hangsUp(lab, target)
    expect(isUp(lab, kept)).toBe(false)
    expect(lab.calls.size).toBe(0)
  })

  test('the two who are left cannot be connected: nobody stays on the line', async () => {
    let isBroken = false
    const { lab, ...legs } = await twoParties({
      media: {
        bridge: async () => {
          if (isBroken) throw new Error('the media thread is gone')
        },
      },
    })
    isBroken = true
    const target = await refer(lab, legs[leaves])
    await answers(lab, target)
    expect(told(lab).at(-1)).toMatch(/ 500$/)
    expect([isUp(lab, legs[stays]), isUp(lab, target)]).toEqual([false, false])
  })

  test('who transfers hangs up at once: it goes on', async () => {
    const { lab, ...legs } = await twoParties()
    const [leaving, kept] = [legs[leaves], legs[stays]]
    const target = await refer(lab, leaving)
    await hangsUp(lab, leaving)
    expect(isUp(lab, kept)).toBe(true)
    await answers(lab, target)
    expect([isUp(lab, kept), isUp(lab, target)]).toEqual([true, true])
    await hangsUp(lab, kept)
    expect(lab.calls.size).toBe(0)
  })

  test('who transfers hangs up, and nobody answers: the end', async () => {
    const { lab, ...legs } = await twoParties()
    const target = await refer(lab, legs[leaves])
    await hangsUp(lab, legs[leaves])
    lab.sip.rejected(target, 486, 'Busy')
    await lab.settle()
    expect(lab.calls.size).toBe(0)
  })

  test.each([
    [486, 486],
    [603, 603],
    [404, 404],
    [408, 480],
  ])('the target answers %i: they talk again', async (sipStatus, progress) => {
    const { lab, ...legs } = await twoParties()
    const [leaving, kept] = [legs[leaves], legs[stays]]
    const target = await refer(lab, leaving)
    lab.sip.rejected(target, sipStatus, 'no')
    await lab.settle()
    expect(told(lab).at(-1)).toMatch(new RegExp(` ${progress}$`))
    expect(lab.nowPlaying(kept)).toBeUndefined()
    expect([isUp(lab, leaving), isUp(lab, kept)]).toEqual([true, true])
    // Never undone, so never to be made again.
    expect(lab.commands.filter((line) => line.includes('bridge'))).toEqual([])
    expect((await lab.logOf(leaving)).at(-1)).toBe('transfer.failed')
    await refer(lab, leaving)
    await hangsUp(lab, kept)
    await hangsUp(lab, leaving)
    expect(lab.calls.size).toBe(0)
  })

  test('who is transferred hangs up: the target is let go', async () => {
    const { lab, ...legs } = await twoParties()
    const [leaving, kept] = [legs[leaves], legs[stays]]
    const target = await refer(lab, leaving)
    await hangsUp(lab, kept)
    expect(lab.commands).toContain('sip.cancel c3')
    expect(told(lab).at(-1)).toMatch(/ 487$/)
    expect(isUp(lab, target)).toBe(false)
    expect(lab.calls.size).toBe(0)
  })

  test('who transfers holds: music, ringback, and music again when it fails', async () => {
    const { lab, ...legs } = await twoParties()
    const [leaving, kept] = [legs[leaves], legs[stays]]
    lab.media.held(leaving, true)
    await lab.settle()
    expect(lab.nowPlaying(kept)).toMatchObject({ tone: 'hold' })
    const target = await refer(lab, leaving)
    expect(lab.nowPlaying(kept)).toMatchObject({ tone: 'ringback' })
    lab.sip.rejected(target, 486, 'Busy')
    await lab.settle()
    expect(lab.nowPlaying(kept)).toMatchObject({ tone: 'hold' })
    lab.media.held(leaving, false)
    await lab.settle()
    expect(lab.nowPlaying(kept)).toBeUndefined()
  })
})

describe('blind transfers that are refused', () => {
  test.each([
    ['a device that is not registered', '1004', 'device_not_registered'],
    ['nobody', '1999999', 'invalid_phone_number'],
    ['no device', 'bob', 'not_found'],
    ['a SIP address that is not on the list', 'sip:x@evil.example', 'target_not_allowed'],
  ])('to %s', async (_what, to, code) => {
    const { lab, caller, callee } = await twoParties()
    const asked = lab.sip.transferWished(caller, wish(to))
    await expect(asked).rejects.toMatchObject({ code })
    expect(lab.invited).toHaveLength(1)
    expect([isUp(lab, caller), isUp(lab, callee)]).toEqual([true, true])
    // And the next one is not taken for the second of two.
    await lab.sip.transferWished(caller, wish('1003'))
  })

  test('to a number without a trunk for it', async () => {
    const { lab, caller } = await twoParties()
    for (const trunk of await lab.store.trunks.list()) {
      await lab.store.trunks.update({ ...trunk, enabled: false })
    }
    const asked = lab.sip.transferWished(caller, wish('+61498765432'))
    await expect(asked).rejects.toMatchObject({ code: 'no_route' })
  })

  test('while another is under way, from either side', async () => {
    const { lab, caller, callee } = await twoParties()
    await refer(lab, caller)
    for (const by of [caller, callee]) {
      await expect(lab.sip.transferWished(by, wish('1003'))).rejects.toMatchObject({
        code: 'call_busy',
      })
    }
    expect(lab.invited).toHaveLength(2)
  })

  test('of a call that talks to nobody', async () => {
    const { lab } = await twoParties()
    const alone = await lab.centre.placeCall(lab.account, { to: '1003', from: '1001' })
    await answers(lab, alone.id)
    await expect(lab.sip.transferWished(alone.id, wish('1002'))).rejects.toMatchObject({
      code: 'forbidden',
    })
  })

  test('a number is called by the account, and as the account', async () => {
    const { lab, caller } = await twoParties()
    await refer(lab, caller, '+61498765432')
    expect(lab.requests.at(-1)).toMatchObject({
      callerId: '+15005550100',
      target: { kind: 'trunk' },
    })
  })
})

describe('attended', () => {
  /** 1001 talks to 1002, and in a second call to 1003. */
  async function consulting() {
    const { lab, caller, callee } = await twoParties()
    const second = await dials(lab, '1001', '1003')
    const third = lab.invited.at(-1)!
    await answers(lab, third)
    lab.commands.length = 0
    return { lab, caller, callee, second, third }
  }

  test.each([
    ['first call first', ['caller', 'second']],
    ['second call first', ['second', 'caller']],
    ['neither: both are hung up', []],
  ] as const)('the other two talk; BYE of the %s', async (_what, order) => {
    const { lab, ...legs } = await consulting()
    await lab.sip.transferWished(legs.caller, wish('1003', legs.second))
    await lab.settle()
    expect(bridges(lab)).toEqual(['media.bridge c2 c4'])
    expect(told(lab)).toEqual(['sip.transferProgress c1 200'])
    for (const leg of order) await hangsUp(lab, legs[leg])
    await lab.clock.advance(4_000)
    expect([isUp(lab, legs.caller), isUp(lab, legs.second)]).toEqual([false, false])
    expect([isUp(lab, legs.callee), isUp(lab, legs.third)]).toEqual([true, true])
    await hangsUp(lab, legs.callee)
    expect(lab.calls.size).toBe(0)
  })

  test('where the consultation was a call to the device', async () => {
    const { lab, caller, callee } = await twoParties()
    const other = await dials(lab, '1003', '1001')
    const second = lab.invited.at(-1)!
    await answers(lab, second)
    lab.commands.length = 0
    await lab.sip.transferWished(caller, wish('1003', second))
    await hangsUp(lab, second)
    await hangsUp(lab, caller)
    expect(bridges(lab)).toEqual(['media.bridge c2 c3'])
    expect([isUp(lab, callee), isUp(lab, other)]).toEqual([true, true])
    await hangsUp(lab, callee)
    // It dialled: its program goes on when nobody is left, and ends here.
    expect(lab.calls.size).toBe(0)
  })

  test.each([
    ['a call that is not there', 'unknown'],
    ['the call itself', 'caller'],
    ['the partner', 'callee'],
  ] as const)('with %s fails with 481, and all stays', async (_what, which) => {
    const { lab, ...legs } = await consulting()
    const replaces = which === 'unknown' ? which : legs[which]
    await lab.sip.transferWished(legs.caller, wish('1003', replaces))
    await lab.settle()
    expect(told(lab)).toEqual(['sip.transferProgress c1 481'])
    expect(bridges(lab)).toEqual([])
    expect(lab.calls.size).toBe(4)
  })

  test('an INVITE takes the place of a call', async () => {
    const { lab, caller, callee } = await twoParties()
    const taker = await dials(lab, '1003', '1003', callee)
    expect(lab.commands.filter((line) => line.startsWith('sip.'))).toEqual([
      'sip.accept c3',
      'sip.bye c2',
    ])
    expect(bridges(lab)).toEqual(['media.bridge c1 c3'])
    expect([isUp(lab, caller), isUp(lab, taker)]).toEqual([true, true])
    await hangsUp(lab, taker)
    expect(lab.calls.size).toBe(0)
  })

  test('but not that of another account, and not one that talks to a program', async () => {
    const { lab, callee } = await twoParties()
    const account = { ...lab.account, id: 'other' as typeof lab.account.id }
    await lab.store.accounts.insert(account)
    const device = await lab.store.devices.byUsername('1003')
    await lab.store.devices.insert({
      ...device!,
      id: 'stranger' as NonNullable<typeof device>['id'],
      accountId: account.id,
      username: '2001',
    })
    await dials(lab, '2001', '2001', callee)
    expect(lab.commands).toEqual(['sip.reject c3 481'])
    const alone = await lab.centre.placeCall(lab.account, { to: '1003', from: '1001' })
    await answers(lab, alone.id)
    await dials(lab, '1003', '1003', alone.id)
    expect(lab.commands.at(-1)).toBe('sip.reject c5 603')
  })
})

describe('by the API', () => {
  const transfer = (lab: CallLab, id: CallId, to: string, mode: 'bridge' | 'refer') =>
    transferCall(lab.ports, lab.calls, lab.account.id, id, { to, mode })

  test('bridge: the target is called, and the old partner let go when it answers', async () => {
    const { lab, caller, callee } = await twoParties()
    await transfer(lab, callee, '1003', 'bridge')
    await lab.settle()
    const target = lab.invited.at(-1)!
    expect(isUp(lab, caller)).toBe(true)
    await answers(lab, target)
    expect(lab.commands).toContain('sip.bye c1')
    expect(bridges(lab)).toEqual(['media.bridge c2 c3'])
    expect((await lab.logOf(callee)).slice(-4)).toEqual([
      'transfer.started',
      'bridge.ended',
      'bridge.started',
      'transfer.completed',
    ])
  })

  test('bridge: a call that talks to a program leaves that', async () => {
    const { lab } = await twoParties()
    const alone = await lab.centre.placeCall(lab.account, { to: '1003', from: '1001' })
    await answers(lab, alone.id)
    await transfer(lab, alone.id, '1002', 'bridge')
    await lab.settle()
    const target = lab.invited.at(-1)!
    expect(lab.nowPlaying(alone.id)).toMatchObject({ tone: 'ringback' })
    await answers(lab, target)
    expect(lab.calls.get(alone.id)?.partner?.id).toBe(target)
    await hangsUp(lab, target)
    expect(isUp(lab, alone.id)).toBe(false)
    expect(await lab.logOf(alone.id)).toContain('transfer.completed')
  })

  test('bridge: nobody answers a call that talked to a program: it is told why, and hung up', async () => {
    const { lab } = await twoParties()
    const alone = await lab.centre.placeCall(lab.account, { to: '1003', from: '1001' })
    await answers(lab, alone.id)
    await transfer(lab, alone.id, '1002', 'bridge')
    await lab.settle()
    lab.sip.rejected(lab.invited.at(-1)!, 486, 'Busy Here')
    await lab.settle()
    const events = await lab.store.events.ofCall(lab.account.id, alone.id)
    expect(events.find(({ type }) => type === 'transfer.failed')?.data).toEqual({
      ...{ to: '1002', sipStatus: 486 },
    })
    expect(isUp(lab, alone.id)).toBe(false)
  })

  test('refer: the phone is asked, and what it tells is told', async () => {
    const { lab, callee } = await twoParties()
    await transfer(lab, callee, '1003', 'refer')
    expect(lab.commands).toEqual(['sip.refer c2 1003'])
    lab.sip.referProgress(callee, 180, false)
    lab.sip.referProgress(callee, 200, true)
    await lab.settle()
    expect((await lab.logOf(callee)).slice(-3)).toEqual([
      'transfer.started',
      'transfer.progress',
      'transfer.completed',
    ])
    await lab.clock.advance(4_000)
    expect(isUp(lab, callee)).toBe(false)
  })

  test('refer: what the phone tells before it answers comes after the beginning', async () => {
    const willing = Promise.withResolvers<void>()
    const { lab, callee } = await twoParties({ sip: { refer: () => willing.promise } })
    const begun = transfer(lab, callee, '1003', 'refer')
    await lab.settle()
    lab.sip.referProgress(callee, 100, false)
    await lab.settle()
    expect(await lab.logOf(callee)).not.toContain('transfer.progress')
    await expect(transfer(lab, callee, '1003', 'refer')).rejects.toMatchObject({
      code: 'call_busy',
    })
    willing.resolve()
    // In the same packet as the answer.
    lab.sip.referProgress(callee, 200, true)
    await begun
    await lab.settle()
    expect((await lab.logOf(callee)).slice(-3)).toEqual([
      'transfer.started',
      'transfer.progress',
      'transfer.completed',
    ])
  })

  test('refer: the phone fails, and the call goes on', async () => {
    const { lab, caller, callee } = await twoParties()
    await transfer(lab, callee, '1003', 'refer')
    lab.sip.referProgress(callee, 486, true)
    await lab.clock.advance(10_000)
    expect((await lab.logOf(callee)).at(-1)).toBe('transfer.failed')
    expect([isUp(lab, caller), isUp(lab, callee)]).toEqual([true, true])
  })

  test.each([
    ['a phone that is not willing', '1003', 'call_failed'],
    ['a bad target', 'not a target!', 'invalid_phone_number'],
    ['a device that is away', '1004', 'device_not_registered'],
  ])('%s', async (_what, to, code) => {
    const { lab, callee } = await twoParties({
      sip: { refer: () => Promise.reject(new Failure('call_failed', '603')) },
    })
    await expect(transfer(lab, callee, to, 'refer')).rejects.toMatchObject({ code })
    expect(await lab.logOf(callee)).not.toContain('transfer.started')
  })

  test('a call that is over, or not up yet', async () => {
    const { lab, caller } = await twoParties()
    const { id } = await lab.centre.placeCall(lab.account, { to: '1003', from: '1001' })
    await expect(transfer(lab, id, '1002', 'bridge')).rejects.toMatchObject({
      code: 'call_not_answered',
    })
    await hangsUp(lab, caller)
    await expect(transfer(lab, caller, '1003', 'bridge')).rejects.toMatchObject({
      code: 'call_ended',
    })
  })
})
